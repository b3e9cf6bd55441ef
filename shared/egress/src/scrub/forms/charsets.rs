//! A secret beyond ASCII, as text in the character sets from before Unicode.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, IBM866, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5,
    ISO_8859_6, ISO_8859_7, ISO_8859_8, ISO_8859_10, ISO_8859_13, ISO_8859_14, ISO_8859_15, ISO_8859_16,
    KOI8_R, KOI8_U, MACINTOSH, SHIFT_JIS, WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
    WINDOWS_1253, WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257, WINDOWS_1258,
};

/// Those of the Encoding Standard that write a text without state: UTF-16 is looked for apart, and ISO-2022-JP switches.
const STATELESS: [&Encoding; 32] = [
    BIG5,
    EUC_JP,
    EUC_KR,
    GB18030,
    IBM866,
    ISO_8859_2,
    ISO_8859_3,
    ISO_8859_4,
    ISO_8859_5,
    ISO_8859_6,
    ISO_8859_7,
    ISO_8859_8,
    ISO_8859_10,
    ISO_8859_13,
    ISO_8859_14,
    ISO_8859_15,
    ISO_8859_16,
    KOI8_R,
    KOI8_U,
    MACINTOSH,
    SHIFT_JIS,
    WINDOWS_874,
    WINDOWS_1250,
    WINDOWS_1251,
    WINDOWS_1252,
    WINDOWS_1253,
    WINDOWS_1254,
    WINDOWS_1255,
    WINDOWS_1256,
    WINDOWS_1257,
    WINDOWS_1258,
    encoding_rs::GBK,
];

/// The text in every one of them that has all its characters.
pub(super) fn of(text: &str) -> Vec<Vec<u8>> {
    if text.is_ascii() {
        return Vec::new();
    }
    let encoded = STATELESS.iter().filter_map(|encoding| match encoding.encode(text) {
        (bytes, _, false) => Some(bytes.into_owned()),
        (_, _, true) => None,
    });
    encoded.collect()
}
