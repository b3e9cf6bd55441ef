//! The token that goes with every call of a client, and what a refusal says.

use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
};
use tonic_types::StatusExt;

use super::tap::Tap;

/// The transport under a client that its token goes with.
pub(crate) type Client = InterceptedService<Tap, Bearer>;

/// Adds the caller's token to every call.
#[derive(Clone)]
pub(crate) struct Bearer(MetadataValue<Ascii>);

impl Bearer {
    pub(crate) fn new(token: &str) -> Self {
        Self(format!("Bearer {token}").parse().expect("a token is visible text"))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// The reason in a refusal's details.
pub(crate) fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .map_or_else(|| format!("none in {status:?}"), |info| info.reason.clone())
}
