//! The notation of paths, shared by values and expressions.

/// One step of a path: a key of an object, or the index of an element when it is met on an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step(String);

impl Step {
    pub(crate) fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The step as an index into an array: plain decimal digits without a leading zero.
    pub(crate) fn index(&self) -> Option<usize> {
        let digits = self.0.as_bytes();
        let plain =
            digits.iter().all(u8::is_ascii_digit) && (digits.len() == 1 || digits.first() != Some(&b'0'));
        plain.then(|| self.0.parse().ok()).flatten()
    }
}

/// Why a path is not one: where (a byte offset into it) and what was expected.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PathError {
    pub(crate) offset: usize,
    pub(crate) message: &'static str,
}

/// The steps of a path; none for the empty path.
pub(crate) fn parse(text: &str) -> Result<Vec<Step>, PathError> {
    let mut steps = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (step, end) = if text[at..].starts_with('[') { bracket(text, at)? } else { name(text, at)? };
        steps.push(step);
        at = end;
        if text[at..].starts_with('.') {
            at += 1;
            if at == text.len() {
                return Err(PathError { offset: at, message: "expected a name after `.`" });
            }
            if text[at..].starts_with('[') {
                return Err(PathError { offset: at, message: "expected a name after `.`, not `[`" });
            }
        }
    }
    Ok(steps)
}

fn name(text: &str, at: usize) -> Result<(Step, usize), PathError> {
    let rest = &text[at..];
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    match rest[..end].trim() {
        "" => Err(PathError { offset: at, message: "expected a name" }),
        name if name.contains(']') => Err(PathError { offset: at, message: "`]` without `[`" }),
        name => Ok((Step::new(name), at + end)),
    }
}

fn bracket(text: &str, at: usize) -> Result<(Step, usize), PathError> {
    let inside = at + 1;
    let rest = &text[inside..];
    let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        let end = rest.find(']').ok_or(PathError { offset: at, message: "`[` is never closed" })?;
        let digits = rest[..end].trim();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PathError {
                offset: inside,
                message: "expected an index such as [0], or a quoted key",
            });
        }
        return Ok((Step::new(digits), inside + end + 1));
    };
    let end = rest[1..]
        .find(quote)
        .ok_or(PathError { offset: inside, message: "the quoted key is never closed" })?;
    if !rest[end + 2..].starts_with(']') {
        return Err(PathError { offset: inside + end + 2, message: "expected `]` after the quoted key" });
    }
    Ok((Step::new(&rest[1..=end]), inside + end + 3))
}
