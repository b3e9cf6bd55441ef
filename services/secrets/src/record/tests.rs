use bytes::Bytes;
use prost::Message as _;

use super::{Damaged, Mark, Parts, Record};

fn record() -> Record {
    let time = prost_types::Timestamp { seconds: 1_800_000_000, nanos: 5 };
    Record::new(Parts {
        scope: "https://a.example".into(),
        version: 3,
        created: time,
        updated: time,
        updated_by: "ada".into(),
        sealed: vec![1, 2, 3],
    })
}

#[test]
fn what_was_written_is_read() {
    assert_eq!(Record::read(&record().write()), Ok(record()));
    let mark = Mark::new(7, true);
    assert_eq!(Mark::read(&mark.write()), Ok(mark));
}

#[test]
fn another_format_is_refused() {
    let newer = Record { format: 2, ..record() };
    assert_eq!(Record::read(&newer.encode_to_vec().into()), Err(Damaged));
    let newer = Mark { format: 2, ..Mark::new(1, false) };
    assert_eq!(Mark::read(&newer.encode_to_vec().into()), Err(Damaged));
    assert_eq!(Mark::read(&Bytes::new()), Err(Damaged));
}

#[test]
fn no_truncation_is_read_as_the_record() {
    let whole = record().write();
    for length in 0..whole.len() {
        assert_ne!(Record::read(&whole.slice(..length)), Ok(record()), "cut to {length} bytes");
    }
}
