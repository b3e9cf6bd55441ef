//! The XML reader: what it reads can be written, and reads again as the same.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mapping::{Adapter, Run, Value};

static WRITE: LazyLock<Adapter> = LazyLock::new(|| {
    let text = r#"{ "requestMapping": { "method": "POST", "url": "https://example.com/",
        "headers": { "Content-Type": "application/xml" }, "body": "${currentObject:input}" } }"#;
    Adapter::compile("ADAPTER.FUZZ", text, None, &()).expect("the adapter is fixed")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = mapping::answer::to_value(Some("application/xml"), bytes) else { return };
    if value == Value::Null {
        return;
    }
    let run = Run { input: value.clone(), ..Run::default() };
    let body = WRITE.request(&run).expect("what was read can be written").body.expect("it is a document");
    let text = body.as_text().expect("data makes no hole");
    let again = mapping::answer::to_value(Some("application/xml"), text.as_bytes());
    assert_eq!(again.as_ref(), Ok(&value), "{text}");
});
