//! A call whose bodies are of any size: from a file or standard input, to a file or standard output, as they come.

mod destination;
mod source;

use std::path::Path;

use futures::{StreamExt, stream};
use mapping::{Object, Value};
use proto::integrations::v1::{
    StreamIntegrationRequest, StreamIntegrationRequestHead, StreamIntegrationResponse,
    StreamIntegrationResponseHead, stream_integration_request as outgoing, stream_integration_response::Part,
};
use tonic::Streaming;

use self::{destination::Destination, source::Source};
use super::{echoed, exit, notes};
use crate::{
    client::Client,
    commands::Shutdown,
    failure::Failure,
    output::{Output, Report},
    show,
};

/// Sends the request and passes the answer on. Nothing of a file is there before all of it is.
pub(super) async fn run(
    head: StreamIntegrationRequestHead,
    body: Option<&str>,
    file: Option<&Path>,
    client: &Client,
    output: Output,
) -> Result<Report, Failure> {
    let destination = Destination::open(file, output)?;
    let mut source = Source::open(body)?;
    let chunks = source.chunks().map(|chunk| message(outgoing::Part::Chunk(chunk)));
    let request = client.request(stream::iter([message(outgoing::Part::Head(head))]).chain(chunks));
    let mut integrations = client.integrations();
    let exchange = async {
        let parts = integrations.stream_integration(request).await;
        receive(parts.map_err(|status| client.failure(status))?.into_inner(), destination, client, output)
            .await
    };
    let shutdown = Shutdown::listen()?;
    // Whatever comes first; what is left of the others ends with this function, and takes the call along.
    tokio::select! {
        received = exchange => received,
        failure = source.broken() => Err(failure),
        () = shutdown.asked() => Err(Failure::refused("INTERRUPTED", "the call was interrupted")),
    }
}

fn message(part: outgoing::Part) -> StreamIntegrationRequest {
    StreamIntegrationRequest { part: Some(part) }
}

async fn receive(
    mut parts: Streaming<StreamIntegrationResponse>,
    mut destination: Destination<'_>,
    client: &Client,
    output: Output,
) -> Result<Report, Failure> {
    let mut head = StreamIntegrationResponseHead::default();
    while let Some(message) = parts.message().await.map_err(|status| client.failure(status))? {
        match message.part {
            Some(Part::Head(came)) => {
                output.aside(&notes(came.status, came.ok, &came.headers));
                head = came;
            }
            Some(Part::Chunk(chunk)) => {
                let is_read = destination.write(chunk).await?;
                if !is_read {
                    return Ok(Report { exit: exit(head.ok), ..Report::said() });
                }
            }
            Some(Part::Trailer(trailer)) => {
                let file = destination.finish().await?;
                if trailer.secret_echoed {
                    output.aside(&echoed());
                }
                let value = value(&head, file, trailer.body_bytes, trailer.secret_echoed);
                return Ok(Report { value: Some(value), exit: exit(head.ok), ..Report::said() });
            }
            // A part that this program does not know yet.
            None => {}
        }
    }
    Err(Failure::refused("INTERNAL", "the answer ended before it was whole; call again"))
}

/// What `--json` prints.
fn value(head: &StreamIntegrationResponseHead, file: Option<&Path>, bytes: u64, echoed: bool) -> Value {
    let mut value = Object::default();
    value.insert("status", i64::from(head.status));
    value.insert("ok", head.ok);
    value.insert("headers", show::headers(&head.headers));
    value.insert("output", file.map_or(Value::Null, |file| file.display().to_string().into()));
    value.insert("bodyBytes", i64::try_from(bytes).unwrap_or(i64::MAX));
    if echoed {
        value.insert("secretEchoed", true);
    }
    value.into()
}
