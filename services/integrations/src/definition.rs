//! One integration, as the executor holds it: parsed, checked, ready to be called.

mod auth;
mod bounds;
mod parse;

use std::{sync::Arc, time::Duration};

use egress::Endpoint;
use mapping::{Content, Value};
use runtime::names::Name;

use crate::credentials::Credential;

/// The time of a call where nobody set one.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// The most bytes of an answer where nobody set them.
const DEFAULT_RESPONSE_BYTES: usize = 10 << 20;

/// An integration's definition.
#[derive(Debug)]
pub(crate) struct Definition {
    /// Its name.
    pub(crate) name: Name,
    /// Which version of it this is; empty where it was not read from the store.
    pub(crate) etag: String,
    /// Whether a call needs no end user.
    pub(crate) anonymous: bool,
    /// What adapters read as constants: an object.
    pub(crate) constants: Value,
    /// How much of it may happen at once.
    pub(crate) quota: Quota,
    /// How its requests leave.
    pub(crate) route: Route,
}

/// How many calls there may be, all callers of this process together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Calls that begin in a second; 0 is no limit.
    pub(crate) rate_per_second: u32,
    /// Calls at once; 0 is no limit.
    pub(crate) concurrency: u32,
}

/// How requests leave.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// The integration that it is the way of, for the log; empty where it is none's.
    pub(crate) integration: String,
    /// What may be called.
    pub(crate) endpoints: Arc<[Endpoint]>,
    /// How the counterpart knows us.
    pub(crate) credential: Credential,
    /// How long one call with all its tries may take.
    pub(crate) timeout: Duration,
    /// The most bytes of a decoded answer.
    pub(crate) response_bytes: usize,
    /// How often a request may leave in all, at least once.
    pub(crate) attempts: u32,
    /// How many redirects of the counterpart are followed, 0 to 5.
    pub(crate) redirects: u8,
    /// The client certificate that the counterpart knows us by: a secret.
    pub(crate) client_certificate: Option<Content>,
    /// Whether the counterpart sees the trace context.
    pub(crate) trace: bool,
}

impl Route {
    /// The way out of an adapter that names no integration: wherever the operator's policy allows, with no credential
    /// but the secrets the adapter names itself, each of which is bound to its own origin.
    pub(crate) fn anywhere() -> Self {
        Self {
            integration: String::new(),
            endpoints: [Endpoint::anywhere()].into(),
            credential: Credential::None,
            timeout: DEFAULT_TIMEOUT,
            response_bytes: DEFAULT_RESPONSE_BYTES,
            attempts: 1,
            redirects: 0,
            client_certificate: None,
            trace: false,
        }
    }
}
