//! What a caller sees of a panic: that it was one, and nothing of what it said.

use std::any::Any;

use http::Response;
use proto::errors::v1::Reason;
use tonic::{Status, body::Body};

use crate::Refusal;

/// Answers a call whose handler panicked.
pub(super) fn answer(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let refusal = Refusal::new(Reason::Internal, "the call failed inside the suite; its log says more")
        .because("a handler panicked");
    Status::from(refusal).into_http()
}
