//! SIGTERM: no longer ready, nothing new, and every accepted call to its end.

use std::sync::Arc;

use futures::StreamExt;
use serde_json::json;
use tokio::sync::Semaphore;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::harness::{Answer, Authority, Counterpart, Suite, anybody, get};

#[tokio::test]
async fn sigterm_lets_an_accepted_call_finish_and_ends_with_0() {
    let authority = Authority::new();
    let (arrived, answer_now) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let signals = (arrived.clone(), answer_now.clone());
    let slow = Counterpart::start_slow(&authority, move |_| {
        let (arrived, answer_now) = signals.clone();
        async move {
            arrived.add_permits(1);
            let _permit = answer_now.acquire().await;
            Answer::json(200, &json!("at last"))
        }
    })
    .await;
    let mut suite = Suite::start(&authority).await;
    suite.create_integration("SLOW", anybody(slow.url("/**"), None)).await;
    let mut readiness = HealthClient::new(suite.channel())
        .watch(HealthCheckRequest { service: "readiness".to_owned() })
        .await
        .expect("readiness can be watched")
        .into_inner();
    let first = readiness.next().await.expect("it tells").expect("it serves");
    assert_eq!(first.status(), ServingStatus::Serving);

    let mut integrations = suite.integrations();
    let request = get("SLOW", slow.url("/report"));
    let call = tokio::spawn(async move { integrations.execute_integration(request).await });
    arrived.acquire().await.expect("the call reaches the counterpart").forget();
    suite.terminate();
    let then = readiness.next().await.expect("it tells the end").expect("it still serves this stream");
    assert_eq!(then.status(), ServingStatus::NotServing, "the first that changes is readiness");
    answer_now.add_permits(1);

    let answer = call.await.expect("the call ends").expect("an accepted call is answered").into_inner();
    assert_eq!(answer.body, "\"at last\"");
    assert_eq!(suite.ended().await.code(), Some(0), "{}", suite.said("stderr"));
}

#[tokio::test]
async fn sigterm_does_not_wait_for_a_watch_or_a_silent_client() {
    let suite_of = Authority::new();
    let mut suite = Suite::start(&suite_of).await;
    let silent = tokio::net::TcpStream::connect(suite.address()).await.expect("it listens");
    let watch = proto::registers::v1::WatchRegistersRequest {
        parent: "tenants/default".to_owned(),
        after: String::new(),
    };
    let mut watch =
        suite.registers().watch_registers(watch).await.expect("registers can be watched").into_inner();
    watch.message().await.expect("the snapshot comes").expect("at least its end");

    suite.terminate();

    while let Ok(Some(_)) = watch.message().await {}
    assert_eq!(suite.ended().await.code(), Some(0), "{}", suite.said("stderr"));
    drop(silent);
}
