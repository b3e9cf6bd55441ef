//! Text that looks like everything the language knows, and like the syntax of every place.

use std::ops::Range;

use proptest::prelude::*;
use proptest::test_runner::Config;

const PIECES: [&str; 61] = [
    "${currentObject:constants.key}",
    "${evaluate:1+1}",
    "${",
    "$",
    "{{secret:key}}",
    "{{token:key}}",
    "{{",
    "}}",
    "}",
    "{",
    "[",
    "]",
    "\"",
    "\\",
    "\\\"",
    "\\u0022",
    "'",
    "`",
    "<",
    ">",
    "</a>",
    "<!--",
    "--",
    "-->",
    "]]>",
    "<![CDATA[",
    "<?",
    "&",
    "&amp;",
    "&#10;",
    "&quot;",
    ";",
    "%",
    "%2F",
    "%2e%2e",
    "%00",
    "+",
    "/",
    "//",
    ".",
    "..",
    "/../",
    "?",
    "#",
    "=",
    "a=b&c=d",
    ":",
    ",",
    "\r\n",
    "\n",
    "\r",
    "\t",
    " ",
    "\r\nX-Admin: 1\r\n\r\n",
    "\r\n--outgate-",
    "; filename=\"x\"",
    "\u{301}",
    "\u{202e}\u{5d0}",
    "\u{1F600}\u{e9}",
    "\u{2028}\u{feff}\u{a0}\u{85}",
    "true",
];

/// What some places cannot hold.
const CONTROL: [&str; 8] = ["\0", "\u{1}", "\u{8}", "\u{b}", "\u{1f}", "\u{7f}", "\u{fffe}", "\u{ffff}"];

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        4 => any::<char>().prop_map(String::from),
        4 => (b' '..=b'~').prop_map(|byte| char::from(byte).to_string()),
        1 => prop::sample::select(&CONTROL[..]).prop_map(str::to_owned),
    ]
}

pub(super) fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..6).prop_map(|pieces| pieces.concat())
}

const AT_ONCE: usize = 50;

/// Many at once: making a case takes longer than making a value.
pub(super) fn texts() -> impl Strategy<Value = Vec<String>> {
    let count: Range<usize> = AT_ONCE..AT_ONCE + 1;
    prop::collection::vec(text(), count)
}

/// So many cases that there are 100,000 values.
pub(super) fn many() -> Config {
    let cases = u32::try_from(100_000 / AT_ONCE).unwrap();
    Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() }
}
