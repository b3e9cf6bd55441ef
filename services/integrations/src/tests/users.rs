//! Anonymous access: off, on, vouched for, verified.

use proto::integrations::v1::AnonymousAccess;
use runtime::{Caller, Role};
use tonic::Status;

use super::{
    counterpart::Counterpart,
    world::{World, caller, caller_naming, caller_with_user_of, get, metadata, open, refused},
};

async fn execute(world: &World, counterpart: &Counterpart, caller: Caller) -> Result<i32, Status> {
    let request = get(format!("{}/x", counterpart.origin()));
    world.integrations_of(caller).execute_integration(request).await.map(|answer| answer.into_inner().status)
}

#[tokio::test]
async fn an_integration_that_is_not_open_wants_an_end_user() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    for (access, id) in [(AnonymousAccess::Refused, "CRM"), (AnonymousAccess::Unspecified, "other")] {
        let mut integration = open(&counterpart, None);
        integration.anonymous_access = access.into();
        world.create(id, integration).await.unwrap();
    }
    let status = refused(execute(&world, &counterpart, caller(&[Role::Caller])).await, "USER_REQUIRED");
    assert_eq!(metadata(&status, "integration"), "CRM");
    let mut request = get(format!("{}/x", counterpart.origin()));
    request.name = "tenants/acme/integrations/other".into();
    refused(world.execute(request).await, "USER_REQUIRED");
    // A name that nobody vouches for is no end user, and a user of another tenant is none of this one.
    refused(execute(&world, &counterpart, caller_naming("eve", &[Role::Caller])).await, "USER_REQUIRED");
    refused(execute(&world, &counterpart, caller_with_user_of("other")).await, "USER_REQUIRED");
    assert!(counterpart.seen().is_empty());

    let voucher = caller_naming("eve", &[Role::Caller, Role::Voucher]);
    assert_eq!(execute(&world, &counterpart, voucher).await.unwrap(), 200);
    assert_eq!(execute(&world, &counterpart, caller_with_user_of("acme")).await.unwrap(), 200);
}

#[tokio::test]
async fn an_open_integration_wants_nobody() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    assert_eq!(execute(&world, &counterpart, caller(&[Role::Caller])).await.unwrap(), 200);
}

#[tokio::test]
async fn an_adapter_is_held_to_the_integration_it_sends_through() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let mut integration = open(&counterpart, None);
    integration.anonymous_access = AnonymousAccess::Refused.into();
    world.create("CRM", integration).await.unwrap();
    let adapter = format!(
        r#"{{"integration": "CRM", "requestMapping": {{"method": "GET", "url": "{}/x"}}, "responseMapping": {{}}}}"#,
        counterpart.origin()
    );
    world.register("ADAPTER.A-B", adapter).await;
    refused(world.run("ADAPTER.A-B", "").await, "USER_REQUIRED");
    assert!(counterpart.seen().is_empty());
}
