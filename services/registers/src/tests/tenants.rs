//! What belongs to another tenant is not there.

use proto::registers::v1::{ListRegistersRequest, Resolution};
use runtime::{Role, identity::Tenants};
use tonic::Code;
use tonic_types::StatusExt;

use super::world::*;

const BOTH: &[Role] = &[Role::Caller, Role::Configurator];

#[tokio::test]
async fn anothers_register_and_an_absent_one_get_the_same_answer() {
    let world = World::new();
    let client = world.client();
    put(&client, "tenants/other/registers/SECRET-PLAN", "1").await.unwrap();
    put(&client, "tenants/acme/businessUnits/south/registers/SECRET-PLAN", "1").await.unwrap();
    put(&client, "tenants/acme/registers/GONE", "1").await.unwrap();
    delete(&client, "tenants/acme/registers/GONE", "").await.unwrap();
    let absent = |id: &'static str, unit: &'static str| {
        let (client, name) = (client.clone(), format!("tenants/acme/{unit}registers/{id}"));
        async move {
            let mut answers = vec![
                refused(get(&client, &name).await, "REGISTER_NOT_FOUND"),
                refused(get_as(&client, &name, Resolution::PrivateFirst, "").await, "REGISTER_NOT_FOUND"),
                refused(get_as(&client, &name, Resolution::Exact, "\"1\"").await, "REGISTER_NOT_FOUND"),
                refused(delete(&client, &name, "").await, "REGISTER_NOT_FOUND"),
            ];
            if unit.is_empty() {
                answers.push(refused(patch(&client, &name, "{}").await, "REGISTER_NOT_FOUND"));
            }
            for status in &answers {
                assert_eq!((status.code(), reason(status, "name").1), (Code::NotFound, name.clone()));
            }
            answers.iter().map(|status| status.message().replace(id, "X")).collect::<Vec<_>>()
        }
    };
    assert_eq!(absent("SECRET-PLAN", "").await, absent("NEVER-THERE", "").await);
    assert_eq!(absent("GONE", "").await, absent("NEVER-THERE", "").await);
    let unit = "businessUnits/north/";
    assert_eq!(absent("SECRET-PLAN", unit).await, absent("NEVER-THERE", unit).await);
}

#[tokio::test]
async fn a_role_for_one_tenant_is_none_for_another_and_is_asked_for_first() {
    let world = World::new();
    put(&world.client(), "tenants/other/registers/PLAN", "1").await.unwrap();
    let client = world.client_of(caller("eve", one_tenant("acme"), BOTH));
    for name in ["tenants/other/registers/PLAN", "tenants/other/registers/NEVER-THERE"] {
        for answer in [
            refused(get(&client, name).await, "ROLE_MISSING"),
            refused(put(&client, name, "not even JSON").await, "ROLE_MISSING"),
            refused(patch(&client, name, "not even JSON").await, "ROLE_MISSING"),
            refused(delete(&client, name, "").await, "ROLE_MISSING"),
        ] {
            assert_eq!(answer.code(), Code::PermissionDenied);
        }
    }
    let request = ListRegistersRequest { parent: "tenants/other".into(), ..Default::default() };
    refused(client.clone().list_registers(request).await, "ROLE_MISSING");
    refused(watch(&client, "tenants/other", "").await, "ROLE_MISSING");
    put(&client, SHARED, "1").await.unwrap();
}

#[tokio::test]
async fn readers_do_not_write_and_writers_do_not_read() {
    let world = World::new();
    let reader = world.client_of(caller("r", Tenants::All, &[Role::Caller]));
    let writer = world.client_of(caller("w", Tenants::All, &[Role::Configurator]));
    put(&writer, SHARED, "1").await.unwrap();
    get(&reader, SHARED).await.unwrap();
    for status in [
        refused(put(&reader, SHARED, "2").await, "ROLE_MISSING"),
        refused(patch(&reader, SHARED, "2").await, "ROLE_MISSING"),
        refused(delete(&reader, SHARED, "").await, "ROLE_MISSING"),
    ] {
        assert_eq!(reason(&status, "role").1, "configurator");
    }
    let list = ListRegistersRequest { parent: "tenants/acme".into(), ..Default::default() };
    let revisions = proto::registers::v1::ListRevisionsRequest { name: SHARED.into(), ..Default::default() };
    for status in [
        refused(get(&writer, SHARED).await, "ROLE_MISSING"),
        refused(watch(&writer, "tenants/acme", "").await, "ROLE_MISSING"),
        refused(writer.clone().list_registers(list).await, "ROLE_MISSING"),
        refused(writer.clone().list_revisions(revisions).await, "ROLE_MISSING"),
    ] {
        assert_eq!(reason(&status, "role").1, "caller");
    }
}

#[tokio::test]
async fn a_call_that_nobody_vouches_for_is_refused() {
    let mut client =
        proto::registers::v1::register_service_client::RegisterServiceClient::new(World::new().routes());
    let request = proto::registers::v1::GetRegisterRequest { name: SHARED.into(), ..Default::default() };
    let status = client.get_register(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "UNAUTHENTICATED");
}
