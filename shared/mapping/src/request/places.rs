//! Which place of a body's text a value stands in.

/// Where in JSON text a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonPlace {
    /// Between the quotes of a string.
    String,
    /// Where a value stands.
    Value,
}

/// Follows the authored text of a JSON body.
#[derive(Debug, Default)]
pub(super) struct JsonText {
    in_string: bool,
    escaped: bool,
}

impl JsonText {
    pub(super) fn follow(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ => {}
            }
        }
    }

    pub(super) fn place(&self) -> JsonPlace {
        if self.in_string { JsonPlace::String } else { JsonPlace::Value }
    }
}

/// Where in XML text a value stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum XmlPlace {
    /// Between tags.
    #[default]
    Text,
    /// Between the quotes of an attribute.
    Attribute(char),
    /// In a tag, outside an attribute's quotes: no value is safe there.
    Tag,
    /// In a comment, a CDATA section, a declaration: no value is safe there.
    Markup(&'static str),
}

/// Follows the authored text of an XML body.
#[derive(Debug, Default)]
pub(super) struct XmlText {
    place: XmlPlace,
}

impl XmlText {
    pub(super) fn follow(&mut self, text: &str) {
        const MARKUP: [(&str, &str); 4] = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")];
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let mut length = first.len_utf8();
            self.place = match self.place {
                XmlPlace::Text => match MARKUP.into_iter().find(|(open, _)| rest.starts_with(open)) {
                    Some((open, close)) => {
                        length = open.len();
                        XmlPlace::Markup(close)
                    }
                    None if first == '<' => XmlPlace::Tag,
                    None => XmlPlace::Text,
                },
                XmlPlace::Tag => match first {
                    '>' => XmlPlace::Text,
                    '"' | '\'' => XmlPlace::Attribute(first),
                    _ => XmlPlace::Tag,
                },
                XmlPlace::Attribute(quote) if first == quote => XmlPlace::Tag,
                XmlPlace::Markup(close) if rest.starts_with(close) => {
                    length = close.len();
                    XmlPlace::Text
                }
                place => place,
            };
            rest = &rest[length..];
        }
    }

    pub(super) fn place(&self) -> XmlPlace {
        self.place
    }
}
