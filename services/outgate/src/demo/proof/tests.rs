use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn found(text: &[u8]) -> bool {
    let secrets = Secrets { crm: SECRET.into(), token: "f".repeat(32), accounting: "e".repeat(32) };
    holds(text, &needles(&secrets))
}

#[test]
fn a_secret_is_found_plain_and_in_base64_wherever_it_begins() {
    assert!(found(format!("a {SECRET} b").as_bytes()));
    for before in ["", "a", "ab", "outgate:"] {
        assert!(found(STANDARD_NO_PAD.encode(format!("{before}{SECRET}!")).as_bytes()), "{before}");
    }
    assert!(!found(&SECRET.as_bytes()[1..]));
    assert!(!found(b""));
}
