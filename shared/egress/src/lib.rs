#![doc = "The guarded door: the one way out."]
//!
//! [`Door::send`] and [`Door::stream`] are the only functions of the workspace that open a secret for use, and this crate is the
//! only place that holds an HTTP client. Both take a rendered request whose secrets are still holes, and in this order
//!
//! 1. parse the URL once, refusing whatever two parsers could read differently,
//! 2. match it against the endpoints that are listed, and check scheme and port against the operator's policy,
//! 3. ask whether every secret of the request may be used for that origin,
//! 4. resolve the host once, within bounds for each tenant and for all, and check every address of the answer,
//! 5. open the secrets for that origin, fill the holes, each encoded for its place, and say that they are about to leave,
//! 6. send, over TLS, to an address that was checked, or through the proxy of the tenant's policy and never one of the
//!    environment,
//! 7. read the answer, whole or as a stream, decoded, under limits, and take out of it whatever the counterpart echoed of
//!    the secrets: with an alarm, or with a refusal where the policy says so.
//!
//! Where redirects may be followed, each hop goes through all of it again, and takes no secret to another origin.
//!
//! A refusal of 1 to 3 comes before any look-up, one of 1 to 4 before any secret was opened and before any connection.
//!
//! What this crate never does: follow a redirect without the whole guard, ask the name server twice for one request, send a
//! hole's content without TLS, make a connection to an address that was not vetted for the request that it is made for, use a
//! connection that was made for another tenant, under another policy or with another client certificate, put a query, a
//! header or a value into an error, a span or a log. A later request of the same tenant to the same origin may use a
//! connection again: its address was vetted under the same policy, though for the request before.
//!
//! What it cannot do: behind a proxy it does not see which address a name led to, since the proxy looks it up again; the
//! private key of a client certificate lies in the TLS library's memory while its client is kept; the bytes of a request
//! lie in the buffers of the HTTP and TLS libraries until those are reused; they are not wiped. The scrubber finds a
//! secret in the encodings that its module lists, and in no other.

mod address;
mod answer;
mod destination;
mod door;
mod endpoint;
mod error;
mod fill;
mod header;
#[cfg(feature = "internals")]
pub mod internals;
mod outbound;
mod policy;
mod resolve;
mod scrub;
mod secret;
mod span;
mod taken;
mod transport;

pub use answer::{Answer, Echoes, Streamed};
pub use destination::{Destination, Scheme, UrlProblem};
pub use door::Door;
pub use endpoint::{Endpoint, EndpointError};
pub use error::{Error, ErrorKind};
pub use outbound::{Body, Outbound, Upload};
pub use policy::{EgressPolicy, Narrowing, Policies, Proxy, ProxyError, TooWide};
pub use resolve::{Resolver, SystemResolver};
pub use secret::{SecretSource, SourceError, SourceErrorKind};
pub use taken::Taken;
pub use transport::{
    ClientCertificate, Payload, Reply, Transport, TransportError, TransportErrorKind, Vetted,
};

#[cfg(test)]
mod tests;
