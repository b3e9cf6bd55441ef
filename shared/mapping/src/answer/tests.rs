use super::to_value;

fn value(content_type: &str, body: &[u8]) -> String {
    match to_value(Some(content_type), body) {
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn json_by_its_content_types() {
    for content_type in
        ["application/json", "text/json; charset=utf-8", "application/problem+json", "APPLICATION/JSON"]
    {
        assert_eq!(value(content_type, b"\xef\xbb\xbf{\"a\": 0.10}"), r#"{"a":0.10}"#);
    }
    assert_eq!(value("application/json", b" \r\n"), "null");
    let error = value("application/json", b"{\n secret");
    assert_eq!(
        error,
        "the answer is not the JSON its content type says: line 2, column 2: expected a quoted key"
    );
}

#[test]
fn json_in_other_character_sets() {
    let utf16 =
        |order: fn(u16) -> [u8; 2]| "{\"a\": \"€😀\"}".encode_utf16().flat_map(order).collect::<Vec<_>>();
    for body in [utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
        for label in ["application/json", "application/json; charset=utf-16", ""] {
            assert_eq!(value(label, &body), r#"{"a":"€😀"}"#, "{label}");
        }
    }
    let marked = [b"\xff\xfe".as_slice(), &utf16(u16::to_le_bytes)].concat();
    assert_eq!(value("application/json", &marked), r#"{"a":"€😀"}"#);
    assert_eq!(value("application/json; charset=iso-8859-15", b"{\"a\": \"\xa4\"}"), r#"{"a":"€"}"#);
    assert_eq!(value("application/json; charset=iso-8859-15", "{\"a\": \"€\"}".as_bytes()), r#"{"a":"€"}"#);
    assert!(value("application/json", b"{\"a\": \"\xa4\"}").contains("not UTF-8"));
    assert!(value("application/json; charset=klingon", b"{\"a\": \"\xa4\"}").contains("not UTF-8"));
    assert_eq!(value("", b"\xfe\xff\0h\0i"), "\"hi\"", "a mark speaks for itself");
}

#[test]
fn xml_by_the_xmltodict_convention() {
    // What xmltodict 1.0.4 gives for the same texts.
    let cases = [
        ("<a/>", r#"{"a":null}"#),
        ("<a> </a>", r#"{"a":null}"#),
        ("<a>x</a>", r#"{"a":"x"}"#),
        ("<a b='1'/>", r#"{"a":{"@b":"1"}}"#),
        ("<a b='1'>x</a>", r##"{"a":{"@b":"1","#text":"x"}}"##),
        ("<a><b>1</b><b>2</b><c/></a>", r#"{"a":{"b":["1","2"],"c":null}}"#),
        ("<a><b>1</b><c/><b x='y'>2</b></a>", r##"{"a":{"b":["1",{"@x":"y","#text":"2"}],"c":null}}"##),
        ("<a>x<b/>y</a>", r##"{"a":{"b":null,"#text":"xy"}}"##),
        ("<n:a xmlns:n='u'><n:b/></n:a>", r#"{"n:a":{"@xmlns:n":"u","n:b":null}}"#),
        ("<a>&lt;&amp;&#65;&#x42;<![CDATA[<&]]></a>", r#"{"a":"<&AB<&"}"#),
        ("<a x='&quot;\n&#10;'/>", "{\"a\":{\"@x\":\"\\\" \\n\"}}"),
        ("<?xml version='1.0'?><!-- c --><a><?p?><!-- c --></a><!-- c -->", r#"{"a":null}"#),
    ];
    for (text, expected) in cases {
        for content_type in ["application/xml", "text/xml", "application/soap+xml; charset=utf-8"] {
            assert_eq!(value(content_type, text.as_bytes()), expected, "{text}");
        }
    }
    assert_eq!(value("text/xml", b""), "null");
}

#[test]
fn xml_in_other_character_sets() {
    assert_eq!(value("text/xml", b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>"), r#"{"a":"é"}"#);
    assert_eq!(value("text/xml; charset=\"windows-1250\"", b"<a>\xe8</a>"), r#"{"a":"č"}"#);
    assert_eq!(value("text/xml", b"\xff\xfe<\0a\0/\0>\0"), r#"{"a":null}"#);
    assert!(value("text/xml; charset=klingon", b"<a/>").contains("character set is not known"));
    assert!(value("text/xml", b"<a>\xff</a>").contains("not UTF-8"));
}

#[test]
fn hostile_xml_ends_in_an_error() {
    let bomb = r#"<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>"#;
    let deep = format!("{}{}", "<a>".repeat(257), "</a>".repeat(257));
    assert!(value("text/xml", deep.as_bytes()).ends_with("nested deeper than 256"));
    let deep = "<a>".repeat(100_000);
    let broken = [
        bomb,
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<a>&nbsp;</a>",
        "<a x='&b;'/>",
        "<a>",
        "</a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>text",
        "text",
        "<a b=1/>",
        "<a b='1' b='2'/>",
        "<a>&#0;</a>",
        "<a>&#xFFFFFFFF;</a>",
        "<a>&</a>",
        "<",
        "<a",
        "<!-- ",
        "<a><![CDATA[",
        &deep,
    ];
    for text in broken {
        let error = value("text/xml", text.as_bytes());
        assert!(
            error.starts_with("the answer is not the XML its content type says"),
            "{text:.40}: {error:.80}"
        );
    }
}

#[test]
fn forms_text_and_bytes() {
    let form = "application/x-www-form-urlencoded";
    assert_eq!(value(form, b"a=1&b=x+y%26&a=2&c&=e&a=3"), r#"{"a":["1","2","3"],"b":"x y&","c":"","":"e"}"#);
    assert!(value(form, b"a=%ff").contains("not UTF-8"));
    assert_eq!(value("text/plain; charset=iso-8859-2", b"\xb9"), "\"š\"");
    assert_eq!(value("text/html", b"${a}"), "\"${a}\"");
    assert_eq!(value("application/pdf", b"\x00\xff"), "\"AP8=\"");
}

#[test]
fn without_a_content_type_the_body_says_what_it_is() {
    let value = |body: &[u8]| to_value(None, body).unwrap().to_string();
    assert_eq!(value(b""), "null");
    assert_eq!(value(b"[1]"), "[1]");
    assert_eq!(value(b"{broken"), "\"{broken\"");
    assert_eq!(value(b"\xff"), "\"/w==\"");
}

/// What a decoder drops between the letters of a secret would hide it from the search, which comes before.
#[test]
fn a_character_set_that_drops_bytes_is_not_read() {
    let hidden = b"hun\x1b(Bter2";
    let refused = "its character set cannot be read: ISO-2022-JP";
    for content_type in ["text/plain; charset=iso-2022-jp", "text/plain; charset=csISO2022JP"] {
        let error = value(content_type, hidden);
        assert_eq!(
            error,
            format!("the answer is not the text its content type says: line 1, column 1: {refused}")
        );
    }
    let json = [b"{\"a\": \"".as_slice(), b"\x1b$B\x1b(B\xff\"}"].concat();
    assert!(value("application/json; charset=iso-2022-jp", &json).ends_with(refused));
    let declared = [b"<?xml version='1.0' encoding='ISO-2022-JP'?><a>".as_slice(), hidden, b"</a>"].concat();
    assert!(value("text/xml", &declared).ends_with(refused));
    assert!(value("text/xml; charset=iso-2022-jp", b"<a/>").ends_with(refused));
    assert!(value("text/plain; charset=hz-gb-2312", b"~{~}").contains("cannot be read"));
}
