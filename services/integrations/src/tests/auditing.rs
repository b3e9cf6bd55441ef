//! What the audit ledger holds of a call, and what leaves where it cannot be written.

use proto::{
    integrations::v1::{ApiKey, api_key::Place, auth::Kind},
    registers::v1::{GetRegisterRequest, register_service_client::RegisterServiceClient},
};
use runtime::Role;
use serde_json::{Value, json};

use super::{
    counterpart::{Counterpart, json as answer},
    tokens::client_credentials,
    world::{World, caller_naming, get, open, refused},
};
use crate::Strict;

const VALUE: &str = "canary-0123456789abcdef";

fn key() -> Option<Kind> {
    let place = Some(Place::Header("X-Api-Key".into()));
    Some(Kind::ApiKey(ApiKey { place, value: "{{secret:key}}".into() }))
}

/// An entry without what the chain adds.
fn entry(mut entry: Value) -> Value {
    for added in ["sequence", "time", "previous", "hash"] {
        entry.as_object_mut().unwrap().remove(added);
    }
    entry
}

#[tokio::test]
async fn a_run_is_in_the_ledger_with_what_it_was_for() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.secret("key", VALUE, &counterpart.origin()).await;
    let integration = world.create("CRM", open(&counterpart, key())).await.unwrap();
    let text = json!({
        "integration": "CRM",
        "requestMapping": { "method": "GET", "url": format!("{}/v1?q=query-canary", counterpart.origin()) },
    });
    let name = "tenants/acme/businessUnits/berlin/registers/ADAPTER.GET";
    world.put(name, text.to_string()).await;
    let register = GetRegisterRequest { name: name.into(), ..Default::default() };
    let register = RegisterServiceClient::new(world.registers.clone()).get_register(register).await.unwrap();
    let voucher = caller_naming("eve@example.com", &[Role::Caller, Role::Voucher]);
    let run = proto::integrations::v1::RunAdapterRequest { name: name.into(), input: "{}".into() };
    world.adapters_of(voucher).run_adapter(run).await.unwrap();

    let entries = world.audited().await;
    let [released, used] = &entries[..] else { panic!("a release and a use: {entries:?}") };
    assert_eq!(used["release"], released["sequence"]);
    let expected = json!({
        "kind": "released", "by": "integrations", "secret": "tenants/acme/secrets/key", "version": 1,
        "destination": counterpart.origin(), "purpose": "PURPOSE_CALL",
        "integration": "CRM", "integration_etag": integration.etag,
        "adapter": "ADAPTER.GET", "adapter_etag": register.get_ref().etag,
        "business_unit": "berlin", "user": "eve@example.com",
    });
    assert_eq!(entry(released.clone()), expected);
    let expected = json!({
        "kind": "used", "by": "integrations", "secret": "tenants/acme/secrets/key", "version": 1,
        "destination": counterpart.origin(), "purpose": "PURPOSE_CALL", "release": released["sequence"],
    });
    assert_eq!(entry(used.clone()), expected);
}

#[tokio::test]
async fn each_try_and_each_token_is_a_use_of_its_own() {
    let counterpart = Counterpart::start(|_, count| match count {
        0 => answer(401, "{}"),
        _ => answer(200, "{}"),
    })
    .await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, Some(client_credentials())).await;
    world.execute(get(format!("{}/v1/token", counterpart.origin()))).await.unwrap();
    let entries = world.audited().await;
    let used = |generation: u64| {
        json!({
            "kind": "used", "by": "integrations", "secret": "tenants/acme/secrets/crm-client-secret",
            "destination": counterpart.origin(), "purpose": "PURPOSE_CALL", "token_generation": generation,
            "version": 1,
            "integration": "CRM", "integration_etag": entries[0]["integration_etag"],
        })
    };
    assert_eq!(entries.iter().cloned().map(entry).collect::<Vec<_>>(), [used(1), used(2)]);
}

#[tokio::test]
async fn nothing_secret_leaves_where_the_ledger_cannot_be_written() {
    let counterpart = Counterpart::quiet().await;
    let all = Strict { all: true, ..Strict::default() };
    for (auth, strict) in
        [(key(), Strict::default()), (key(), all.clone()), (Some(client_credentials()), all)]
    {
        let world = World::new(&counterpart).await;
        world.secret("key", VALUE, &counterpart.origin()).await;
        world.crm(&counterpart, auth).await;
        world.create("OPEN", open(&counterpart, None)).await.unwrap();
        let world = world.with_full_ledger(strict);
        let request = get(format!("{}/v1", counterpart.origin()));
        let before = counterpart.seen().len();
        refused(world.execute(request.clone()).await, "AUDIT_UNAVAILABLE");
        assert_eq!(counterpart.seen().len(), before);
        // What holds no secret is no affair of the ledger's.
        let open = proto::integrations::v1::ExecuteIntegrationRequest {
            name: "tenants/acme/integrations/OPEN".into(),
            ..request
        };
        assert_eq!(world.execute(open).await.unwrap().status, 200);
    }
}
