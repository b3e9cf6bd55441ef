//! The door as every test of this crate has it: whatever comes out of it is searched for the secrets that went in.

use std::{error::Error as _, sync::Arc};

use futures::{StreamExt, TryStreamExt};
use oracle::{Hearing, ORACLE, came_out};

use crate::{Answer, Error, Outbound, Policies, Resolver, SecretSource, Streamed, Transport};

/// A door that is heard.
#[derive(Debug)]
pub(super) struct Door {
    door: crate::Door,
    _hearing: Hearing,
}

impl Door {
    pub(super) fn new(policies: impl Into<Policies>, resolver: Arc<dyn Resolver>) -> Result<Self, Error> {
        let hearing = Hearing::start();
        let door = crate::Door::new(policies, resolver).inspect_err(tell)?;
        Ok(Self { door, _hearing: hearing })
    }

    pub(super) fn with_transport(
        policies: impl Into<Policies>,
        resolver: Arc<dyn Resolver>,
        transport: Arc<dyn Transport>,
    ) -> Self {
        let hearing = Hearing::start();
        Self { door: crate::Door::with_transport(policies, resolver, transport), _hearing: hearing }
    }

    pub(super) async fn send(&self, outbound: Outbound, secrets: &dyn SecretSource) -> Result<Answer, Error> {
        let answer = self.door.send(outbound, secrets).await.inspect_err(tell)?;
        came_out("an answer", format!("{answer:?}").as_bytes());
        came_out("the body of an answer", &answer.body);
        Ok(answer)
    }

    pub(super) async fn stream(
        &self,
        outbound: Outbound,
        secrets: &dyn SecretSource,
    ) -> Result<Streamed, Error> {
        let streamed = self.door.stream(outbound, secrets).await.inspect_err(tell)?;
        let Streamed { status, headers, url, echoes, .. } = &streamed;
        came_out("the head of a stream", format!("{status} {headers:?} {url} {echoes:?}").as_bytes());
        let sink = ORACLE.sink("the body of a stream");
        let body = streamed.body.inspect_ok(move |chunk| sink.write(chunk)).inspect_err(tell).boxed();
        Ok(Streamed { body, ..streamed })
    }
}

/// An error as a caller could show it: in both of its forms, with its whole chain of causes.
fn tell(error: &Error) {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    came_out("an error", text.as_bytes());
}
