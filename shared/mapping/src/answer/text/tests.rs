use encoding_rs::{DecoderResult, Encoding};

use super::decode;

/// The encodings of the web (WHATWG Encoding, section 4.2).
const ENCODINGS: [&str; 40] = [
    "UTF-8",
    "IBM866",
    "ISO-8859-2",
    "ISO-8859-3",
    "ISO-8859-4",
    "ISO-8859-5",
    "ISO-8859-6",
    "ISO-8859-7",
    "ISO-8859-8",
    "ISO-8859-8-I",
    "ISO-8859-10",
    "ISO-8859-13",
    "ISO-8859-14",
    "ISO-8859-15",
    "ISO-8859-16",
    "KOI8-R",
    "KOI8-U",
    "macintosh",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "x-mac-cyrillic",
    "GBK",
    "gb18030",
    "Big5",
    "EUC-JP",
    "ISO-2022-JP",
    "Shift_JIS",
    "EUC-KR",
    "replacement",
    "UTF-16BE",
    "UTF-16LE",
    "x-user-defined",
];

const WORD: &str = "hunter";

/// The word as the encoding writes it.
fn written(encoding: &'static Encoding) -> Vec<u8> {
    match encoding.name() {
        "UTF-16BE" => WORD.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "UTF-16LE" => WORD.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ => WORD.as_bytes().to_vec(),
    }
}

/// What a decoder gives of bytes that are not all there yet; `None` where they are none of the encoding's.
fn begun(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(64);
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, false);
    assert_ne!(result, DecoderResult::OutputFull);
    (result == DecoderResult::InputEmpty).then_some(text)
}

/// Goes through everything of one to `most` bytes that can stand at a place of the word, and tells `found` of what a decoder
/// still takes for a beginning of the word: more text never takes back what was given.
fn insertions(
    encoding: &'static Encoding,
    (before, after): (&[u8], &[u8]),
    most: usize,
    found: &mut dyn FnMut(Vec<u8>),
) {
    for byte in 0..=u8::MAX {
        let begin = [before, &[byte]].concat();
        if begun(encoding, &begin).is_none_or(|text| !WORD.starts_with(&text)) {
            continue;
        }
        found([&begin, after].concat());
        if most > 1 {
            insertions(encoding, (&begin, after), most - 1, found);
        }
    }
}

/// The property that the search for secrets stands on: nothing can be put into a word that is gone when it is read.
#[test]
fn what_stands_in_a_word_is_read_with_it() {
    let mut looked_at = 0;
    for name in ENCODINGS {
        let encoding = Encoding::for_label_no_replacement(name.as_bytes());
        let encoding = encoding.unwrap_or(encoding_rs::REPLACEMENT);
        assert_eq!(encoding.name(), name);
        let word = written(encoding);
        for at in 1..word.len() {
            insertions(encoding, word.split_at(at), 3, &mut |bytes| {
                looked_at += 1;
                let text = decode(Some(encoding), &bytes, "text");
                assert_ne!(text.as_deref().ok(), Some(WORD), "{name}: {bytes:x?}");
            });
        }
    }
    assert!(looked_at > 10_000, "only {looked_at} were looked at");
}

/// The other half of it: no ASCII character is written in another way than as its byte. (Characters of four bytes,
/// which UTF-8 and gb18030 have, begin far beyond it.)
#[test]
fn ascii_is_written_as_itself() {
    fn sequences(encoding: &'static Encoding, before: &[u8]) {
        for byte in 0..=u8::MAX {
            let bytes = [before, &[byte]].concat();
            let Some(text) = begun(encoding, &bytes) else { continue };
            if text.is_empty() && bytes.len() < 3 {
                sequences(encoding, &bytes);
            } else if text.chars().any(|character| character.is_ascii()) {
                assert_eq!(text.as_bytes(), bytes, "{}", encoding.name());
            }
        }
    }
    for name in ENCODINGS {
        let encoding = Encoding::for_label_no_replacement(name.as_bytes());
        match encoding.filter(|encoding| super::reads_what_stands_there(encoding)) {
            Some(encoding) if !name.starts_with("UTF-16") => sequences(encoding, &[]),
            _ => {}
        }
    }
}
