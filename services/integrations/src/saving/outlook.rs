//! What is known before a run of whether it can save for an origin.

use egress::Destination;
use runtime::{grants::Grants, names::Id};

use super::origin;
use crate::definition::Route;

/// Why no request that leaves by `route` is answered by an origin whose answers may be for `url`. `sent` is the origin that it is
/// sent to; where that is not known, or redirects are followed, any that the route's endpoints cover may answer.
///
/// # Errors
/// With the reason, for people.
pub(crate) fn outlook(
    grants: &Grants,
    tenant: &Id,
    route: &Route,
    sent: Option<&str>,
    url: &str,
) -> Result<(), String> {
    let origin = origin(url).map_err(|problem| format!("it {problem}"))?;
    let sent = sent.and_then(|sent| Destination::parse(sent).ok());
    let sent = sent.map(|sent| sent.origin().origin().ascii_serialization());
    let elsewhere = sent.is_none() || route.redirects > 0;
    let may_answer = |answered: &str| {
        sent.as_deref() == Some(answered)
            || elsewhere && route.endpoints.iter().any(|endpoint| endpoint.reaches(answered))
    };
    if grants.answering(tenant, &origin).any(may_answer) {
        return Ok(());
    }
    Err(match sent {
        Some(sent) if !elsewhere => {
            format!("`{sent}` answers, and nothing grants that what it answers is for `{origin}`")
        }
        _ => format!(
            "nothing that the integration `{}` may call answers what may be for `{origin}`",
            route.integration
        ),
    })
}

#[cfg(test)]
mod tests;
