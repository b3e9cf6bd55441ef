//! Path patterns: whole segments.

use std::fmt;

use percent_encoding::percent_decode_str;

/// The segments of a pattern, and whether `**` ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern {
    /// What every covered path begins with, as far as its literal segments have one spelling alone. Of a hundred patterns
    /// ninety-nine are told from a path by it.
    prefix: String,
    segments: Vec<Segment>,
    any_rest: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Any,
    /// A segment as it is written, and as it decodes: a reading of the path may be either.
    Literal {
        written: String,
        decoded: String,
    },
}

impl PathPattern {
    /// Reads a pattern from the path of a parsed URL, which begins with a slash.
    pub(super) fn parse(path: &str) -> Result<Self, String> {
        let mut texts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let any_rest = texts.last() == Some(&"**");
        if any_rest {
            texts.pop();
        }
        let last = texts.len().saturating_sub(1);
        let segments = texts
            .iter()
            .enumerate()
            .map(|(index, text)| match *text {
                "" if any_rest || index != last => Err("its path has an empty segment (`//`)".to_owned()),
                text => Segment::parse(text),
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { prefix: prefix(&segments), segments, any_rest })
    }

    /// Whether a path begins as every covered one does.
    pub(super) fn begins(&self, path: &str) -> bool {
        path.starts_with(&*self.prefix)
    }

    /// Whether a path, as one reader reads it, is covered.
    pub(super) fn covers(&self, path: &str) -> bool {
        let mut texts = path.strip_prefix('/').unwrap_or(path).split('/');
        let listed =
            self.segments.iter().all(|segment| texts.next().is_some_and(|text| segment.covers(text)));
        // `**` asks for the slash before it: another segment, be it empty.
        listed && texts.next().is_some() == self.any_rest
    }
}

/// The leading segments, up to the first that covers more than one text.
fn prefix(segments: &[Segment]) -> String {
    segments
        .iter()
        .map_while(|segment| match segment {
            Segment::Literal { written, decoded } if written == decoded => Some(format!("/{written}")),
            _ => None,
        })
        .collect()
}

impl Segment {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if text.contains('*') {
            return Err("`*` stands for a whole segment, and `**` for the rest at the end".to_owned());
        }
        let decoded =
            percent_decode_str(text).decode_utf8().map_err(|_| "its path is not UTF-8".to_owned())?;
        if decoded.contains(['/', '\\', ';', '?', '#', '%']) || decoded.chars().any(char::is_control) {
            return Err(format!("servers read the segment `{text}` in several ways; put `*` in its place"));
        }
        Ok(Self::Literal { written: text.to_owned(), decoded: decoded.into_owned() })
    }

    fn covers(&self, text: &str) -> bool {
        match self {
            Self::Any => !text.is_empty(),
            Self::Literal { written, decoded } => text == written || text == decoded,
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Any => f.write_str("/*")?,
                Segment::Literal { written, .. } => write!(f, "/{written}")?,
            }
        }
        if self.any_rest { f.write_str("/**") } else { Ok(()) }
    }
}
