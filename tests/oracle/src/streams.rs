//! What is packed into other bytes: gzip and deflate streams; base64, hex and lists of numbers that hold anything.

use std::io::Read;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use data_encoding::HEXLOWER_PERMISSIVE;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use memchr::memmem;

/// The most that is unpacked from one stream, in bytes.
const MOST: u64 = 64 << 20;
/// The shortest unpacked content that could hold a part of a canary, in bytes.
const LEAST: usize = 8;
/// The shortest run that is worth decoding.
const RUN: usize = 24;
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// What zlib streams begin with, by their level (RFC 1950, 2.2, windows of 32 KiB).
const ZLIB: [[u8; 2]; 4] = [[0x78, 0x01], [0x78, 0x5e], [0x78, 0x9c], [0x78, 0xda]];

/// Something that was unpacked.
pub(super) struct Packed {
    pub(super) kind: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// Everything that can be unpacked from the bytes. Broken streams give what stands before their fault.
pub(super) fn packed(bytes: &[u8]) -> Vec<Packed> {
    let mut found = Vec::new();
    let mut add = |kind, bytes: Vec<u8>| {
        if bytes.len() >= LEAST {
            found.push(Packed { kind, bytes });
        }
    };
    for at in memmem::find_iter(bytes, &GZIP) {
        add("gzip", unpacked(MultiGzDecoder::new(&bytes[at..])));
    }
    for at in ZLIB.iter().flat_map(|start| memmem::find_iter(bytes, start)) {
        add("zlib", unpacked(ZlibDecoder::new(&bytes[at..])));
    }
    // Nothing marks the beginning of such a stream, so only one that is all of a sink is found.
    add("deflate", unpacked(DeflateDecoder::new(bytes)));
    for run in runs(bytes, |byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte)) {
        add("base64", decoded(run));
    }
    for run in runs(bytes, |byte| byte.is_ascii_hexdigit()) {
        let even = run.len() - run.len() % 2;
        add("hex", HEXLOWER_PERMISSIVE.decode(&run[..even]).unwrap_or_default());
    }
    for run in runs(bytes, |byte| byte.is_ascii_digit() || b", \n".contains(&byte)) {
        let numbers = run.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty());
        add(
            "a list of numbers",
            numbers.filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).collect(),
        );
    }
    found
}

fn unpacked(stream: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.take(MOST).read_to_end(&mut bytes);
    bytes
}

/// The longest stretches of such bytes, where they are worth decoding.
fn runs(bytes: &[u8], of: impl Fn(u8) -> bool) -> impl Iterator<Item = &[u8]> {
    bytes.split(move |byte| !of(*byte)).filter(|run| run.len() >= RUN)
}

fn decoded(run: &[u8]) -> Vec<u8> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true);
    let text: Vec<u8> = run
        .iter()
        .take_while(|byte| **byte != b'=')
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    // One character over a whole group holds no byte.
    let whole = text.len() - usize::from(text.len() % 4 == 1);
    GeneralPurpose::new(&alphabet::STANDARD, config).decode(&text[..whole]).unwrap_or_default()
}
