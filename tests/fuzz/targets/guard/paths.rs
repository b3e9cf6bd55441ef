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
        for walked in [walk(&reading, false), walk(&reading, true)] {
            assert!(walked.len() >= folder.len(), "{listed:?} and {path:?}: {walked:?} is above it");
            for (ours, theirs) in folder.iter().zip(&walked) {
                assert!(
                    ours == theirs || *ours == decoded(theirs),
                    "{listed:?} and {path:?}: {walked:?} is beside it"
                );
            }
        }
        reading = decoded(&reading);
    }
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

/// Where a server comes to that takes backslashes for slashes and resolves dots, with or without regard for parameters.
fn walk(path: &str, drops_parameters: bool) -> Vec<String> {
    let mut walked: Vec<String> = Vec::new();
    for segment in path.strip_prefix('/').unwrap_or(path).split(['/', '\\']) {
        let name = if drops_parameters { segment.split(';').next().unwrap_or_default() } else { segment };
        match name {
            "." => {}
            ".." => drop(walked.pop()),
            name => walked.push(name.to_owned()),
        }
    }
    walked
}
