//! The JSON reader: what it reads, it writes, and reads again as the same; and another reader agrees on what is JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mapping::Value;
use serde::de::IgnoredAny;

fuzz_target!(|bytes: &[u8]| {
    let read = Value::from_json(bytes);
    if let Ok(value) = &read {
        let written = value.to_json();
        assert_eq!(Value::from_json(&written).as_ref(), Ok(value));
        assert_eq!(Value::from_json(&written).map(|again| again.to_json()), Ok(written));
    }
    // The other one does not look at lone surrogates, and nests less deep.
    let Ok(text) = std::str::from_utf8(bytes) else { return assert!(read.is_err(), "not UTF-8") };
    let nested = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if nested < 100 && !text.contains("\\u") {
        let theirs = serde_json::from_str::<IgnoredAny>(text);
        assert_eq!(read.is_ok(), theirs.is_ok(), "{read:?}, and the other: {:?}", theirs.err());
    }
});
