//! What one run of an adapter is given and gives.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::limits::{Limits, Used};
use crate::scripts::Scripts;
use crate::tainted::Tainted;
use crate::template::Template;
use crate::value::Value;

/// What an adapter is run with.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// `currentObject:input`; its member `variables` is `currentObject:variables`.
    pub input: Value,
    /// `currentAgency`: the business unit (`id`, `name`, and its profile document).
    pub unit: Value,
    /// `currentClan`: the tenant (`id`, and its profile document).
    pub tenant: Value,
    /// `computed:timestamp`: milliseconds since 1970, fixed for the step.
    pub timestamp_ms: i64,
    /// The randomness of the step: what is made from it is the same each time the step is rendered, so that a retry repeats
    /// its request exactly, and differs between steps.
    pub seed: [u8; 16],
    /// The constants of the integration, with the unit's own over them. The adapter's own constants come before these.
    pub constants: Value,
    /// How much each rendering and each mapping may make and take.
    pub limits: Limits,
    /// What runs the scripts that are not of a simple shape. Without it they are an error of the run.
    pub scripts: Option<Arc<dyn Scripts>>,
}

/// What the counterparty answered, as the mapping sees it.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// `currentObject:meta`: at least `error`, `message` and `status`.
    pub meta: Value,
    /// `currentObject:response`: the body as JSON, see [`crate::answer::to_value`].
    pub response: Value,
}

/// A request, rendered; what is secret in it is still open.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The whole URL, the query of `requestMapping.query` included, encoded.
    pub url: Template,
    /// The headers, in order. `Content-Type` is among them when there is a body.
    pub headers: Vec<(String, Template)>,
    /// The body, in the form its content type asks for.
    pub body: Option<Template>,
    /// How long the author lets the call take.
    pub timeout: Option<Duration>,
    /// What rendering it took.
    pub used: Used,
}

/// What `preResponseMapping` and `responseMapping` made of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    /// `currentObject:preResponse`.
    pub pre_response: Value,
    /// `currentObject:responseMapping`: the result.
    pub result: Value,
    /// What making both took.
    pub used: Used,
}

/// What `onResponseActions` asks for after an answer.
#[derive(Debug)]
pub struct Actions {
    /// What is to be carried out, in order.
    pub actions: Vec<Due>,
    /// What making them took.
    pub used: Used,
}

/// An entry of `onResponseActions` that is to be carried out.
#[derive(Debug)]
pub struct Due {
    /// Its place in the array, from 0.
    pub index: usize,
    /// What is to be done.
    pub action: Action,
}

/// What is to be done after an answer.
pub enum Action {
    /// Merge `value` (RFC 7396) into the register `key`.
    PatchRegister {
        /// The register's key.
        key: String,
        /// The patch.
        value: Value,
    },
    /// Seal `value` as the secret `key`, usable for the origin of `url` alone.
    SaveSecret {
        /// The secret's name.
        key: String,
        /// The value. It arrived secret and must stay so.
        value: Tainted,
        /// The URL whose origin the secret is for.
        url: String,
    },
}

impl fmt::Debug for Action {
    /// Shows what is done to what, never the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PatchRegister { key, .. } => {
                f.debug_struct("PatchRegister").field("key", key).finish_non_exhaustive()
            }
            Self::SaveSecret { key, url, .. } => {
                f.debug_struct("SaveSecret").field("key", key).field("url", url).finish_non_exhaustive()
            }
        }
    }
}

/// How the chain goes on after an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Continuation {
    /// The next step; `None` where the chain ends.
    pub next: Option<Next>,
    /// What making it took.
    pub used: Used,
}

/// What `onResponseConnector` asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    /// The connectors or adapters to run: one, or those of an array.
    pub connectors: Vec<String>,
    /// Their input.
    pub data: Value,
}

/// Why an adapter could not be rendered for one input or answer.
///
/// It names the place in the adapter and what to do. It never repeats a value: what came from an answer may be secret.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{place}: {message}")]
pub struct EvalError {
    /// The place in the adapter: `requestMapping.headers.X-Id`.
    pub place: String,
    /// What went wrong there.
    pub message: String,
}

impl EvalError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { place: String::new(), message: message.into() }
    }

    /// The same error, seen from one level further out.
    pub(crate) fn within(mut self, step: &str) -> Self {
        let dot = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place = format!("{step}{dot}{}", self.place);
        self
    }
}
