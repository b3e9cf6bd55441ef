//! What is held in memory stays true.

use proto::registers::v1::{DeleteRegisterRequest, register_service_client::RegisterServiceClient};
use serde_json::json;
use tonic::Code;

use super::{
    counterpart::Counterpart,
    world::{TENANT, World, eventually, value},
};

pub(super) fn adapter(origin: &str, name: &str) -> String {
    format!(
        r#"{{
            "requestMapping": {{"method": "GET", "url": "{origin}/x"}},
            "responseMapping": {{"name": "{name}", "table": "${{configRegister:TABLE-A}}"}}
        }}"#
    )
}

pub(super) async fn result(world: &World) -> serde_json::Value {
    world.run("ADAPTER.A-B", "").await.map_or(json!(null), |run| value(&run.result))
}

#[tokio::test]
async fn a_changed_register_changes_the_runs_that_read_it() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.register("TABLE-A", "[1]").await;
    world.register("ADAPTER.A-B", adapter(&counterpart.origin(), "first")).await;
    // Written a moment ago, and there at once.
    assert_eq!(result(&world).await, json!({"name": "first", "table": [1]}));
    world.register("ADAPTER.A-B", adapter(&counterpart.origin(), "second")).await;
    eventually("the adapter is the second", || async { result(&world).await["name"] == "second" }).await;
    world.register("TABLE-A", "[2]").await;
    eventually("the table is the second", || async { result(&world).await["table"] == json!([2]) }).await;
    let request =
        DeleteRegisterRequest { name: format!("{TENANT}/registers/ADAPTER.A-B"), etag: String::new() };
    RegisterServiceClient::new(world.registers.clone()).delete_register(request).await.unwrap();
    eventually("the adapter is gone", || async {
        matches!(world.run("ADAPTER.A-B", "").await, Err(status) if status.code() == Code::NotFound)
    })
    .await;
    world.register("ADAPTER.A-B", adapter(&counterpart.origin(), "third")).await;
    assert_eq!(result(&world).await["name"], "third");
}

#[tokio::test]
async fn a_register_that_was_missing_mends_the_adapter_that_reads_it() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.register("ADAPTER.A-B", adapter(&counterpart.origin(), "first")).await;
    drop(world.run("ADAPTER.A-B", "").await);
    world.register("TABLE-A", "[3]").await;
    eventually("the table is there", || async { result(&world).await["table"] == json!([3]) }).await;
}

#[tokio::test]
async fn a_private_copy_that_appears_is_the_unit_s_alone() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.register("TABLE-A", "[1]").await;
    world.register("ADAPTER.A-B", adapter(&counterpart.origin(), "first")).await;
    let table = async |unit: &str| {
        let name = format!("{TENANT}/businessUnits/{unit}/registers/ADAPTER.A-B");
        let request = proto::integrations::v1::RunAdapterRequest { name, input: "".into() };
        value(&world.adapters().run_adapter(request).await.unwrap().into_inner().result)["table"].clone()
    };
    assert_eq!((table("north").await, table("south").await), (json!([1]), json!([1])));
    world.put(&format!("{TENANT}/businessUnits/north/registers/TABLE-A"), "[2]").await;
    eventually("the unit sees its copy", || async { table("north").await == json!([2]) }).await;
    assert_eq!(table("south").await, json!([1]));
}
