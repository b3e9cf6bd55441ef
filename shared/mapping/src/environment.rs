//! What an adapter is compiled among.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::limits::Limits;
use crate::scripts::Scripts;
use crate::value::Value;

/// What an adapter is compiled among, as one business unit sees it.
///
/// Asked while an adapter is compiled, never while it runs. Who keeps the compiled adapter watches
/// [`Adapter::registers`](crate::Adapter::registers) and compiles again when one of them changes.
pub trait Environment {
    /// The register `key`, the unit's private copy before the shared one; `None` if there is neither.
    fn register(&self, key: &str) -> Option<Register>;

    /// How large the adapter and each register it reads may be, and how deep they may be nested in one another.
    fn limits(&self) -> Limits {
        Limits::AUTHORED
    }

    /// What tells whether a script that is not of a simple shape is one. Without it the check says that it did not look.
    fn scripts(&self) -> Option<&dyn Scripts> {
        None
    }

    /// The keys of the registers there are, for proposals; none where they are not known.
    fn register_keys(&self) -> Vec<String> {
        Vec::new()
    }

    /// What is known of the secret `name`.
    fn secret(&self, name: &str) -> Knowledge<Secret> {
        let _ = name;
        Knowledge::Unknown
    }

    /// The names of secrets there are, for proposals; none where they are not known.
    fn secret_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// What the operator lets out; `None` where that is not known.
    fn policy(&self) -> Option<Policy> {
        None
    }

    /// What is known of the integration `name`.
    fn integration(&self, name: &str) -> Knowledge<()> {
        let _ = name;
        Knowledge::Unknown
    }

    /// The names of the integrations there are, for proposals; none where they are not known.
    fn integration_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether the integration `name` lists an endpoint that covers a call; `None` where that is not known. Without a
    /// method: a call with any. `url` is absolute and encoded.
    fn covers(&self, name: &str, method: Option<&str>, url: &str) -> Option<bool> {
        let _ = (name, method, url);
        None
    }

    /// Whether what comes of a request may ever be saved as a secret for `url`, a text that is written out; `Err` says why not.
    /// `sent` is the origin that the request goes to, where the author's text decides that; its integration may follow
    /// redirects elsewhere. What is not known is no error.
    fn saves(&self, integration: Option<&str>, sent: Option<&str>, url: &str) -> Result<(), String> {
        let _ = (integration, sent, url);
        Ok(())
    }
}

/// What an [`Environment`] knows of something. What is unknown gives no diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knowledge<T> {
    /// Nobody could be asked.
    Unknown,
    /// There is none.
    Absent,
    /// There is one.
    Present(T),
}

/// What may be known of a secret: never its value, nor anything made from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secret {
    /// The one origin that it may be sent to, as `https://host` or `https://host:port`; `None` where that is not known.
    pub origin: Option<String>,
}

/// What an operator lets out, as far as a URL shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The ports that a request may go to.
    pub ports: Vec<RangeInclusive<u16>>,
    /// Whether plain `http` may leave. A request with a secret in it never does.
    pub http: bool,
}

/// One register.
#[derive(Clone, Debug)]
pub struct Register {
    /// What an author wrote: relaxed JSON, whose strings are templates.
    pub text: Arc<str>,
    /// What runs wrote into it, as a JSON merge patch over the text. Data: it is merged after parsing and never compiled.
    pub layer: Option<Value>,
}

impl Register {
    /// A register no run has written into.
    pub fn authored(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), layer: None }
    }
}

/// Nothing at all.
impl Environment for () {
    fn register(&self, _key: &str) -> Option<Register> {
        None
    }
}

/// Registers alone, by their keys.
impl<F: Fn(&str) -> Option<Register>> Environment for F {
    fn register(&self, key: &str) -> Option<Register> {
        self(key)
    }
}
