//! The check: any text is an adapter or diagnostics that can be shown, whatever registers it reads, and what is an adapter
//! renders and maps anything, or says why not.
//!
//! The input is the adapter's text, then the registers `R-0`, `R-1`, …, each after a line `--- register`. The last one
//! is what is given to it, if it is JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mapping::{Adapter, Answer, Register, Run, Value};

/// Showing all two hundred would leave no time for other inputs.
const SHOWN: usize = 3;

fuzz_target!(|input: &str| {
    let mut texts = input.split("\n--- register\n");
    let text = texts.next().unwrap_or_default();
    let registers: Vec<&str> = texts.collect();
    let environment = |key: &str| {
        let index: usize = key.strip_prefix("R-")?.parse().ok()?;
        registers.get(index).map(|text| Register::authored(*text))
    };
    let adapter = match Adapter::compile("ADAPTER.FUZZ", text, None, &environment) {
        Ok(adapter) => adapter,
        Err(found) => {
            assert!(found.iter().any(|diagnostic| diagnostic.is_error()), "refused without an error");
            for diagnostic in found.iter().take(SHOWN) {
                diagnostic.render("ADAPTER.FUZZ", text);
            }
            return;
        }
    };
    let given = registers.last().and_then(|text| Value::from_json(text.as_bytes()).ok()).unwrap_or_default();
    let run = Run { input: given.clone(), unit: given.clone(), ..Run::default() };
    let request = adapter.request(&run);
    assert_eq!(request, adapter.request(&run), "the same step made two requests");
    if let Ok(request) = request {
        request.url.masked();
        request.body.map(|body| body.masked());
    }
    let answer = Answer { meta: Value::from([("error", false.into())]), response: given };
    if let Ok(mapped) = adapter.map(&run, &answer) {
        let _ = adapter.actions(&run, &answer, &mapped);
        let _ = adapter.connector(&run, &answer, &mapped);
    }
});
