//! The patterns: each form as it is, and in UTF-16.

use zeroize::Zeroizing;

/// Characters in UTF-16 that are compared at once.
const BLOCK: usize = 32;

/// Everything that is looked for, sorted by its forms.
///
/// Most forms are ASCII. In UTF-16 those have a zero beside every byte, so that they need not be kept another time.
pub(crate) struct Patterns {
    forms: Vec<Zeroizing<Vec<u8>>>,
    /// How the characters of a form are written that is kept in UTF-16.
    written: Vec<Width>,
    /// Which bytes a pattern may begin with.
    first: [bool; 256],
}

/// One form, in one way of writing its characters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pattern {
    form: u32,
    width: Width,
}

/// How the bytes of a form stand in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    /// As they are.
    Narrow,
    /// Each before a zero: ASCII as UTF-16, little-endian.
    Little,
    /// Each behind a zero: ASCII as UTF-16, big-endian.
    Big,
}

/// How a text compares with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    /// It begins with the pattern, which has so many bytes.
    Whole(usize),
    /// It is the beginning of the pattern, and ends before it does.
    Beginning,
    /// It is neither.
    Different,
}

impl Patterns {
    /// Patterns for the forms, each once.
    pub(super) fn new(forms: Vec<Zeroizing<Vec<u8>>>) -> Self {
        let mut all: Vec<_> = forms.iter().filter_map(|form| utf16(form)).flatten().collect();
        all.extend(forms.into_iter().map(|form| (form, Width::Narrow)));
        all.sort_unstable_by(|(one, width), (other, wide)| {
            (one.as_slice(), width).cmp(&(other.as_slice(), wide))
        });
        all.dedup_by(|(one, _), (other, _)| one.as_slice() == other.as_slice());
        let (forms, written) = all.into_iter().unzip();
        let mut patterns = Self { forms, written, first: [false; 256] };
        for pattern in patterns.all().collect::<Vec<_>>() {
            if let Some(byte) = patterns.byte(pattern, 0) {
                patterns.first[usize::from(byte)] = true;
            }
        }
        patterns
    }

    /// Every pattern.
    pub(super) fn all(&self) -> impl Iterator<Item = Pattern> {
        (0..).zip(&self.forms).flat_map(|(form, bytes)| {
            let widths: &[Width] =
                if bytes.is_ascii() { &[Width::Narrow, Width::Little, Width::Big] } else { &[Width::Narrow] };
            widths.iter().map(move |&width| Pattern { form, width })
        })
    }

    /// The length of the shortest pattern.
    pub(super) fn shortest(&self) -> Option<usize> {
        self.forms.iter().map(|form| form.len()).min()
    }

    /// Writes the first bytes of a pattern into a buffer, as many as both have.
    pub(super) fn begin(&self, pattern: Pattern, buffer: &mut [u8]) {
        for (at, slot) in buffer.iter_mut().enumerate() {
            *slot = self.byte(pattern, at).unwrap_or_default();
        }
    }

    /// How the characters of a pattern are written, so that something else can be written in their place.
    pub(super) fn writing(&self, pattern: Pattern) -> Width {
        let kept = usize::try_from(pattern.form).ok().and_then(|at| self.written.get(at)).copied();
        kept.unwrap_or(Width::Narrow).max(pattern.width)
    }

    /// How the text compares with the pattern, of which `done` bytes stood before it.
    pub(crate) fn compare(&self, pattern: Pattern, done: usize, text: &[u8]) -> Compared {
        let form = self.form(pattern);
        let length = if pattern.width == Width::Narrow { form.len() } else { 2 * form.len() };
        let left = length.saturating_sub(done);
        let common = left.min(text.len());
        let same = match pattern.width {
            Width::Narrow => form.get(done..done + common) == text.get(..common),
            _ => self.is_wide(pattern, done, &text[..common]),
        };
        match same {
            false => Compared::Different,
            true if common < left => Compared::Beginning,
            true => Compared::Whole(length),
        }
    }

    /// Whether the text is what a pattern in UTF-16 has from `done` on. A block at a time: a body may be made so that long
    /// patterns are compared again and again.
    fn is_wide(&self, pattern: Pattern, done: usize, text: &[u8]) -> bool {
        let byte = |(at, byte): (usize, &u8)| self.byte(pattern, at) == Some(*byte);
        // To the first whole character.
        let (before, text) = text.split_at(text.len().min(done % 2));
        let done = done + before.len();
        let form = self.form(pattern).get(done / 2..).unwrap_or_default();
        let (units, rest) = text.split_at(text.len() / 2 * 2);
        let (value, zero) = if pattern.width == Width::Little { (0, 1) } else { (1, 0) };
        let differs = |(unit, byte): (&[u8], &u8)| unit[value] ^ byte | unit[zero];
        let blocks = units.chunks(2 * BLOCK).zip(form.chunks(BLOCK));
        (done - before.len()..).zip(before).all(byte)
            && blocks
                .map(|(units, form)| units.chunks_exact(2).zip(form).map(differs))
                .all(|block| block.fold(0, |all, each| all | each) == 0)
            && (done + units.len()..).zip(rest).all(byte)
    }

    /// How long the pattern is that the text begins with, if it does with one, whatever the case of its letters.
    pub(super) fn beginning_in_any_case(&self, text: &[u8]) -> Option<usize> {
        let first = text.first()?;
        if ![first.to_ascii_lowercase(), first.to_ascii_uppercase()]
            .map(usize::from)
            .iter()
            .any(|&at| self.first[at])
        {
            return None;
        }
        let lengths = self.forms.iter().filter_map(|form| {
            let start = text.get(..form.len())?;
            start.eq_ignore_ascii_case(form).then_some(form.len())
        });
        lengths.max()
    }

    /// A pattern that the text is the beginning of, if there is one.
    pub(super) fn beginning_with(&self, text: &[u8]) -> Option<Pattern> {
        if !self.first[usize::from(*text.first()?)] {
            return None;
        }
        let even = text.iter().copied().step_by(2);
        let odd = text.iter().copied().skip(1).step_by(2);
        self.narrow_beginning_with(text.iter().copied())
            .map(|form| Pattern { form, width: Width::Narrow })
            .or_else(|| {
                let form = odd.clone().all(is_zero).then(|| self.ascii_beginning_with(even.clone()))??;
                Some(Pattern { form, width: Width::Little })
            })
            .or_else(|| {
                let form = even.clone().all(is_zero).then(|| self.ascii_beginning_with(odd.clone()))??;
                Some(Pattern { form, width: Width::Big })
            })
    }

    fn narrow_beginning_with(&self, start: impl Iterator<Item = u8> + Clone) -> Option<u32> {
        let at = self.forms.partition_point(|form| form.iter().copied().lt(start.clone()));
        let found = starts_with(self.forms.get(at)?, start);
        found.then(|| u32::try_from(at).ok()).flatten()
    }

    /// The same, among the forms that are ASCII: what begins alike may have both.
    fn ascii_beginning_with(&self, start: impl Iterator<Item = u8> + Clone) -> Option<u32> {
        let at = self.forms.partition_point(|form| form.iter().copied().lt(start.clone()));
        let alike = self.forms[at..].iter().take_while(|form| starts_with(form, start.clone()));
        let ahead = alike.take_while(|form| !form.is_ascii()).count();
        let form = self.forms.get(at + ahead).filter(|form| starts_with(form, start))?;
        form.is_ascii().then(|| u32::try_from(at + ahead).ok()).flatten()
    }

    fn form(&self, pattern: Pattern) -> &[u8] {
        usize::try_from(pattern.form)
            .ok()
            .and_then(|at| self.forms.get(at))
            .map_or(&[], |form| form.as_slice())
    }

    fn byte(&self, pattern: Pattern, at: usize) -> Option<u8> {
        let form = self.form(pattern);
        match pattern.width {
            Width::Narrow => form.get(at).copied(),
            Width::Little => form.get(at / 2).map(|byte| if at.is_multiple_of(2) { *byte } else { 0 }),
            Width::Big => form.get(at / 2).map(|byte| if at.is_multiple_of(2) { 0 } else { *byte }),
        }
    }
}

fn is_zero(byte: u8) -> bool {
    byte == 0
}

fn starts_with(form: &[u8], start: impl Iterator<Item = u8>) -> bool {
    let mut form = form.iter().copied();
    start.into_iter().all(|byte| form.next() == Some(byte))
}

/// A text beyond ASCII in UTF-16 of both byte orders.
fn utf16(form: &[u8]) -> Option<[(Zeroizing<Vec<u8>>, Width); 2]> {
    let text = std::str::from_utf8(form).ok().filter(|text| !text.is_ascii())?;
    let little = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    Some([(Zeroizing::new(little), Width::Little), (Zeroizing::new(big), Width::Big)])
}
