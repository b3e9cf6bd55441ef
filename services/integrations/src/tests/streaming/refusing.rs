//! Messages that cannot be used, and calls that may not leave.

use bytes::Bytes;
use proto::integrations::v1::{StreamIntegrationRequest, stream_integration_request::Part};
use runtime::Role;
use tonic::Status;

use super::{
    super::{
        counterpart::Counterpart,
        world::{World, caller, caller_in, header, refused, refused_field},
    },
    exchange::{Served, chunk, head, message},
    raw,
};

/// Sends these messages and nothing else.
async fn send(served: &Served, messages: Vec<StreamIntegrationRequest>) -> Result<(), Status> {
    let mut parts = served.client().stream_integration(futures::stream::iter(messages)).await?.into_inner();
    while parts.message().await?.is_some() {}
    Ok(())
}

#[tokio::test]
async fn a_head_that_is_missing_late_or_repeated_is_refused() {
    let counterpart = Counterpart::quiet().await;
    let served = Served::new(&counterpart).await;
    let head = || message(head("PUT", format!("{}/x", counterpart.origin())));
    let empty = || StreamIntegrationRequest { part: None };
    refused_field(send(&served, vec![]).await, "head");
    refused_field(send(&served, vec![empty()]).await, "head");
    refused_field(send(&served, vec![chunk("x")]).await, "head");
    refused_field(send(&served, vec![chunk("x"), head()]).await, "head");
    refused_field(send(&served, vec![head(), head()]).await, "head");
    refused_field(send(&served, vec![head(), chunk("x"), head()]).await, "head");
    refused_field(send(&served, vec![head(), empty()]).await, "part");
    refused_field(send(&served, vec![head(), chunk("x"), empty()]).await, "part");
    assert!(counterpart.seen().is_empty(), "no whole request arrived");
}

#[tokio::test]
async fn a_head_that_is_repeated_while_the_answer_comes_ends_it() {
    let counterpart = Counterpart::raw(|mut wire| async move {
        raw::head(&mut wire).await;
        raw::say(&mut wire, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome").await;
        raw::rest(&mut wire).await;
    })
    .await;
    let served = Served::new(&counterpart).await;
    let request = || message(head("PUT", format!("{}/x", counterpart.origin())));
    let mut call = served.open(None);
    call.send(request()).await;
    call.send(chunk("x")).await;
    let mut parts = call.answer().await.unwrap();
    super::exchange::first(&mut parts).await.unwrap();
    super::exchange::next(&mut parts).await.unwrap();
    call.send(request()).await;
    refused_field(super::exchange::next(&mut parts).await, "head");
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let silent = futures::stream::pending::<StreamIntegrationRequest>();
    refused_field(world.integrations().stream_integration(silent).await.map(drop), "head");
    let took = began.elapsed().as_millis();
    assert!((10_000..10_050).contains(&took), "{took} ms");
}

#[tokio::test]
async fn a_chunk_that_is_too_large_is_refused_and_the_limit_named() {
    let counterpart = Counterpart::quiet().await;
    let served = Served::new(&counterpart).await;
    let head = || message(head("PUT", format!("{}/x", counterpart.origin())));
    let limit = 4 << 20;
    send(&served, vec![head(), chunk(vec![0; limit])]).await.unwrap();
    for size in [limit + 1, limit + (1 << 20)] {
        let status = refused_field(send(&served, vec![head(), chunk(vec![0; size])]).await, "chunk");
        assert!(status.message().contains(&limit.to_string()), "{status}");
    }
    let mut large = head();
    if let Some(Part::Head(head)) = &mut large.part {
        head.headers = vec![header("x", "1")];
        head.headers[0].value = Bytes::from(vec![b'x'; limit + (1 << 20)]);
    }
    refused_field(send(&served, vec![large]).await, "head");
    assert_eq!(counterpart.seen().len(), 1);
}

#[tokio::test]
async fn what_may_not_leave_is_refused_before_anything_leaves() {
    let counterpart = Counterpart::quiet().await;
    let served = Served::new(&counterpart).await;
    let (origin, other) = (counterpart.origin(), counterpart.other_origin());
    let ask =
        |method: &str, url: &str| send(&served, vec![message(head(method, url.to_owned())), chunk("x")]);
    refused(ask("PUT", &format!("{other}/x")).await, "ENDPOINT_NOT_LISTED");
    refused(ask("PUT", "not a url").await, "URL_INVALID");
    refused_field(ask("", &origin).await, "head.method");
    refused_field(ask("CONNECT", &format!("{origin}/x")).await, "method");
    refused_field(ask("PUT", "").await, "head.url");
    let mut framed = head("PUT", format!("{origin}/x"));
    framed.headers = vec![header("Transfer-Encoding", "chunked")];
    refused(send(&served, vec![message(framed)]).await, "HEADER_REFUSED");
    let mut nameless = head("PUT", format!("{origin}/x"));
    nameless.name = "integrations/CRM".into();
    refused_field(send(&served, vec![message(nameless)]).await, "head.name");
    let mut nowhere = head("PUT", format!("{origin}/x"));
    nowhere.name = "tenants/acme/integrations/none".into();
    refused(send(&served, vec![message(nowhere)]).await, "INTEGRATION_NOT_FOUND");
    assert!(counterpart.seen().is_empty());
}

#[tokio::test]
async fn a_stranger_is_refused_before_anything_is_looked_up() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    for stranger in [caller(&[Role::Configurator]), caller_in("other", &[Role::Caller])] {
        let request = futures::stream::iter([message(head("GET", format!("{}/x", counterpart.origin())))]);
        refused(world.integrations_of(stranger).stream_integration(request).await.map(drop), "ROLE_MISSING");
    }
}
