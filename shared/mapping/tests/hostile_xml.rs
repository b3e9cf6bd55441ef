//! XML that was made to hurt ends in a value or in an error with a place, within three times its size in memory.

use mapping::answer::{AnswerError, to_value};
use mapping::{Adapter, Value};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MIB: usize = 1 << 20;

fn read(document: &[u8]) -> Result<Value, AnswerError> {
    to_value(Some("application/xml"), document)
}

/// What reading takes at its most beside the document, in times of the document's size.
fn times(document: &[u8]) -> (f64, Result<Value, AnswerError>) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let read = read(document);
    let taken = MEMORY.peak_usage() - before;
    (taken as f64 / document.len() as f64, read)
}

/// Each with what comes of it: text that stands in the error, or nothing for a value.
fn hostile() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let text = |open: &str, piece: &str, size: usize, close: &str| {
        [open, &piece.repeat(size / piece.len()), close].concat().into_bytes()
    };
    let entities: String = (1..30)
        .map(|level| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10)))
        .collect();
    let attributes: String = (0..1_000_000).map(|number| format!(" a{number}='{number}'")).collect();
    let utf16: Vec<u8> =
        format!("<a>{}</a>", "é".repeat(2 * MIB)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        (
            "billion laughs",
            format!("<!DOCTYPE a [{entities}]><a>&l29;</a>").into_bytes(),
            "line 1, column 1: a document type",
        ),
        (
            "external entity",
            b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>".repeat(1000),
            "column 1: a document type",
        ),
        (
            "parameter entity",
            b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1/'>%x;]><a/>".repeat(1000),
            "a document type",
        ),
        (
            "document type without an end",
            text("<!DOCTYPE a [", "<!ENTITY b 'b'>", 8 * MIB, ""),
            "a document type",
        ),
        ("depth 100,000", text("", "<a>", 300_000, ""), "line 1, column 769: nested deeper than 256"),
        (
            "depth 100,000, closed",
            [text("", "<a>", 300_000, ""), text("", "</a>", 400_000, "")].concat(),
            "nested deeper",
        ),
        ("a million attributes", format!("<a{attributes}/>").into_bytes(), "more than 1000 attributes"),
        ("elements past the limit", text("<a>", "<b/>", 5_000_000, "</a>"), "more than 1000000 elements"),
        ("elements that end in an error", text("<a>", "<b/>", 2 * MIB, "<"), "a name was expected"),
        (
            "attributes that end in an error",
            text("<a>", "<b c='1' d='2'/>", 2 * MIB, "</b>"),
            "another element",
        ),
        ("an attribute of 8 MiB", text("<a b='", "x", 8 * MIB, "'/>"), ""),
        ("an attribute without an end", text("<a b='", "x", 8 * MIB, ""), "never closed"),
        (
            "text of 100 MB",
            text("<a>", "x", 100_000_000, "</a>"),
            "line 1, column 1: longer than 33554432 bytes",
        ),
        ("text of 30 MiB", text("<a>", "0123456789", 30 * MIB, "</a>"), ""),
        ("line ends", text("<a>", "x\r\n", 8 * MIB, "</a>"), ""),
        ("space", text("<a>", " \n", 8 * MIB, "</a>"), ""),
        ("space behind text", text("<a>x", " ", 8 * MIB, "</a>"), ""),
        ("references", text("<a>", "&amp;", 8 * MIB, "</a>"), ""),
        ("sections", text("<a>", "<![CDATA[x]]>", 8 * MIB, "</a>"), ""),
        ("comments", text("<a>", "<!-- x -->", 8 * MIB, "</a>"), ""),
        ("a comment without an end", text("<!--", " -", 8 * MIB, ""), "never closed"),
        ("a section without an end", text("<a><![CDATA[", "]", 8 * MIB, ""), "never closed"),
        ("an instruction without an end", text("<?p ", "?", 8 * MIB, ""), "never closed"),
        ("a name of 8 MiB", text("<", "a", 8 * MIB, "/>"), ""),
        ("a reference without an end", text("<a>&", "a", 8 * MIB, ""), "never closed"),
        ("a reference of many digits", text("<a>&#", "1", 8 * MIB, ";</a>"), "never closed"),
        ("prefixes", text("<", "a:", 8 * MIB, "b/>"), ""),
        ("angle brackets", text("", "<", 8 * MIB, ""), "line 1, column 2: a name"),
        (
            "not UTF-8 at the end",
            [text("<a>", "x", 8 * MIB, ""), vec![0xff]].concat(),
            "its bytes are not UTF-8",
        ),
        ("UTF-16", [vec![0xff, 0xfe], utf16].concat(), ""),
        ("zeros", vec![0; 8 * MIB], "line 1, column 1: a control character"),
    ]
}

#[test]
fn hostile_documents_take_less_than_three_times_their_size() {
    for (name, document, expected) in hostile() {
        let (times, read) = times(&document);
        match read {
            Ok(_) => assert_eq!(expected, "", "{name} was read"),
            Err(error) => {
                let error = error.to_string();
                assert!(!expected.is_empty() && error.contains(expected), "{name}: {error:.200}");
            }
        }
        /// What an error takes by itself, however short the document.
        const ERROR: f64 = 4096.0;
        let most = 3.0 + ERROR / document.len() as f64;
        assert!(times < most, "{name}: {times:.1} times its size");
    }
}

/// What is held takes a share for every value beside its text.
#[test]
fn what_is_read_takes_a_bounded_share_for_each_value() {
    /// A member with its key, its place in an index, and room to grow.
    const VALUE: usize = 300;
    let order = "<o n='1'><c>Someone &amp; Co</c><t x='y'>12.50</t></o>\n";
    let pieces = [("<b/>", 1), ("<b>x</b>", 1), ("<b c=''/>", 2), (order, 5), ("x<b/>", 1)];
    for (piece, values) in pieces {
        let count = 100_000 / values;
        let document = format!("<a>{}</a>", piece.repeat(count));
        let (times, read) = times(document.as_bytes());
        assert!(read.is_ok(), "{piece}");
        let most = 3.0 + (VALUE * values * count) as f64 / document.len() as f64;
        assert!(times < most, "{piece}: {times:.1} times its size, at most {most:.1}");
    }
}

#[test]
fn text_without_a_reference_is_held_once() {
    let document = [b"<a>".to_vec(), vec![b'x'; 16 * MIB], b"</a>".to_vec()].concat();
    let (times, read) = times(&document);
    assert!(read.is_ok() && times < 1.1, "{times:.2} times its size");
}

#[test]
fn arrays_by_path_cost_nothing_where_they_do_not_match() {
    let adapter = Adapter::compile(
        "A",
        r#"{ "requestMapping": { "url": "https://x.y/" }, "responseXml": { "forceArray": ["a.*.c", "a.b.d"] } }"#,
        None,
        &(),
    )
    .unwrap();
    let document = [b"<a>".to_vec(), b"<b>x</b>".repeat(1000), b"</a>".to_vec()].concat();
    assert_eq!(adapter.read(Some("text/xml"), &document).unwrap(), read(&document).unwrap());
}
