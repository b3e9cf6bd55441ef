//! The texts that authors and runs hand in, checked, and what both make together.

use bytes::Bytes;
use mapping::{Diagnostic, Value, relaxed};
use proto::errors::v1::Reason;
use runtime::{Refusal, names::Name};

use crate::{key, layer, record::Content};

/// The most bytes of a register's text, of a merge patch, and of all patches together: 1 MiB each.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// Relaxed JSON that parses.
pub(crate) struct Text(Bytes);

impl Text {
    /// Checks what an author wrote. It stays as it is, byte for byte.
    ///
    /// # Errors
    /// FIELD_INVALID when it is too long or not UTF-8; REGISTER_INVALID, with line, column and a caret, when it does
    /// not parse.
    pub(crate) fn parse(field: &str, name: &Name, bytes: Bytes) -> Result<Self, Refusal> {
        within_limit(field, &bytes)?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            Refusal::field(field, format!("not UTF-8 from byte {} on", error.valid_up_to()))
        })?;
        relaxed::parse(text).map_err(|found| invalid(name, text, &found))?;
        Ok(Self(bytes))
    }

    /// A register of this text, that no run has written into.
    pub(crate) fn into_content(self) -> Content {
        Content { text: self.0, layer: None }
    }
}

fn invalid(name: &Name, text: &str, found: &[Diagnostic]) -> Refusal {
    let shown: Vec<_> = found.iter().map(|finding| finding.render(name.id.as_str(), text)).collect();
    let refusal = Refusal::new(Reason::RegisterInvalid, shown.join("\n\n")).with("name", key::display(name));
    match found.first() {
        Some(first) => refusal.with("line", first.line).with("column", first.column),
        None => refusal,
    }
}

/// Parses a merge patch, which is strict JSON.
///
/// # Errors
/// FIELD_INVALID.
pub(crate) fn parse_patch(field: &str, bytes: &[u8]) -> Result<Value, Refusal> {
    within_limit(field, bytes)?;
    Value::from_json(bytes).map_err(|error| Refusal::field(field, format!("is no JSON merge patch: {error}")))
}

fn within_limit(field: &str, bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() <= MAX_BYTES {
        return Ok(());
    }
    let text = format!("{} bytes are over the limit of {MAX_BYTES} (1 MiB); split it", bytes.len());
    Err(Refusal::field(field, text))
}

impl Content {
    /// The text's data, templates as plain strings.
    ///
    /// # Errors
    /// INTERNAL when a stored text does not parse any more.
    pub(crate) fn authored(&self) -> Result<Value, Refusal> {
        let text = std::str::from_utf8(&self.text).map_err(|error| unreadable(error.to_string()))?;
        let document = relaxed::parse(text).map_err(|found| {
            let what =
                found.first().map_or_else(String::new, |first| format!("{}:{}", first.line, first.column));
            unreadable(what)
        })?;
        Ok(document.to_value())
    }

    /// What runs wrote.
    ///
    /// # Errors
    /// INTERNAL when a stored layer does not parse.
    pub(crate) fn written(&self) -> Result<Option<Value>, Refusal> {
        let Some(layer) = &self.layer else { return Ok(None) };
        Value::from_json(layer).map(Some).map_err(|error| unreadable(error.to_string()))
    }

    /// Text and layer merged.
    ///
    /// # Errors
    /// INTERNAL when what is stored does not parse.
    pub(crate) fn value(&self) -> Result<Value, Refusal> {
        let mut value = self.authored()?;
        if let Some(layer) = self.written()? {
            value.merge_patch(&layer);
        }
        Ok(value)
    }

    /// The content after one more patch.
    ///
    /// # Errors
    /// FIELD_INVALID when the layer would become too large; INTERNAL when what is stored does not parse.
    pub(crate) fn patched(&self, field: &str, patch: &Value) -> Result<Self, Refusal> {
        let whole = layer::compose(&self.authored()?, self.written()?.as_ref(), patch).to_json();
        if whole.len() > MAX_BYTES {
            let text = format!(
                "with it, what runs wrote into the register would be {} bytes, over the limit of {MAX_BYTES} (1 MiB); \
                 write the register's text anew, which drops what runs wrote",
                whole.len()
            );
            return Err(Refusal::field(field, text));
        }
        Ok(Self { text: self.text.clone(), layer: Some(whole.into()) })
    }

    /// A register that begins with a patch: nobody authored it, so its text is an empty object.
    pub(crate) fn empty() -> Self {
        Self { text: Bytes::from_static(b"{}"), layer: None }
    }
}

fn unreadable(what: String) -> Refusal {
    let text = "a stored register does not parse; put its text anew";
    Refusal::new(Reason::Internal, text).because(what)
}

#[cfg(test)]
mod tests;
