use std::time::Duration;

use super::*;

#[test]
fn one_line_end_is_taken_off_and_no_more() {
    for (piped, value) in
        [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), (" a ", " a "), ("\n", "")]
    {
        assert_eq!(without_line_end(piped.into()), value.as_bytes(), "{piped:?}");
    }
}

#[test]
fn an_end_is_a_day_or_a_moment() {
    for (text, shown) in [
        ("2027-01-31", "2027-01-31T00:00:00Z"),
        ("2027-01-31T12:30:00Z", "2027-01-31T12:30:00Z"),
        ("2027-01-31T12:30:00+01:00", "2027-01-31T11:30:00Z"),
    ] {
        assert_eq!(time::end(text).unwrap().to_string(), shown, "{text}");
    }
    for text in ["", "soon", "2027-13-01", "31.1.2027", "2027-01-31T"] {
        assert!(time::end(text).is_err(), "{text}");
    }
}

#[test]
fn an_overlap_is_a_number_and_a_unit() {
    for (text, seconds) in [("90s", 90), ("30m", 1800), ("12h", 43200), ("7d", 604_800)] {
        assert_eq!(time::overlap(text).unwrap().seconds, seconds, "{text}");
    }
    for text in ["", "7", "d", "7 d", "1w", "-1d", "99999999999999999999d", "9223372036854775807d"] {
        assert!(time::overlap(text).is_err(), "{text}");
    }
}

#[test]
fn what_ends_is_noted() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let hour = 3600;
    let in_hours = |hours: u64| time::expiry(now + Duration::from_secs(hours * hour), now);
    assert_eq!(in_hours(0), "expired");
    assert_eq!(time::expiry(now - Duration::from_secs(1), now), "expired");
    assert_eq!(in_hours(47), "expires in 47 hours");
    assert_eq!(in_hours(6 * 24 + 5), "expires in 6 days");
    assert_eq!(in_hours(31 * 24), "expires 2027-02-15T08:00:00Z");

    let end = prost_types::Timestamp::from(now + Duration::from_secs(60));
    let secret = Secret { previous_version: 2, previous_end_time: Some(end), ..Secret::default() };
    assert_eq!(note(&secret, now), "version 2 until 2027-01-15T08:01:00Z, not used yet");
    let used = Secret { previous_use_time: Some(now.into()), previous_in_use: true, ..secret };
    assert_eq!(note(&used, now), "version 2 until 2027-01-15T08:01:00Z, last used 2027-01-15T08:00:00Z");
    let unused = Secret { previous_in_use: false, ..used };
    assert_eq!(note(&unused, now), "version 2 until 2027-01-15T08:01:00Z, no longer used");
    let secret = Secret { damaged: true, ..Secret::default() };
    assert_eq!(note(&secret, now), "damaged: put it anew, or delete it");
    assert_eq!(row(&secret, now)[3], "");
}

#[test]
fn what_a_run_saved_says_by_which_adapter() {
    let now = SystemTime::UNIX_EPOCH;
    let saved = Secret { saved_by: "ADAPTER.LOGIN-CRM".to_owned(), ..Secret::default() };
    assert_eq!(note(&saved, now), "saved by ADAPTER.LOGIN-CRM");
    let ended = Secret { expire_time: Some(now.into()), ..saved };
    assert_eq!(note(&ended, now), "saved by ADAPTER.LOGIN-CRM; expired");
    assert_eq!(note(&Secret::default(), now), "", "somebody put it");
}
