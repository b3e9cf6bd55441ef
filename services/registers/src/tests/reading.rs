//! Reading one register, and lists of them.

use proto::registers::v1::{ListRegistersRequest, ListRegistersResponse, Resolution};
use runtime::names::Name;
use store::{Precondition, StoreExt};
use tonic::Status;

use super::world::*;
use crate::layout;

async fn list(client: &Client, request: ListRegistersRequest) -> Result<ListRegistersResponse, Status> {
    client.clone().list_registers(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn the_private_register_answers_first_and_the_shared_one_where_there_is_none() {
    let client = World::new().client();
    let shared = put(&client, SHARED, r#"{"a": "shared"}"#).await.unwrap();
    let answer = get_as(&client, PRIVATE, Resolution::PrivateFirst, "").await.unwrap();
    assert_eq!(answer, shared);
    refused(get(&client, PRIVATE).await, "REGISTER_NOT_FOUND");

    let private = put(&client, PRIVATE, r#"{"a": "private"}"#).await.unwrap();
    assert_eq!(get_as(&client, PRIVATE, Resolution::PrivateFirst, "").await.unwrap(), private);
    assert_eq!(get(&client, PRIVATE).await.unwrap(), private);
    assert_eq!(get_as(&client, SHARED, Resolution::PrivateFirst, "").await.unwrap(), shared);

    delete(&client, PRIVATE, "").await.unwrap();
    assert_eq!(get_as(&client, PRIVATE, Resolution::PrivateFirst, "").await.unwrap(), shared);
}

#[tokio::test]
async fn a_past_revision_is_read_by_its_etag() {
    let client = World::new().client();
    let mut written = Vec::new();
    for number in 0..7 {
        written.push(put(&client, SHARED, number.to_string()).await.unwrap());
        put(&client, "tenants/acme/registers/OTHER", "1").await.unwrap();
    }
    for register in &written {
        assert_eq!(get_as(&client, SHARED, Resolution::Exact, &register.etag).await.unwrap(), *register);
        assert_eq!(
            get_as(&client, PRIVATE, Resolution::PrivateFirst, &register.etag).await.unwrap(),
            *register
        );
        refused(get_as(&client, PRIVATE, Resolution::Exact, &register.etag).await, "REGISTER_NOT_FOUND");
    }
    let other = get(&client, "tenants/acme/registers/OTHER").await.unwrap();
    refused(get_as(&client, SHARED, Resolution::Exact, &other.etag).await, "REGISTER_NOT_FOUND");
    refused(get_as(&client, SHARED, Resolution::Exact, "\"0\"").await, "REGISTER_NOT_FOUND");
    refused(get_as(&client, SHARED, Resolution::Exact, "\"999999\"").await, "REGISTER_NOT_FOUND");
}

#[tokio::test]
async fn a_past_revision_stays_readable_after_the_register_is_gone() {
    let client = World::new().client();
    let register = put(&client, SHARED, "1").await.unwrap();
    delete(&client, SHARED, "").await.unwrap();
    let deletion = history(&client, SHARED).await[0].register.clone().unwrap();
    assert_eq!(get_as(&client, SHARED, Resolution::Exact, &register.etag).await.unwrap(), register);
    refused(get_as(&client, SHARED, Resolution::Exact, &deletion.etag).await, "REGISTER_NOT_FOUND");
}

/// Each record that the disk, or somebody, has changed is named; the others are listed as ever, page by page.
#[tokio::test]
async fn a_damaged_register_is_named_and_hides_no_other() {
    let world = World::new();
    let client = world.client();
    let name = |key: &str| format!("tenants/acme/registers/{key}");
    for key in ["A", "B", "C", "D"] {
        put(&client, &name(key), "{}").await.unwrap();
    }
    for key in ["B", "D"] {
        let head = layout::head(&Name::parse("name", "registers", &name(key)).unwrap());
        world.store.put(&head, "damaged".into(), Precondition::Exists).await.unwrap();
    }
    let (mut listed, mut unreadable, mut page_token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let request = ListRegistersRequest {
            parent: "tenants/acme".to_owned(),
            page_size: 1,
            page_token,
            ..Default::default()
        };
        let page = list(&client, request).await.unwrap();
        assert!(page.registers.len() + page.unreadable.len() == 1);
        listed.extend(page.registers.into_iter().map(|register| register.name));
        unreadable.extend(page.unreadable);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!((listed, unreadable), (vec![name("A"), name("C")], vec![name("B"), name("D")]));
    assert_eq!(refused(get(&client, &name("B")).await, "INTERNAL").code(), tonic::Code::Internal);
}

#[tokio::test]
async fn lists_are_in_order_page_by_page_and_without_contents() {
    let client = World::new().client();
    let mut keys: Vec<_> = (0..25).map(|number| format!("ADAPTER.E{number}-T")).collect();
    for key in &keys {
        put(&client, &format!("tenants/acme/registers/{key}"), "{}").await.unwrap();
    }
    for gone in ["ADAPTER.E3-T", "ADAPTER.E9-T"] {
        delete(&client, &format!("tenants/acme/registers/{gone}"), "").await.unwrap();
        keys.retain(|key| key != gone);
    }
    put(&client, "tenants/acme/registers/CONNECTOR-X", "{}").await.unwrap();
    put(&client, "tenants/acme/businessUnits/north/registers/ADAPTER.PRIVATE-T", "{}").await.unwrap();
    keys.sort();

    let mut request = ListRegistersRequest {
        parent: "tenants/acme".into(),
        page_size: 10,
        key_prefix: "ADAPTER.".into(),
        ..Default::default()
    };
    let mut found = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let page = list(&client, request.clone()).await.unwrap();
        sizes.push(page.registers.len());
        found.extend(page.registers);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(sizes, [10, 10, 3]);
    let names: Vec<_> = found.iter().map(|register| register.name.clone()).collect();
    assert_eq!(names, keys.iter().map(|key| format!("tenants/acme/registers/{key}")).collect::<Vec<_>>());
    for register in found {
        assert!(register.text.is_empty() && register.layer.is_empty() && register.value.is_empty());
        let whole = get(&client, &register.name).await.unwrap();
        assert_eq!((&register.etag, &register.updated_by), (&whole.etag, &whole.updated_by));
        assert_eq!((register.create_time, register.update_time), (whole.create_time, whole.update_time));
    }
}

#[tokio::test]
async fn a_list_is_that_of_its_parent_alone() {
    let client = World::new().client();
    for name in
        [SHARED, PRIVATE, "tenants/acme/businessUnits/north2/registers/A", "tenants/acme2/registers/A"]
    {
        put(&client, name, "{}").await.unwrap();
    }
    for (parent, name) in [("tenants/acme", SHARED), ("tenants/acme/businessUnits/north", PRIVATE)] {
        let page = list(&client, ListRegistersRequest { parent: parent.into(), ..Default::default() })
            .await
            .unwrap();
        assert_eq!(page.registers.iter().map(|register| register.name.as_str()).collect::<Vec<_>>(), [name]);
        assert_eq!(page.next_page_token, "");
    }
}
