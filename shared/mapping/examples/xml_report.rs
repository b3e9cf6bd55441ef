//! How long reading XML takes and how much memory, document by document, each size twice the one before: the time of a
//! byte should stay what it is.
//!
//!     cargo run --release -p mapping --example xml_report

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::time::Instant;

use mapping::answer::to_value;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a document is called, and how one of about so many bytes is made.
type Kind = (&'static str, fn(usize) -> String);

const KINDS: [Kind; 12] = [
    ("orders", |size| {
        let order = "<Order id='1'>\n  <Customer>Someone &amp; Co</Customer>\n  <Total currency='EUR'>12.50</Total>\n</Order>\n";
        around(order, size)
    }),
    ("empty elements", |size| around("<b/>", size)),
    ("different elements", |size| numbered(size, |number| format!("<b{number}/>"))),
    ("999 attributes each", |size| {
        let attributes: String = (0..999).map(|number| format!(" a{number}=''")).collect();
        around(&format!("<b{attributes}/>"), size)
    }),
    ("text", |size| around("x", size)),
    ("text between elements", |size| around("x<b/>", size)),
    ("references", |size| around("&amp;", size)),
    ("CDATA sections", |size| around("<![CDATA[x]]>", size)),
    ("comments", |size| around("<!-- x -->", size)),
    ("space", |size| around("\r\n ", size)),
    ("256 deep", |size| around(&["<b>".repeat(254), "</b>".repeat(254)].concat(), size)),
    ("a name of all of it", |size| format!("<{}/>", "a".repeat(size))),
];

fn around(piece: &str, size: usize) -> String {
    format!("<a>{}</a>", piece.repeat(size / piece.len()))
}

fn numbered(size: usize, piece: impl Fn(usize) -> String) -> String {
    let mut document = "<a>".to_owned();
    for number in 0.. {
        if document.len() >= size {
            break;
        }
        document += &piece(number);
    }
    document + "</a>"
}

/// What a document that is refused is called, and how it is made.
type Refused = (&'static str, fn() -> Vec<u8>);

const REFUSED: [Refused; 9] = [
    ("billion laughs", || {
        let entity =
            |level: usize| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10));
        format!("<!DOCTYPE a [{}]><a>&l29;</a>", (1..30).map(entity).collect::<String>()).into_bytes()
    }),
    ("100,000 deep", || "<a>".repeat(100_000).into_bytes()),
    ("100 MB of text", || around("x", 100_000_000).into_bytes()),
    ("60 MB, never closed", || around("x", 60_000_000).into_bytes()[..60_000_000].to_vec()),
    ("60 MB, no UTF-8 at the end", || [around("x", 60_000_000).as_bytes(), b"\xff"].concat()),
    ("60 MB, U+0000 at the end", || around("x", 60_000_000).replace("</a>", "&#0;</a>").into_bytes()),
    ("60 MB, half a surrogate pair", || around("x", 60_000_000).replace("</a>", "&#xD800;</a>").into_bytes()),
    ("60 MB of references, one unknown", || {
        around("&amp;", 60_000_000).replace("</a>", "&b;</a>").into_bytes()
    }),
    ("a million attributes", || {
        format!("<a{}/>", (0..1_000_000).map(|number| format!(" a{number}=''")).collect::<String>())
            .into_bytes()
    }),
];

fn main() {
    refused();
    println!("{:24} {:>9} {:>9} {:>8} {:>7}  outcome", "document", "KiB", "ms", "ns/byte", "memory");
    for (name, make) in KINDS {
        for shift in 0..4 {
            let document = make((512 << 10) << shift);
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let started = Instant::now();
            let read = to_value(Some("text/xml"), document.as_bytes());
            let taken = started.elapsed();
            let memory = (MEMORY.peak_usage() - before) as f64 / document.len() as f64;
            let per_byte = taken.as_nanos() as f64 / document.len() as f64;
            let outcome = read.map_or_else(|error| error.message.to_string(), |_| "read".to_owned());
            let kib = document.len() >> 10;
            println!(
                "{name:24} {kib:>9} {:>9.1} {per_byte:>8.2} {memory:>6.1}x  {outcome}",
                taken.as_secs_f64() * 1e3
            );
        }
    }
}

fn refused() {
    println!("{:34} {:>9} {:>9} {:>8}  outcome", "refused", "KiB", "ms", "memory");
    for (name, make) in REFUSED {
        let document = make();
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let started = Instant::now();
        let read = to_value(Some("text/xml"), &document);
        let taken = started.elapsed().as_secs_f64() * 1e3;
        let memory = (MEMORY.peak_usage() - before) as f64 / document.len() as f64;
        let outcome = read.map_or_else(|error| error.to_string(), |_| "read".to_owned());
        println!("{name:34} {:>9} {taken:>9.1} {memory:>7.1}x  {outcome}", document.len() >> 10);
    }
    println!();
}
