//! A server that is as liberal as can be, another time: it decodes until nothing is left, and then walks.

/// However often and in whatever order a server decodes the path, drops parameters and resolves dots, it stays below the
/// literal segments that the endpoint begins with.
pub(crate) fn stay_inside(listed: &str, path: &str) {
    let pattern = listed.splitn(4, '/').nth(3).unwrap_or_default();
    let literal: Vec<String> =
        pattern.split('/').take_while(|segment| !segment.contains('*')).map(decoded).collect();
    // A pattern without a star is one path, of which the last segment is a name and no folder.
    let folder = if pattern.contains('*') { &literal[..] } else { &literal[..literal.len() - 1] };
    let mut reading = path.to_owned();
    for _ in 0..6 {
        for folded in [reading.clone(), fold(&reading)] {
            for walked in Liberties::all().map(|liberties| walk(&folded, liberties)) {
                assert!(walked.len() >= folder.len(), "{listed:?} and {path:?}: {walked:?} is above it");
                for (ours, theirs) in folder.iter().zip(&walked) {
                    assert!(
                        ours == theirs || *ours == decoded(theirs),
                        "{listed:?} and {path:?}: {walked:?} is beside it"
                    );
                }
            }
        }
        reading = decoded(&reading);
    }
}

/// What a server may do beside resolving dots and taking backslashes for slashes.
#[derive(Clone, Copy)]
struct Liberties {
    /// Drops what follows a semicolon in a segment.
    drops_parameters: bool,
    /// Drops segments with nothing in them.
    drops_empty: bool,
    /// Ends the path at a question mark or a hash that was decoded in it.
    cuts: bool,
}

impl Liberties {
    fn all() -> impl Iterator<Item = Self> {
        (0..8).map(|bits| Self { drops_parameters: bits & 1 > 0, drops_empty: bits & 2 > 0, cuts: bits & 4 > 0 })
    }
}

/// Fullwidth forms as the ASCII that they are a form of (Unicode, Halfwidth and Fullwidth Forms).
fn fold(path: &str) -> String {
    let narrow = |letter: char| match u32::from(letter) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xff01 + u32::from('!')).unwrap_or(letter),
        _ => letter,
    };
    path.chars().map(narrow).collect()
}

/// One round of decoding, byte by byte.
fn decoded(text: &str) -> String {
    let (mut rest, mut out) = (text.as_bytes(), Vec::new());
    while let [first, tail @ ..] = rest {
        let pair =
            tail.get(..2).and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        match pair {
            Some(byte) if *first == b'%' && tail[0] != b'+' => {
                out.push(byte);
                rest = &tail[2..];
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where a server comes to.
fn walk(path: &str, liberties: Liberties) -> Vec<String> {
    let end = if liberties.cuts { path.find(['?', '#']) } else { None };
    let path = &path[..end.unwrap_or(path.len())];
    let mut walked: Vec<String> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split(['/', '\\']).peekable();
    while let Some(segment) = segments.next() {
        let name = if liberties.drops_parameters { segment.split(';').next().unwrap_or_default() } else { segment };
        match name {
            "." => {}
            ".." => drop(walked.pop()),
            "" if liberties.drops_empty && segments.peek().is_some() => {}
            name => walked.push(name.to_owned()),
        }
    }
    walked
}
