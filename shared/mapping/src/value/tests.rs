use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Number, Object, Value};
use crate::limits::Limits;

fn vectors(file: &str) -> Vec<Value> {
    let path = format!("{}/../../tests/fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines().map(|line| Value::from_json(line.as_bytes()).unwrap()).collect()
}

fn member<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap()
}

#[test]
fn json_test_suite() {
    let vectors = vectors("jsontestsuite/test_parsing.jsonl");
    assert_eq!(vectors.len(), 318);
    for vector in &vectors {
        let read = Value::from_json(&STANDARD.decode(member(vector, "b64")).unwrap());
        match member(vector, "expect") {
            "accept" => assert!(read.is_ok(), "{}: {:?}", member(vector, "name"), read),
            "reject" => assert!(read.is_err(), "{}: {:?}", member(vector, "name"), read),
            _ => {}
        }
        if let Ok(value) = read {
            assert_eq!(Value::from_json(&value.to_json()), Ok(value), "{}", member(vector, "name"));
        }
    }
}

#[test]
fn merge_patch_as_rfc_7396_has_it() {
    let vectors = vectors("vectors/rfc7396.jsonl");
    assert_eq!(vectors.len(), 15);
    for vector in &vectors {
        let mut target = vector.get("target").cloned().unwrap_or_default();
        target.merge_patch(vector.get("patch").unwrap());
        assert_eq!(Some(&target), vector.get("result"), "{vector}");
    }
}

#[test]
fn every_digit_and_the_order_of_keys_pass() {
    let text = r#"{"z":12345678901234567890,"a":0.10,"m":-0.0,"e":1E+2,"n":[],"o":{},"s":"\u0000é\"\\/😀"}"#;
    assert_eq!(Value::from_json(text.as_bytes()).unwrap().to_string(), text);
}

#[test]
fn the_last_of_two_members_counts_in_the_place_of_the_first() {
    assert_eq!(Value::from_json(br#"{"a":1,"b":2,"a":3}"#).unwrap().to_string(), r#"{"a":3,"b":2}"#);
}

#[test]
fn an_error_names_line_and_column_and_nothing_of_the_text() {
    let error = Value::from_json("{\n  \"é\": [1,\n  secret]}".as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "line 3, column 3: expected a value");
    let error = Value::from_json("{\"é\" 1}".as_bytes()).unwrap_err();
    assert_eq!((error.line, error.column), (1, 6));
    let error = Value::from_json(b"\"ab\xff\"").unwrap_err();
    assert_eq!(error.to_string(), "line 1, column 4: not UTF-8");
}

#[test]
fn limits_hold() {
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        let error = Value::from_json(text.as_bytes()).unwrap_err();
        assert_eq!(error.message.to_string(), "nested deeper than 256 (limit `depth`)");
    }
    let deep = format!("{}{}", "[".repeat(256), "]".repeat(256));
    assert!(Value::from_json(deep.as_bytes()).is_ok());
    let limits = Limits { bytes: 8, depth: 8, nodes: 3, ..Limits::DATA };
    assert!(Value::from_json_within(b"[1,2]", &limits).is_ok());
    assert!(Value::from_json_within(b"[1,2,3]", &limits).is_err());
    assert!(Value::from_json_within(b"         1", &limits).is_err());
}

#[test]
fn paths() {
    let value = Value::from_json(br#"{"a":{"b":[10,{"c.d":1,"0":2}]},"0":"zero"}"#).unwrap();
    let get = |path| value.get(path).map(Value::to_string);
    assert_eq!(get("a.b.0"), Some("10".to_owned()));
    assert_eq!(get("a.b[0]"), get("a.b.0"));
    assert_eq!(get("a.b[1][\"c.d\"]"), Some("1".to_owned()));
    assert_eq!(get("a['b'].1.0"), Some("2".to_owned()));
    assert_eq!(get("0"), Some("\"zero\"".to_owned()));
    assert_eq!(value.get(""), Some(&value));
    for missing in
        ["b", "a.b.2", "a.b.00", "a.b.-1", "a.b.x", "a.b.0.c", "a..b", "a.", "a[", "a[x]", "a[\"b]", "a]"]
    {
        assert_eq!(value.get(missing), None, "{missing}");
    }
}

#[test]
fn numbers_print_as_ecmascript_prints_them() {
    let cases: [(f64, &str); 17] = [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-9, "1.5e-9"),
        (f64::MAX, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
        (1_795_298_644_120.0, "1795298644120"),
        // Of two equally near the even one, unless only the other one reads back.
        (1_130_000_000_000_000.0 + 0.25, "1130000000000000.2"),
        (1_130_000_000_000_000.0 + 0.75, "1130000000000000.8"),
        (2_f64.powi(-44), "5.684341886080802e-14"),
    ];
    for (number, text) in cases {
        assert_eq!(Number::from_f64(number).unwrap().as_str(), text);
    }
    assert_eq!(Number::from_f64(f64::NAN), None);
    assert_eq!(Number::from_f64(f64::INFINITY), None);
}

#[test]
fn which_numbers_are_big() {
    let big = |text| Number::parse(text).unwrap().is_big();
    for text in [
        "0",
        "-7",
        "9007199254740992",
        "0.1",
        "1e300",
        "100000000000000000000",
        "1e400",
        "12345678901234567890.0",
    ] {
        assert!(!big(text), "{text}");
    }
    for text in ["9007199254740993", "12345678901234567890", "-9007199254740993"] {
        assert!(big(text), "{text}");
    }
    for text in ["", "01", "+1", "1.", ".5", "1e", "0x1", "1 ", "NaN", "--1"] {
        assert_eq!(Number::parse(text), None, "{text}");
    }
}

/// Up to sixteen members are a list, more have an index: nothing may show which.
#[test]
fn objects_are_the_same_however_many_members_they_have() {
    for count in [0, 1, 15, 16, 17, 18, 200] {
        let key = |index: usize| format!("k{index}");
        let member = |index: usize| (key(index), Value::from(index as u64));
        let mut object: Object = (0..count).map(member).collect();
        assert_eq!(object.len(), count);
        assert!(object.keys().eq((0..count).map(key)), "{count}");
        assert!((0..count).all(|index| object.get(&key(index)) == Some(&member(index).1)));
        let mut grown = Object::default();
        (0..count).rev().map(member).for_each(|(key, value)| assert!(grown.insert(key, value).is_none()));
        assert_eq!(grown, object, "in whatever order");
        if count == 0 {
            continue;
        }
        let last = key(count - 1);
        assert_eq!(object.insert(last.as_str(), "new"), Some(member(count - 1).1));
        assert_ne!(grown, object);
        assert_eq!((object.len(), object.get(&last)), (count, Some(&Value::from("new"))));
        assert_eq!(object.remove(&key(0)).is_some(), !object.contains_key(&key(0)));
        assert!(object.keys().eq((1..count).map(key)), "{count}");
        object.retain(|key, _| key == last);
        assert!(object.into_iter().map(|(key, _)| key).eq((count > 1).then_some(last)), "{count}");
    }
}

#[test]
fn a_patch_takes_away_what_it_names_and_keeps_the_order() {
    for count in [3_u64, 40] {
        let mut value = Value::Object((0..count).map(|index| (format!("k{index}"), index.into())).collect());
        let patch = Value::from([
            ("k1", Value::Null),
            ("none", Value::Null),
            ("k0", "x".into()),
            ("new", true.into()),
        ]);
        value.merge_patch(&patch);
        let keys: Vec<_> = value.as_object().unwrap().keys().collect();
        assert_eq!(keys.len() as u64, count);
        assert_eq!((keys[0], keys[1], keys[keys.len() - 1]), ("k0", "k2", "new"));
        assert_eq!(value.get("k0"), Some(&Value::from("x")));
    }
}

/// Errors and ends at every distance from the start: long stretches are looked at many bytes at a time.
#[test]
fn long_stretches_are_read_as_short_ones_are() {
    for length in 0..200 {
        let text = "a".repeat(length);
        let string = |inside: &str| Value::from_json(format!("\"{text}{inside}\"").as_bytes());
        assert_eq!(string(""), Ok(Value::from(text.as_str())));
        assert_eq!(string("é\\n\\ud83d\\ude00b"), Ok(Value::from(format!("{text}é\n😀b"))));
        for broken in ["\u{1}", "\\x", "\\ud800", "\n", "\u{1f}bcdefghijklmnopqrstuvwxyz"] {
            assert_eq!(string(broken).map_err(|error| error.column), Err(length + 2), "{length} {broken:?}");
        }
        let digits = format!("1{}", "7".repeat(length));
        assert_eq!(Value::from_json(digits.as_bytes()).map(|value| value.to_string()), Ok(digits.clone()));
        assert!(Value::from_json(format!("{digits}x").as_bytes()).is_err());
        let spaced = format!("[{}1]", " \n\t\r".repeat(length));
        assert_eq!(Value::from_json(spaced.as_bytes()).map(|value| value.to_string()), Ok("[1]".to_owned()));
        let escaped = Value::from(format!("{text}\"\u{7f}\u{1}"));
        assert_eq!(escaped.to_string(), format!("\"{text}\\\"\u{7f}\\u0001\""));
    }
}
