//! Texts of a byte to a kilobyte that are refused: what an error takes by itself would show beside them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mapping::Value;

use super::cases::{FORM, XML};

/// How long they are, in bytes, before their end.
const LENGTHS: [usize; 13] = [0, 1, 2, 3, 5, 8, 13, 34, 89, 144, 233, 610, 1_000];

/// For every length a beginning, so many times the same, and an end.
fn texts(seeds: &[(&str, &str, &str)]) -> Vec<Vec<u8>> {
    let text = |(open, fill, close): (&str, &str, &str), length: usize| {
        let fill = fill.repeat(length.saturating_sub(open.len()) / fill.len().max(1));
        [open, &fill, close].concat().into_bytes()
    };
    seeds.iter().flat_map(|seed| LENGTHS.map(|length| text(*seed, length))).collect()
}

/// A beginning, what is repeated, and an end, which is what is wrong.
const JSON: [(&str, &str, &str); 22] = [
    ("", " ", ""),
    ("", "[", ""),
    ("", "[", "x"),
    ("", "{\"a\":", ""),
    ("[", "1,", "x"),
    ("[", "{},", "x"),
    ("[", "[],", "]"),
    ("[", "\"ab\",", "'"),
    ("{", "\"a\":1,", "}"),
    ("{", "\"a\":[1,{}],", "a"),
    ("\"", "a", ""),
    ("\"", "\\n", "\\q\""),
    ("\"", "\\u00e9", "\\ud800\""),
    ("\"", "a", "\u{1}\""),
    ("", "1", "."),
    ("-", "1", "e"),
    ("0", "1", ""),
    ("", "true", "x"),
    ("", "nul", ""),
    ("\u{feff}", "1", ""),
    ("// ", "c", "\n"),
    ("[\"", "a", "\" \"b\"]"),
];

/// Those, and every text of the JSON test suite that is no JSON.
pub(crate) fn json() -> Vec<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/jsontestsuite/test_parsing.jsonl");
    let suite = std::fs::read_to_string(path).unwrap();
    let vectors = suite.lines().map(|line| Value::from_json(line.as_bytes()).unwrap());
    let refused = vectors.filter(|vector| vector.get("expect").unwrap().as_str() == Some("reject"));
    let broken = refused.map(|vector| STANDARD.decode(vector.get("b64").unwrap().as_str().unwrap()).unwrap());
    // Nothing is one, and three times nothing is left to it.
    let broken = broken.chain([b"\"\xff\"".to_vec(), b"[1,\xc3".to_vec()]);
    broken.chain(texts(&JSON)).filter(|text| !text.is_empty()).collect()
}

const IN_XML: [(&str, &str, &str); 26] = [
    ("", "<a>", ""),
    ("", "<a><b/>", "</b>"),
    ("", "<a b='1'>", "<"),
    ("<a", " b=''", ">"),
    ("<a", "\n", ""),
    ("<a b='", "x", "<'/>"),
    ("<a>", "text", ""),
    ("<a>", "text", "&x;</a>"),
    ("<a>", "&lt;", "&#0;</a>"),
    ("<a>", "<b/>", "</b>"),
    ("<a>", "<b>x</b>", "</a></a>"),
    ("<a>", "<!-- c -->", "<!-- -- --></a>"),
    ("<a>", "<![CDATA[x]]>", "]]></a>"),
    ("<a>", "<?p?>", "<?xml?></a>"),
    ("<a>", "x", "\u{1}</a>"),
    ("<a/>", " ", "<b/>"),
    ("<a/>", "\n", "x"),
    ("<!DOCTYPE a ", "<!ENTITY b 'b'>", "><a>&b;</a>"),
    ("<?xml version='1.0'", " ", "x?><a/>"),
    ("<?xml version='1.0' encoding='iso-2022-jp'?>", "x", ""),
    ("x", "x", ""),
    ("&", "a", ""),
    ("<", "a", ""),
    ("<", "\u{e9}", ""),
    ("</", "a", ">"),
    ("<a><![CDATA[", "]", ""),
];

/// Answers with their content types.
pub(crate) fn answers() -> Vec<(&'static str, Vec<u8>)> {
    let with = |content_type: &'static str, texts: Vec<Vec<u8>>| {
        texts.into_iter().map(move |text| (content_type, text))
    };
    let wide = |texts: Vec<Vec<u8>>| -> Vec<Vec<u8>> {
        let units = |text: Vec<u8>| {
            String::from_utf8(text).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect()
        };
        texts.into_iter().filter(|text| !text.is_empty()).map(units).collect()
    };
    let broken = |content: &str| -> Vec<Vec<u8>> {
        LENGTHS.iter().map(|length| [content.repeat(*length).as_bytes(), b"\xff"].concat()).collect()
    };
    let laughs = |levels: usize| {
        let level =
            |level: usize| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10));
        let entities: String = (1..levels).map(level).collect();
        format!("<!DOCTYPE a [<!ENTITY l0 \"lol\">{entities}]><a>&l{};</a>", levels - 1).into_bytes()
    };
    let unclosed = [("<a>", "x", ""), ("", "<a>", "<"), ("<a b='", "\u{e9}", "")];
    with(XML, texts(&IN_XML))
        .chain(with("text/xml; charset=utf-8", (1..12).map(laughs).collect()))
        .chain(with(XML, broken("x")))
        .chain(with("application/json", texts(&JSON[1..20])))
        .chain(with(
            "Application/JSON; charset=utf-16",
            wide(texts(&[("[", "1,", "x"), ("\"", "\u{e9}", "")])),
        ))
        .chain(with("text/xml", wide(texts(&unclosed))))
        .chain(with("application/soap+xml; charset=klingon", texts(&IN_XML[..1])))
        .chain(with(FORM, texts(&[("", "a=1&", "b=%ff"), ("", "%41", "%c3"), ("", "a+b=c&", "%ff=1")])))
        .chain(with(FORM, broken("a=b&")))
        .chain(with("text/plain; charset=utf-8", broken("\u{e9}")))
        .chain(with("text/plain; charset=shift_jis", broken("x")))
        .chain(with("text/plain; charset=iso-2022-jp", broken("x")))
        .chain(with("text/plain; charset=klingon", broken("x")))
        .filter(|(_, text)| !text.iter().all(u8::is_ascii_whitespace))
        .collect()
}

/// What somebody might have written.
pub(crate) fn authored() -> Vec<Vec<u8>> {
    let more = [
        ("'", "a", "'"),
        ("{ a: ", "1", " }"),
        ("{", "a: 1,", "}"),
        ("/* ", "c", ""),
        ("${if:", "a,", ""),
        ("{", "\"a\":1,", "\"b\" 2}"),
        ("{ \"a\": \"", "\n", "b\" \"c\" }"),
        ("\"", "\\q", "\""),
        ("[", "x ", "]"),
        ("[1", "]", ""),
    ];
    let relaxed = ["", "// c\n"];
    let broken = texts(&JSON[..8]).into_iter().chain(texts(&JSON[10..19])).chain(texts(&more));
    broken.filter(|text| !relaxed.contains(&str::from_utf8(text).unwrap())).collect()
}
