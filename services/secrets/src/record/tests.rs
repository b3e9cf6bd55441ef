use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use prost::Message as _;

use super::{Damaged, Mark, Parts, Previous, Record, since_1970};

fn record() -> Record {
    let time = prost_types::Timestamp { seconds: 1_800_000_000, nanos: 5 };
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let record = Record::new(Parts {
        scope: "https://a.example".into(),
        version: 3,
        created: time,
        updated: time,
        updated_by: "ada".into(),
        token_origins: vec!["https://c.example".into(), "https://b.example".into()],
        expires: Some(at(1_900_000_000)),
        previous: Some(Previous { version: 2, until: at(1_850_000_000) }),
        saved: None,
    });
    Record { sealed: vec![1, 2, 3].into(), ..record }
}

/// What somebody with access to the store may change.
impl Record {
    pub(crate) fn set_format(&mut self, format: u32) {
        self.format = format;
    }

    pub(crate) fn set_saved(&mut self) {
        self.format = super::SAVED_FORMAT;
        (self.saved_by, self.saved_in) = ("ADAPTER.LOGIN-CRM".to_owned(), "run-1".to_owned());
    }

    pub(crate) fn set_token_origins(&mut self, origins: &[&str]) {
        self.token_origins = origins.iter().map(|&origin| origin.to_owned()).collect();
    }

    pub(crate) fn set_expires(&mut self, expires: Option<SystemTime>) {
        self.expires = expires.map_or(0, since_1970);
    }

    pub(crate) fn set_previous(&mut self, previous: Option<Previous>) {
        self.previous = previous.map_or(0, |previous| previous.version);
        self.previous_until = previous.map_or(0, |previous| since_1970(previous.until));
    }
}

#[test]
fn what_was_written_is_read() {
    assert_eq!(Record::read(&record().write()), Ok(record()));
    let mark = Mark::new(7, true);
    assert_eq!(Mark::read(&mark.write()), Ok(mark));
}

#[test]
fn another_format_is_refused() {
    let newer = Record { format: 3, ..record() };
    assert_eq!(Record::read(&newer.encode_to_vec().into()), Err(Damaged));
    let newer = Mark { format: 2, ..Mark::new(1, false) };
    assert_eq!(Mark::read(&newer.encode_to_vec().into()), Err(Damaged));
    assert_eq!(Mark::read(&Bytes::new()), Err(Damaged));
}

#[test]
fn a_record_of_the_first_format_has_nothing_of_the_second() {
    let first =
        Record { format: 1, token_origins: vec![], expires: 0, previous: 0, previous_until: 0, ..record() };
    assert_eq!(Record::read(&first.write()), Ok(first.clone()));
    for more in [
        Record { token_origins: vec!["https://b.example".into()], ..first.clone() },
        Record { expires: 1, ..first.clone() },
        Record { previous: 1, ..first.clone() },
        Record { previous_until: 1, ..first.clone() },
    ] {
        assert_eq!(Record::read(&more.write()), Err(Damaged), "{more:?}");
    }
}

#[test]
fn what_is_not_written_so_is_not_read() {
    let whole = record().write();
    // A field that nobody knows, and one that is there twice.
    for more in [&[0xf8, 0x01, 0x01][..], &[0x18, 0x03]] {
        assert_eq!(Record::read(&[&whole, more].concat().into()), Err(Damaged), "{more:?}");
    }
    let half = Record { previous_until: 0, ..record() };
    assert_eq!(Record::read(&half.write()), Err(Damaged));
}

#[test]
fn no_truncation_is_read_as_the_record() {
    let whole = record().write();
    for length in 0..whole.len() {
        assert_ne!(Record::read(&whole.slice(..length)), Ok(record()), "cut to {length} bytes");
    }
}
