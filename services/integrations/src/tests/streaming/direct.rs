//! The executor by itself: what a client in between would hide.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use egress::{Door, EgressPolicy, Reply as Answered, Transport, TransportError, Vetted};
use futures::{StreamExt, stream, stream::BoxStream};
use http::{HeaderMap, StatusCode};
use mapping::Template;
use proto::{
    integrations::v1::{Endpoint, Integration, Limits},
    secrets::v1::Cause,
};
use runtime::{Role, names::Name};
use tokio::time::Instant;

use super::super::{
    counterpart::Counterpart,
    world::{CRM, Loopback, World, caller},
};
use crate::{
    credentials::{Sources, Strict},
    definition::Definition,
    executor::{Call, Download, Executor, Part, Payload},
};

fn name() -> Name {
    Name::parse_shared("name", "integrations", CRM).unwrap()
}

fn call(method: &str, url: String) -> Call {
    Call {
        method: method.into(),
        url: Template::text(url),
        headers: vec![],
        body: Payload::None,
        timeout: None,
        unit: None,
        cause: Cause::default(),
    }
}

/// Answers with a large chunk, and then nothing.
#[derive(Debug)]
struct Large(usize);

#[async_trait]
impl Transport for Large {
    async fn send(&self, _: Vetted) -> Result<Answered, TransportError> {
        let first = stream::iter([Ok(Bytes::from(vec![b'x'; self.0]))]);
        let body: BoxStream<'static, _> = first.chain(stream::pending()).boxed();
        Ok(Answered { status: StatusCode::OK, headers: HeaderMap::new(), body })
    }
}

/// The answer of a transport, with so much time for the whole.
async fn answered(world: &World, transport: Large, time: Duration) -> Download {
    let url = "https://api.example.com/".to_owned();
    let door = Door::with_transport(
        EgressPolicy { networks: vec!["127.0.0.0/8".parse().unwrap()], ..EgressPolicy::default() },
        Arc::new(Loopback),
        Arc::new(transport),
    );
    let integration = Integration {
        endpoints: vec![Endpoint { url: "https://api.example.com/**".into(), methods: vec![] }],
        limits: Some(Limits { timeout: prost_types::Duration::try_from(time).ok(), ..Default::default() }),
        anonymous_access: proto::integrations::v1::AnonymousAccess::Allowed.into(),
        ..Default::default()
    };
    let definition = Definition::parse(name(), &integration).unwrap();
    let executor = Executor::new(
        Arc::new(door),
        Sources::new(world.registers.clone(), world.registers.clone(), Strict::default()),
    );
    let caller = caller(&[Role::Caller]);
    executor
        .stream(&definition, &caller, call("GET", url), stream::empty().boxed())
        .await
        .unwrap_or_else(|refusal| panic!("{}", refusal.message()))
}

#[tokio::test]
async fn a_chunk_is_handed_out_in_pieces_of_a_mebibyte_and_the_end_comes_in_time() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    tokio::time::pause();
    let began = Instant::now();
    let mut download = answered(&world, Large((5 << 19) + 1), Duration::from_secs(7)).await;
    for expected in [1 << 20, 1 << 20, (1 << 19) + 1] {
        match download.next().await {
            Some(Ok(Part::Chunk(chunk))) => assert_eq!(chunk.len(), expected),
            _ => panic!("not a chunk"),
        }
    }
    let Some(Err(refusal)) = download.next().await else { panic!("not late") };
    assert_eq!(refusal.reason(), proto::errors::v1::Reason::DeadlineExceeded);
    let took = began.elapsed().as_millis();
    assert!((7_000..7_050).contains(&took), "{took} ms");
    assert!(download.next().await.is_none());
}
