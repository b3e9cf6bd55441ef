//! What is damaged in the store: it is named, hides no other, and is replaced by whoever writes.

use proto::integrations::v1::{
    DeleteIntegrationRequest, ExecuteIntegrationRequest, Integration, ListIntegrationsRequest,
};
use store::{Precondition, StoreExt};
use tonic::Code;

use super::{
    counterpart::Counterpart,
    defining::update,
    following::{adapter, result},
    world::{CRM, TENANT, World, eventually, get, open, refused, value},
};

/// Each record that the disk, or somebody, has changed is named; the others are listed as ever, page by page.
#[tokio::test]
async fn a_damaged_definition_is_named_and_hides_no_other() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    for id in ["a", "b", "c", "d"] {
        world.create(id, open(&counterpart, None)).await.unwrap();
    }
    for (id, damage) in [("b", 0), ("d", 1)] {
        let key = format!("integrations/acme/{id}");
        let entry = world.store.get(&key).await.unwrap().unwrap();
        let mut value = entry.value.to_vec();
        value[damage] ^= 0x80;
        world.store.put(&key, value.into(), Precondition::Exists).await.unwrap();
    }
    let (mut listed, mut unreadable, mut page_token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let request = ListIntegrationsRequest { parent: TENANT.into(), page_size: 1, page_token };
        let page = world.integrations().list_integrations(request).await.unwrap().into_inner();
        listed.extend(page.integrations.into_iter().map(|integration| integration.name));
        unreadable.extend(page.unreadable);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, [format!("{TENANT}/integrations/a"), format!("{TENANT}/integrations/c")]);
    assert_eq!(unreadable, [format!("{TENANT}/integrations/b"), format!("{TENANT}/integrations/d")]);
}

#[tokio::test]
async fn a_damaged_definition_is_written_over_whole_or_deleted() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    for id in ["CRM", "b", "c"] {
        world.create(id, open(&counterpart, None)).await.unwrap();
    }
    for id in ["CRM", "b"] {
        world
            .store
            .put(&format!("integrations/acme/{id}"), "damaged".into(), Precondition::Exists)
            .await
            .unwrap();
    }
    let url = format!("{}/x", counterpart.origin());
    // What is written beside the service is heard of after a moment.
    eventually("it is not called", || async { world.execute(get(url.clone())).await.is_err() }).await;
    refused(world.execute(get(url.clone())).await, "INTERNAL");
    let named = |id: &str| get_named(&format!("{TENANT}/integrations/{id}"), &url);
    assert_eq!(world.execute(named("c")).await.unwrap().status, 200);
    let anew = Integration { name: CRM.into(), ..open(&counterpart, None) };
    // One field of what cannot be read would leave the others unknown.
    refused(update(&world, anew.clone(), &["endpoints"]).await, "INTERNAL");
    update(&world, anew, &[]).await.unwrap();
    assert_eq!(world.execute(get(url.clone())).await.unwrap().status, 200);
    let request = DeleteIntegrationRequest { name: format!("{TENANT}/integrations/b"), etag: String::new() };
    world.integrations().delete_integration(request).await.unwrap();
    refused(world.execute(named("b")).await, "INTEGRATION_NOT_FOUND");
}

/// A GET through an integration.
fn get_named(name: &str, url: &str) -> ExecuteIntegrationRequest {
    ExecuteIntegrationRequest { name: name.into(), ..get(url.to_owned()) }
}

#[tokio::test]
async fn a_damaged_register_is_not_run_and_holds_up_no_other() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.register("TABLE-A", "[1]").await;
    let name = format!("{TENANT}/businessUnits/north/registers/ADAPTER.A-B");
    for name in [&name, &format!("{TENANT}/registers/ADAPTER.A-B")] {
        world.put(name, adapter(&counterpart.origin(), "first")).await;
    }
    let private = async || {
        let request = proto::integrations::v1::RunAdapterRequest { name: name.clone(), input: "".into() };
        world.adapters().run_adapter(request).await.map(|run| value(&run.get_ref().result)["name"].clone())
    };
    let head = "registers/heads/acme/units/north/ADAPTER.A-B";
    // One that is damaged before anything is followed, and one while it is.
    for damaged in [true, false] {
        if !damaged {
            assert_eq!(private().await.unwrap(), "first");
        }
        world.store.put(head, "damaged".into(), Precondition::Exists).await.unwrap();
        // Nor does the shared one stand in for it.
        eventually("it is not run", || async {
            private().await.is_err_and(|status| status.code() == Code::Internal)
        })
        .await;
        assert_eq!(result(&world).await["name"], "first");
        world.put(&name, adapter(&counterpart.origin(), "first")).await;
        eventually("it is run again", || async { private().await.is_ok() }).await;
    }
}
