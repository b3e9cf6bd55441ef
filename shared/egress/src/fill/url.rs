//! Fills the holes of a URL, where a value must never end what it stands in.

use mapping::{Encoder, Hole, Part, Template};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::{Contents, SuitsUrls, Unfit, shown};

/// Why a URL could not be filled.
#[derive(Debug)]
pub(crate) enum UrlFault {
    /// A hole stands in scheme, host, port or fragment.
    Misplaced { hole: String },
    /// A value does not fit.
    Unfit(Unfit),
}

impl From<Unfit> for UrlFault {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

/// The URL with every hole filled, and with the injected parameters in place of the ones of the same name.
///
/// Whatever a hole's encoder, what it leaves in the URL is percent-encoded but for unreserved characters.
pub(crate) fn fill_url(
    contents: &Contents,
    template: &Template,
    parameters: &[(String, Template)],
) -> Result<Zeroizing<String>, UrlFault> {
    let names = parameters.iter().map(|(name, _)| name.len() + 2).sum::<usize>();
    let values = parameters.iter().map(|(_, value)| contents.bound(value));
    let bound = values.fold(contents.bound(template).saturating_add(names), usize::saturating_add);
    // Each byte of a hole may become three here, whatever its encoder made of it.
    let room = Contents::room(bound.saturating_mul(Encoder::Query.growth()), template)?;
    let mut out = Zeroizing::new(Vec::with_capacity(room));
    let mut written = String::new();
    for part in template.parts() {
        match part {
            Part::Text(text) => {
                written.push_str(text);
                out.extend_from_slice(text.as_bytes());
            }
            Part::Hole(hole) if may_hold_a_hole(&written) => push_encoded(contents, hole, &mut out)?,
            Part::Hole(hole) => return Err(UrlFault::Misplaced { hole: shown(hole) }),
        }
    }
    if !parameters.is_empty() {
        replace_parameters(contents, parameters, &mut out)?;
    }
    // Texts are UTF-8 and encoded holes are ASCII, so this holds whatever was filled in.
    let text = std::str::from_utf8(&out).map_err(|_| Unfit { hole: template.masked() })?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Whether the authority is over, and the fragment has not begun.
fn may_hold_a_hole(written: &str) -> bool {
    written.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?']) && !rest.contains('#'))
}

fn push_encoded(contents: &Contents, hole: &Hole, out: &mut Vec<u8>) -> Result<(), Unfit> {
    if hole.encoder.suits_urls() {
        return contents.fill_hole(hole, hole.encoder, out);
    }
    let inner = contents.part_bound(Part::Hole(hole));
    let mut encoded = Zeroizing::new(Vec::with_capacity(inner));
    contents.fill_hole(hole, hole.encoder, &mut encoded)?;
    Encoder::Query.encode(&encoded, out).map_err(|_| Unfit { hole: shown(hole) })
}

/// Drops every parameter that one of the injected ones names, and appends those.
fn replace_parameters(
    contents: &Contents,
    parameters: &[(String, Template)],
    out: &mut Zeroizing<Vec<u8>>,
) -> Result<(), Unfit> {
    let before = Zeroizing::new(std::mem::take(&mut **out));
    out.reserve(before.capacity() + 1);
    let before = before.split(|byte| *byte == b'#').next().unwrap_or_default();
    let (base, query) = match before.iter().position(|byte| *byte == b'?') {
        Some(mark) => (&before[..mark], &before[mark + 1..]),
        None => (before, &[][..]),
    };
    out.extend_from_slice(base);
    let kept = query.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty() && !names(parameters, pair));
    let mut mark = b'?';
    for pair in kept {
        out.push(std::mem::replace(&mut mark, b'&'));
        out.extend_from_slice(pair);
    }
    for (name, value) in parameters {
        out.push(std::mem::replace(&mut mark, b'&'));
        let unfit = |_| Unfit { hole: value.masked() };
        Encoder::Query.encode(name.as_bytes(), out).map_err(unfit)?;
        out.push(b'=');
        for part in value.parts() {
            match part {
                Part::Text(text) => Encoder::Query.encode(text.as_bytes(), out).map_err(unfit)?,
                Part::Hole(hole) => push_encoded(contents, hole, out)?,
            }
        }
    }
    Ok(())
}

/// Whether the pair of a query has the name of one of the parameters, however it is spelled.
fn names(parameters: &[(String, Template)], pair: &[u8]) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let name = name.replace('+', " ");
    let decoded = percent_decode_str(&name).decode_utf8_lossy();
    parameters.iter().any(|(known, _)| *known == decoded)
}
