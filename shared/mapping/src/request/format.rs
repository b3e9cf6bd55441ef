//! What a content type asks of a body.

/// The form of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Form,
    Xml,
    /// `multipart/form-data`: parts with names.
    FormData,
    /// Other `multipart/…`: parts one after the other.
    Multipart,
    /// Everything else: text goes out as it is written.
    Text,
}

impl Format {
    /// The form that a content type asks for, its parameters left aside.
    pub(crate) fn of(content_type: &str) -> Self {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/json" | "text/json" => Self::Json,
            "application/xml" | "text/xml" => Self::Xml,
            "application/x-www-form-urlencoded" => Self::Form,
            other if other.ends_with("+json") => Self::Json,
            other if other.ends_with("+xml") => Self::Xml,
            "multipart/form-data" => Self::FormData,
            other if other.starts_with("multipart/") => Self::Multipart,
            _ => Self::Text,
        }
    }

    /// Whether the body has parts.
    pub(crate) fn is_multipart(self) -> bool {
        matches!(self, Self::FormData | Self::Multipart)
    }

    /// The form of text whose content type nobody names, by how it starts.
    pub(crate) fn guess(text: &str) -> Self {
        match text.trim_start().chars().next() {
            Some('{' | '[') => Self::Json,
            Some('<') => Self::Xml,
            _ => Self::Text,
        }
    }

    /// The content type for a body that has none.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Xml => "application/xml",
            Self::FormData | Self::Multipart | Self::Text => "text/plain; charset=utf-8",
        }
    }
}
