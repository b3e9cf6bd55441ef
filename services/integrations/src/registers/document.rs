//! One register in memory.

use std::sync::{Arc, OnceLock};

use mapping::{Register, Value, relaxed};

/// What an author wrote, and what runs wrote over it.
#[derive(Debug)]
pub(crate) struct Document {
    register: Register,
    etag: String,
    value: OnceLock<Option<Value>>,
}

impl Document {
    /// A register by its text, its layer and its etag; an empty layer is none.
    pub(super) fn new(text: &[u8], layer: &[u8], etag: &str) -> Self {
        let text: Arc<str> = String::from_utf8_lossy(text).into();
        // The registers service writes layers itself; one that it could not write is not there.
        let layer = if layer.is_empty() { None } else { Value::from_json(layer).ok() };
        Self { register: Register { text, layer }, etag: etag.to_owned(), value: OnceLock::new() }
    }

    /// As adapters read it.
    pub(crate) fn register(&self) -> &Register {
        &self.register
    }

    /// Which version of the register this is.
    pub(crate) fn etag(&self) -> &str {
        &self.etag
    }

    /// Text and layer merged, as data: templates stand in it as plain strings. None where the text does not parse.
    pub(crate) fn value(&self) -> Option<&Value> {
        let merge = || {
            let mut value = relaxed::parse(&self.register.text).ok()?.to_value();
            if let Some(layer) = &self.register.layer {
                value.merge_patch(layer);
            }
            Some(value)
        };
        self.value.get_or_init(merge).as_ref()
    }
}
