use super::*;

#[test]
fn a_difference_shows_what_goes_and_what_comes() {
    let difference = difference::difference("a\nb\nc\n", "a\nB\nc\n");
    assert_eq!(difference, "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
    assert_eq!(difference::difference("a\n", "a\n"), "");
}
