//! How much of an integration may happen at once.

use std::time::Duration;

use proto::integrations::v1::{Integration, Limits, UpdateIntegrationRequest};
use tokio::sync::Notify;
use tonic_types::StatusExt;

use super::{
    counterpart::{Counterpart, Reply, json},
    world::{CRM, World, eventually, get, metadata, open, refused},
};

fn limited(counterpart: &Counterpart, limits: Limits) -> Integration {
    Integration { limits: Some(limits), ..open(counterpart, None) }
}

#[tokio::test]
async fn calls_past_the_rate_are_refused_and_told_when_to_come_back() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world
        .create("CRM", limited(&counterpart, Limits { rate_per_second: 1, ..Default::default() }))
        .await
        .unwrap();
    let url = format!("{}/x", counterpart.origin());
    world.execute(get(url.clone())).await.unwrap();
    let status = refused(world.execute(get(url.clone())).await, "LIMIT_REACHED");
    assert_eq!(
        (metadata(&status, "integration").as_str(), metadata(&status, "limit").as_str()),
        ("CRM", "rate_per_second")
    );
    let delay = status.get_error_details().retry_info().unwrap().retry_delay.unwrap();
    assert!(delay > Duration::ZERO && delay <= Duration::from_secs(1), "{delay:?}");

    // What was counted stays counted when something else of the definition changes.
    let renamed = Integration { name: CRM.into(), display_name: "CRM".into(), ..Default::default() };
    let update_mask = Some(prost_types::FieldMask { paths: vec!["display_name".into()] });
    let update = UpdateIntegrationRequest { integration: Some(renamed), update_mask, allow_missing: false };
    world.integrations().update_integration(update).await.unwrap();
    refused(world.execute(get(url)).await, "LIMIT_REACHED");
    assert_eq!(counterpart.seen().len(), 1);
}

#[tokio::test]
async fn calls_past_the_room_are_refused_until_one_ends() {
    let counterpart =
        Counterpart::start(|seen, _| if seen.target == "/hang" { Reply::Hang } else { json(200, "{}") })
            .await;
    let world = World::new(&counterpart).await;
    world
        .create("CRM", limited(&counterpart, Limits { concurrency: 1, ..Default::default() }))
        .await
        .unwrap();
    let (quick, slow) = (format!("{}/x", counterpart.origin()), format!("{}/hang", counterpart.origin()));
    let gone = Notify::new();
    let hanging = async {
        tokio::select! {
            _ = world.execute(get(slow)) => panic!("it hangs"),
            () = gone.notified() => {}
        }
    };
    let crowded = async {
        eventually("the slow call is there", || async { counterpart.seen().len() == 1 }).await;
        let status = refused(world.execute(get(quick.clone())).await, "LIMIT_REACHED");
        assert_eq!(metadata(&status, "limit"), "concurrency");
        assert!(status.get_error_details().retry_info().is_none());
        gone.notify_one();
    };
    tokio::join!(hanging, crowded);
    // A caller that goes away gives its room back.
    eventually("there is room again", || async { world.execute(get(quick.clone())).await.is_ok() }).await;
}

#[tokio::test]
async fn one_integration_s_limit_is_no_other_s() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world
        .create("CRM", limited(&counterpart, Limits { rate_per_second: 1, ..Default::default() }))
        .await
        .unwrap();
    world
        .create("other", limited(&counterpart, Limits { rate_per_second: 1, ..Default::default() }))
        .await
        .unwrap();
    let url = format!("{}/x", counterpart.origin());
    world.execute(get(url.clone())).await.unwrap();
    let mut other = get(url);
    other.name = "tenants/acme/integrations/other".into();
    world.execute(other).await.unwrap();
}
