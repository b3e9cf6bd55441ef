use super::*;

const LIVES: Lives = Lives { default: Duration::from_secs(300), longest: Duration::from_secs(86_400) };

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Renewed and no longer handed out, in seconds after the start.
fn times(said: Option<Duration>, chance: f64) -> (f64, f64) {
    let start = Instant::now();
    let times = LIVES.of(said, chance).from(start);
    ((times.renew - start).as_secs_f64(), (times.end - start).as_secs_f64())
}

#[test]
fn a_token_is_renewed_before_it_is_no_longer_handed_out() {
    assert_eq!(times(Some(seconds(3600)), 0.0), (3300.0, 3570.0));
    assert_eq!(times(Some(seconds(3600)), 1.0), (3225.0, 3570.0));
    assert_eq!(times(Some(seconds(60)), 0.0), (48.0, 54.0));
    assert_eq!(times(Some(seconds(5)), 0.0), (4.0, 4.5));
    assert_eq!(times(Some(seconds(1)), 1.0), (0.75, 0.9));
}

#[test]
fn without_a_word_it_has_the_default_life_and_never_more_than_the_longest() {
    assert_eq!(times(None, 0.0), (240.0, 270.0));
    assert!(!LIVES.of(None, 0.0).said);
    assert_eq!(LIVES.of(Some(Duration::MAX), 0.0).total, seconds(86_400));
    assert_eq!(times(Some(Duration::MAX), 0.0), (86_100.0, 86_370.0));
}

#[test]
fn a_kept_token_goes_on_with_what_is_left() {
    let life = LIVES.of(Some(seconds(3600)), 0.0);
    let (now, instant) = (SystemTime::now(), Instant::now());
    let after = |age: u64| {
        let times = life.resumed(now - seconds(age), now, instant);
        ((times.renew - instant).as_secs(), (times.end - instant).as_secs())
    };
    assert_eq!(after(600), (2700, 2970));
    assert_eq!(after(3400), (0, 170));
    assert_eq!(after(3580), (0, 0));
    assert_eq!(after(10_000), (0, 0));
}

#[test]
fn a_clock_that_was_set_back_lengthens_no_life() {
    let life = LIVES.of(Some(seconds(3600)), 0.0);
    let (now, instant) = (SystemTime::now(), Instant::now());
    assert_eq!(life.resumed(now + seconds(100_000), now, instant).end, instant + seconds(3570));
}
