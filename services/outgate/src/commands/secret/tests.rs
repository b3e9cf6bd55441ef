use super::*;

#[test]
fn one_line_end_is_taken_off_and_no_more() {
    for (piped, value) in
        [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a", "a"), (" a ", " a "), ("\n", "")]
    {
        assert_eq!(without_line_end(piped.into()), value.as_bytes(), "{piped:?}");
    }
}
