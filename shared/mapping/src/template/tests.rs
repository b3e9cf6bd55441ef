use super::{Content, Encoder, Hole, Part, Template};

fn secret(name: &str) -> Content {
    Content::Secret(name.to_owned())
}

fn encode(encoder: Encoder, plain: &[u8]) -> Result<String, String> {
    let mut out = Vec::new();
    match encoder.encode(plain, &mut out) {
        Ok(()) => Ok(String::from_utf8(out).unwrap()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn text_is_joined_and_never_empty() {
    let mut template = Template::text("");
    assert!(template.is_empty());
    template.push_text("a");
    template.push_text("");
    template.push_text("b");
    template.push_hole(secret("s"), Encoder::Header);
    template.write_with(|_| {});
    template.push_template(Template::text("c"));
    let hole = Hole { content: secret("s"), encoder: Encoder::Header };
    let parts: Vec<_> = template.parts().collect();
    assert_eq!(parts, [Part::Text("ab"), Part::Hole(&hole), Part::Text("c")]);
    assert_eq!(template.masked(), "ab{{secret:s}}c");
    assert_eq!(template.as_text(), None);
}

#[test]
fn placing_escapes_text_now_and_holes_when_they_are_filled() {
    let mut value = Template::text("a\"b");
    value.push_hole(secret("s"), Encoder::Raw);
    value.push_hole(Content::Token("t".to_owned()), Encoder::Base64);
    let mut out = Template::default();
    out.place(value, Encoder::JsonString).unwrap();
    assert_eq!(out.masked(), "a\\\"b{{secret:s}}{{token:t}}");
    let encoders: Vec<_> = out.holes().map(|hole| hole.encoder).collect();
    assert_eq!(encoders, [Encoder::JsonString, Encoder::JsonString, Encoder::Base64]);
}

#[test]
fn holes_keep_their_places_when_templates_are_joined() {
    let mut tail = Template::hole(secret("b"), Encoder::Raw);
    tail.push_text("-");
    tail.push_hole(secret("c"), Encoder::Raw);
    let mut whole = Template::text("whole");
    whole.push_hole(secret("a"), Encoder::Raw);
    whole.push_template(tail.clone());
    assert_eq!(whole.masked(), "whole{{secret:a}}{{secret:b}}-{{secret:c}}");
    assert!(!whole.ends_with(&['-']), "it ends in a hole");
    let mut placed = Template::text("<");
    placed.place(tail, Encoder::XmlText).unwrap();
    placed.push_text(">");
    assert_eq!(placed.masked(), "<{{secret:b}}-{{secret:c}}>");
    assert!(placed.ends_with(&['>']));
}

#[test]
fn holes_are_found_inside_holes() {
    let mut inner = Template::text("user:");
    inner.push_hole(secret("password"), Encoder::Raw);
    let mut header = Template::text("Basic ");
    header.push_hole(Content::Template(Box::new(inner)), Encoder::Base64);
    assert!(header.has_holes());
    assert!(header.holes().any(|hole| hole.content == secret("password")));
    assert_eq!(header.masked(), "Basic user:{{secret:password}}");
}

#[test]
fn encoders() {
    let plain = "a é/?&=+ %\"\\\n<>'*~";
    assert_eq!(encode(Encoder::Raw, plain.as_bytes()).unwrap(), plain);
    let component = "a%20%C3%A9%2F%3F%26%3D%2B%20%25%22%5C%0A%3C%3E%27%2A~";
    assert_eq!(encode(Encoder::PathSegment, plain.as_bytes()).unwrap(), component);
    assert_eq!(encode(Encoder::Query, plain.as_bytes()).unwrap(), component);
    assert_eq!(
        encode(Encoder::Form, plain.as_bytes()).unwrap(),
        "a+%C3%A9%2F%3F%26%3D%2B+%25%22%5C%0A%3C%3E%27*%7E"
    );
    assert_eq!(encode(Encoder::JsonString, plain.as_bytes()).unwrap(), "a é/?&=+ %\\\"\\\\\\n<>'*~");
    assert_eq!(encode(Encoder::JsonString, b"\x01").unwrap(), "\\u0001");
    assert_eq!(encode(Encoder::XmlText, b"<&>\"'\r\n").unwrap(), "&lt;&amp;&gt;\"'&#13;\n");
    assert_eq!(encode(Encoder::XmlAttribute, b"<&>\"'\t\n").unwrap(), "&lt;&amp;&gt;&quot;&apos;&#9;&#10;");
    assert_eq!(encode(Encoder::Base64, b"user:pass?").unwrap(), "dXNlcjpwYXNzPw==");
    assert_eq!(encode(Encoder::Header, "a\té".as_bytes()).unwrap(), "a\té");
}

#[test]
fn what_a_place_cannot_hold_is_refused_without_being_repeated() {
    for broken in ["a\r\nX: 1", "a\nb", "a\rb", "a\0b", "a\x7fb"] {
        let error = encode(Encoder::Header, broken.as_bytes()).unwrap_err();
        assert!(!error.contains(broken), "{error}");
    }
    assert!(encode(Encoder::XmlText, b"\0").is_err());
    assert!(encode(Encoder::JsonString, b"\xff").is_err());
    assert!(encode(Encoder::XmlText, b"\xff").is_err());
}

#[test]
fn no_encoder_needs_more_room_than_it_says() {
    let encoders = [
        Encoder::Raw,
        Encoder::JsonString,
        Encoder::PathSegment,
        Encoder::Query,
        Encoder::Form,
        Encoder::XmlText,
        Encoder::XmlAttribute,
        Encoder::Header,
        Encoder::Base64,
        Encoder::Base64Url,
        Encoder::Hex,
        Encoder::FromBase64,
    ];
    for encoder in encoders {
        assert!(encoder.growth() <= Encoder::WIDEST);
        for byte in 0..=0x7f_u8 {
            for length in [1, 2, 3, 50] {
                let mut out = Vec::with_capacity(length * encoder.growth() + 4);
                let room = out.capacity();
                if encoder.encode(&vec![byte; length], &mut out).is_ok() {
                    assert!(out.len() <= length * encoder.growth() + 4, "{encoder:?} {byte}");
                    assert_eq!(out.capacity(), room, "{encoder:?} {byte}");
                }
            }
        }
    }
}
