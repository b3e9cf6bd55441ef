//! Relaxed JSON and the expressions in its strings: any text is a tree or diagnostics that can be shown, and what a tree
//! gives as JSON is that value.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mapping::{Adapter, Value, relaxed};

/// Showing all two hundred would leave no time for other inputs.
const SHOWN: usize = 3;

fuzz_target!(|text: &str| {
    match relaxed::parse(text) {
        Ok(document) => {
            let value = document.to_value();
            let json = value.to_json();
            assert_eq!(Value::from_json(&json).as_ref(), Ok(&value), "{}", String::from_utf8_lossy(&json));
        }
        Err(found) => {
            assert!(!found.is_empty(), "refused without a reason");
            for diagnostic in found.iter().take(SHOWN) {
                diagnostic.render("TEXT", text);
            }
        }
    }
    // The same text as a string of an adapter: expressions.
    let adapter = format!(
        r#"{{ "requestMapping": {{ "url": "https://example.com/" }}, "responseMapping": {} }}"#,
        Value::from(text)
    );
    if let Err(found) = Adapter::compile("ADAPTER.FUZZ", &adapter, None, &()) {
        for diagnostic in found.iter().take(SHOWN) {
            diagnostic.render("ADAPTER.FUZZ", &adapter);
        }
    }
});
