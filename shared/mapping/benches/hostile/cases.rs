//! Texts that ask for too much, or for as much as there may be.

/// How large the cases are that may be of any size.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    /// Of text, in bytes.
    pub(crate) bytes: usize,
    /// Of what is read, in values.
    pub(crate) values: usize,
}

/// A case, made when its turn comes.
pub(crate) type Make = fn(Scale) -> Case;

/// A text, and what there is to know about it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) text: Vec<u8>,
}

fn case(name: &'static str, text: impl Into<Vec<u8>>) -> Case {
    Case { name, text: text.into() }
}

/// So many times the same between two ends.
fn filled(open: &str, fill: &str, close: &[u8], bytes: usize) -> Vec<u8> {
    let mut text = open.as_bytes().to_vec();
    text.reserve_exact(bytes + close.len());
    while text.len() + fill.len() <= bytes {
        text.extend_from_slice(fill.as_bytes());
    }
    text.extend_from_slice(close);
    text
}

/// An array of so many values.
fn values(count: usize, value: &str) -> Vec<u8> {
    format!("[{}{value}]", format!("{value},").repeat(count - 1)).into_bytes()
}

/// An object of so many members.
fn members(count: usize) -> Vec<u8> {
    let members: Vec<String> = (0..count).map(|index| format!("\"{index}\":0")).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

/// Data that is refused.
pub(crate) const REFUSED: [Make; 17] = [
    |_| case("100,000 arrays in one another", "[".repeat(100_000)),
    |_| case("the same, closed", "[".repeat(100_000) + &"]".repeat(100_000)),
    |_| case("100,000 objects in one another", "{\"a\":".repeat(100_000)),
    |_| case("a string of 100 MB", filled("\"", "a", b"\"", 100_000_000)),
    |of| case("a string that is never closed", filled("\"", "a", b"", of.bytes)),
    |of| case("a control character at the end", filled("\"", "a", b"\x01\"", of.bytes)),
    |of| case("bytes that are no UTF-8 at the end", filled("\"", "a", b"\xff\"", of.bytes)),
    |of| case("a lone surrogate at the end", filled("\"", "a", b"\\ud800\"", of.bytes)),
    |of| case("escapes, a lone surrogate at the end", filled("\"", "\\n", b"\\ud800\"", of.bytes)),
    |of| {
        case(
            "escaped surrogates, a lone one at the end",
            filled("\"", "\\ud83d\\ude00", b"\\udc00\"", of.bytes),
        )
    },
    |_| case("a million and one numbers", values(1_000_001, "0")),
    |_| case("a million and one empty objects", values(1_000_001, "{}")),
    |_| {
        case(
            "a million members, and the array they are in",
            [b"[".as_slice(), &members(1_000_000), b"]"].concat(),
        )
    },
    |of| {
        case(
            "long numbers, the last broken",
            filled(
                "[",
                "1234567890123456789012345678901234567890123456789012345678901234567890,",
                b"1.]",
                of.bytes,
            ),
        )
    },
    |of| case("one number, broken at the end", filled("", "1", b".", of.bytes)),
    |of| case("space, and no value", filled("", " ", b"", of.bytes)),
    |of| case("empty lines, and no value", filled("", "\n", b"x", of.bytes)),
];

/// Data that is read.
pub(crate) const READ: [Make; 7] = [
    |of| case("numbers in an array", values(of.values, "0")),
    |of| case("empty objects in an array", values(of.values, "{}")),
    |of| {
        case(
            "objects of three members",
            values(of.values / 4, "{\"id\":12345678,\"name\":\"a name\",\"on\":true}"),
        )
    },
    |of| case("members in one object", members(of.values)),
    |of| case("a string", filled("\"", "a", b"\"", of.bytes)),
    |of| case("a string of escapes", filled("\"", "\\n", b"\"", of.bytes)),
    |of| {
        case(
            "long numbers",
            filled(
                "[",
                "1234567890123456789012345678901234567890123456789012345678901234567890,",
                b"1]",
                of.bytes,
            ),
        )
    },
];

/// The content type of a form.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// So many pairs of a form.
fn pairs(count: usize, pair: impl Fn(usize) -> String) -> Vec<u8> {
    let pairs: Vec<String> = (0..count).map(pair).collect();
    pairs.join("&").into_bytes()
}

/// Forms that are refused.
pub(crate) const REFUSED_FORM: [Make; 7] = [
    |_| case("a value of 100 MB", filled("a=", "a", b"", 100_000_000)),
    |_| case("a million and one pairs of one name", pairs(1_000_001, |_| "a=1".to_owned())),
    |_| case("a million and one names", pairs(1_000_001, |index| index.to_string())),
    |of| case("bytes that are no UTF-8 at the end", filled("a=", "a", b"\xff", of.bytes)),
    |of| case("escapes, no UTF-8 at the end", filled("a=", "%41", b"%ff", of.bytes)),
    |of| case("spaces, no UTF-8 at the end", filled("a=", "+", b"%ff", of.bytes)),
    |of| case("pairs, no UTF-8 at the end", filled("", "a=1&", b"%ff", of.bytes)),
];

/// Forms that are read.
pub(crate) const READ_FORM: [Make; 6] = [
    |of| case("pairs of one name", pairs(of.values, |_| "a=1".to_owned())),
    |of| case("names", pairs(of.values, |index| index.to_string())),
    |of| case("signs between pairs", filled("", "&", b"a", of.bytes)),
    |of| case("a value", filled("a=", "a", b"", of.bytes)),
    |of| case("a value of escapes", filled("a=", "%41", b"", of.bytes)),
    |of| case("a name of spaces", filled("", "+", b"=a", of.bytes)),
];

/// The content type of XML.
pub(crate) const XML: &str = "application/xml";

/// XML that is refused.
pub(crate) const REFUSED_XML: [Make; 24] = [
    |_| case("billion laughs", billion_laughs()),
    |_| case("100,000 elements in one another", "<a>".repeat(100_000)),
    |_| case("a text of 100 MB", filled("<a>", "a", b"</a>", 100_000_000)),
    |of| case("bytes that are no UTF-8 at the end", filled("<a>", "a", b"\xff</a>", of.bytes)),
    |of| case("a text that is never closed", filled("<a>", "a", b"", of.bytes)),
    |of| case("a text of brackets, never closed", filled("<a>", "]", b"", of.bytes)),
    |of| case("a comment that is never closed", filled("<a><!--", "-", b"", of.bytes)),
    |of| case("an instruction that is never closed", filled("<a><?p ", "?", b"", of.bytes)),
    |of| case("a section that is never closed", filled("<a><![CDATA[", "]", b"", of.bytes)),
    |of| case("references, the last to a lone surrogate", filled("<a>", "&#65;", b"&#xD800;</a>", of.bytes)),
    |of| case("short references, the last to nothing", filled("<a>", "&#9;", b"&;</a>", of.bytes)),
    |of| case("names of characters, the last unknown", filled("<a>", "&gt;", b"&x;</a>", of.bytes)),
    |of| case("text and references, never closed", filled("<a>", "x&lt;", b"", of.bytes)),
    |of| case("comments, and no end", filled("<a>", "<!---->", b"", of.bytes)),
    |of| case("instructions, and no end", filled("<a>", "<?p?>", b"", of.bytes)),
    |of| case("sections, and no end", filled("<a>", "<![CDATA[]]>", b"", of.bytes)),
    |of| case("an attribute of references", filled("<a b='", "&#9;", b"&;'/>", of.bytes)),
    |of| case("an attribute of line ends", filled("<a b='", "\n", b"&;'/>", of.bytes)),
    |of| case("a name, and nothing behind it", filled("<", "a", b"", of.bytes)),
    |of| case("a name that is not ASCII", filled("<", "\u{e9}", b"", of.bytes)),
    |of| case("space in a tag", filled("<a", "\n", b"", of.bytes)),
    |of| case("space behind the end, and text", filled("<a/>", "\n", b"x", of.bytes)),
    |_| case("a million and one elements", format!("<a>{}</a>", "<b/>".repeat(1_000_001))),
    |_| case("a million and one attributes", format!("<a>{}</a>", "<b c=''/>".repeat(500_001))),
];

/// Text in other character sets that is refused, each with its content type.
pub(crate) const REFUSED_ENCODED: [(&str, Make); 4] = [
    ("text/xml", |of| case("UTF-16, half a character at the end", wide("<a>", "\u{e9}", of.bytes))),
    ("application/json", |of| {
        case("UTF-16 JSON, half a character at the end", wide("\"", "\u{30c6}", of.bytes))
    }),
    ("text/plain; charset=shift_jis", |of| {
        case("Shift_JIS, broken at the end", encoded(b"\x83\x65", b"\x83", of.bytes))
    }),
    ("text/plain; charset=windows-1253", |of| {
        case("windows-1253, broken at the end", encoded(b"\xe1", b"\xd2", of.bytes / 2))
    }),
];

/// UTF-16 with half a character at its end.
fn wide(open: &str, fill: &str, bytes: usize) -> Vec<u8> {
    let units = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    [units(open), units(fill).repeat(bytes / 2 - 8), b"\x00\xd8".to_vec()].concat()
}

/// So many times the same bytes, and others behind them.
fn encoded(fill: &[u8], close: &[u8], bytes: usize) -> Vec<u8> {
    [&fill.repeat(bytes / fill.len()), close].concat()
}

fn billion_laughs() -> String {
    let levels: String = (1..10)
        .map(|level| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10)))
        .collect();
    format!("<!DOCTYPE a [<!ENTITY l0 \"lol\">{levels}]><a>&l9;</a>")
}

/// Nearly as long as authored text may be.
const AUTHORED: usize = 4_000_000;

/// Authored text that is refused.
pub(crate) const REFUSED_TEXT: [Make; 19] = [
    |_| case("100,000 arrays in one another", "[".repeat(100_000)),
    |_| case("100,000 expressions in one another", "${if:".repeat(100_000)),
    |_| case("5 MB", filled("\"", "a", b"\"", 5_000_000)),
    |_| case("a string that is never closed", filled("\"", "a", b"", AUTHORED)),
    |_| case("control characters", filled("\"", "\u{1}", b"\"", AUTHORED)),
    |_| case("escapes that are none", filled("\"", "\\q", b"\"", AUTHORED)),
    |_| case("one key, again and again", filled("{", "\"a\":1,", b"}", 1_000_000)),
    |_| case("200,001 numbers", values(200_001, "0")),
    |_| case("200,001 empty objects", values(200_001, "{}")),
    |_| case("200,000 members, and the object they are in", members(200_000)),
    |_| case("199,990 numbers, and none", filled_values(b"x]")),
    |_| case("199,990 numbers, and arrays too deep", filled_values(&[b'['; 200])),
    |_| case("100,000 members, the last there already", twice(100_000)),
    |_| case("escapes, never closed", filled("\"", "\\n", b"", AUTHORED)),
    |_| case("a word for a key", filled("{", "a", b":1}", AUTHORED)),
    |_| {
        case(
            "a long key, again and again",
            filled("{", &format!("\"{}\":1,", "a".repeat(190_000)), b"}", AUTHORED),
        )
    },
    |_| case("an expression that is never closed", filled("${if:", "a,", b"", AUTHORED)),
    |_| case("comments, and no value", filled("", "/**/", b"", AUTHORED)),
    |_| case("words that are no values", filled("[", "x,", b"]", AUTHORED)),
];

/// Nearly as many numbers as there may be, and something behind them.
fn filled_values(close: &[u8]) -> Vec<u8> {
    [b"[".as_slice(), &b"0,".repeat(199_990), close].concat()
}

/// An object of so many members, and the first of them once more.
fn twice(count: usize) -> Vec<u8> {
    let mut text = members(count);
    text.pop();
    [&text, b",\"\\u0030\":0}".as_slice()].concat()
}
