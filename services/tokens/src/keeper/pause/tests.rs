use proto::errors::v1::Reason;

use super::*;

const PAUSES: Pauses = Pauses {
    shortest: Duration::from_millis(250),
    longest: Duration::from_secs(5),
    longest_retry_after: Duration::from_secs(60),
};

fn passing(retry_after: Option<u64>) -> Failure {
    Failure::passing("a.example", "it is down", retry_after.map(Duration::from_secs))
}

#[test]
fn pauses_double_up_to_the_longest_with_chance_on_top() {
    let mut pause = Pause::new(PAUSES);
    let now = Instant::now();
    for expected in [250, 500, 1000, 2000, 4000, 5000, 5000, 5000] {
        pause.failed(&passing(None), now);
        let left = pause.until() - now;
        let expected = Duration::from_millis(expected);
        assert!(left >= expected && left <= expected * 2, "{left:?} after {expected:?}");
    }
    pause.reset();
    assert!(pause.is_over(Instant::now()));
    pause.failed(&Failure::refused("a.example", 401, "invalid_client"), now);
    assert!(pause.until() - now <= Duration::from_millis(500));
}

#[test]
fn an_endpoint_is_heard_within_reason() {
    let mut pause = Pause::new(PAUSES);
    let now = Instant::now();
    for (asked, left) in [(7, 7), (60, 60), (u64::MAX, 60)] {
        pause.failed(&passing(Some(asked)), now);
        assert_eq!(pause.until() - now, Duration::from_secs(left));
    }
}

#[test]
fn callers_are_told_the_same_until_the_pause_is_over() {
    let mut pause = Pause::new(PAUSES);
    let now = Instant::now();
    assert!(pause.refusal(now).is_none());
    pause.failed(&passing(Some(7)), now);
    let told = pause.refusal(now + Duration::from_secs(6)).unwrap();
    assert_eq!(told.reason(), Reason::TokenUnavailable);
    assert!(pause.refusal(now + Duration::from_secs(7)).is_none());
}

#[test]
fn what_failed_on_this_side_is_not_remembered() {
    let mut pause = Pause::new(PAUSES);
    let now = Instant::now();
    pause.failed(&Failure::here(Refusal::new(Reason::SecretNotFound, "there is none")), now);
    assert!(pause.refusal(now).is_none());
    assert!(!pause.is_over(now), "a renewal that nobody asked for waits all the same");
}
