//! What a canary looks like in encodings that do not show it: base64, hex, lists of numbers.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use data_encoding::{HEXLOWER, HEXUPPER};

/// From this length on each half of a value is looked for on its own: a value that was cut, or that lies across two
/// chunks of a stream, shows at least one.
const HALVED: usize = 32;
/// The most of a half that is looked for, in bytes: the beginning of the first, the end of the second.
const LONGEST: usize = 256;

/// The value in each encoding, with the encoding's name.
pub(super) fn forms(value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let (first, second) = value.split_at(value.len() / 2);
    let first = &first[..first.len().min(LONGEST)];
    let second = &second[second.len().saturating_sub(LONGEST)..];
    let parts = if value.len() >= HALVED { vec![first, second] } else { vec![value] };
    parts.into_iter().flat_map(of_part).collect()
}

fn of_part(part: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let decimal: Vec<_> = part.iter().map(u8::to_string).collect();
    let mut forms = vec![
        ("raw", part.to_owned()),
        ("hex", HEXLOWER.encode(part).into_bytes()),
        ("hex", HEXUPPER.encode(part).into_bytes()),
        ("a list of numbers", decimal.join(", ").into_bytes()),
        ("a list of numbers", decimal.join(",").into_bytes()),
    ];
    for offset in 0..3 {
        let text = [&vec![0; offset][..], part].concat();
        // Only groups that hold nothing but the canary look the same wherever it stands.
        let groups = (offset.div_ceil(3) * 4)..(text.len() / 3 * 4);
        for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            forms.push(("base64", alphabet.encode(&text)[groups.clone()].as_bytes().to_owned()));
        }
    }
    forms
}
