use super::*;

#[test]
fn what_a_terminal_would_obey_is_shown_instead() {
    assert_eq!(harmless(b"a\tb\n\x1b[2Jc\x07\r\n\xff"), "a\tb\n\\u{1b}[2Jc\\u{7}\\r\n\u{fffd}");
}
