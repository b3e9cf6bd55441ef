//! Private copies of business units.

use proto::secrets::v1::CheckReleaseRequest;

use super::{listing::names, *};

fn of(unit: &str, id: &str) -> String {
    format!("tenants/acme/businessUnits/{unit}/secrets/{id}")
}

async fn private(suite: &Suite, unit: &str, value: &str) -> Secret {
    suite.put_as(PutSecretRequest { name: of(unit, "crm"), ..put("", value, URL) }).await
}

async fn released(suite: &Suite, name: String) -> Result<String, Status> {
    let request = ReleaseSecretRequest { name, ..release("", URL) };
    let response = suite.releasing(Caller::service("integrations")).release_secret(request).await?;
    Ok(String::from_utf8(response.into_inner().value.to_vec()).unwrap())
}

#[tokio::test]
async fn a_unit_s_copy_comes_before_the_tenant_s() {
    let suite = Suite::new();
    suite.put("crm", "shared").await;
    let copy = private(&suite, "north", "north's").await;
    assert_eq!((copy.name.as_str(), copy.version), (&*of("north", "crm"), 1));
    assert_eq!(released(&suite, full("crm")).await.unwrap(), "shared");
    assert_eq!(released(&suite, of("north", "crm")).await.unwrap(), "north's");
    assert_eq!(released(&suite, of("south", "crm")).await.unwrap(), "shared");

    let gone = DeleteSecretRequest { name: of("north", "crm"), etag: String::new() };
    suite.configurator().delete_secret(gone.clone()).await.unwrap();
    assert_eq!(released(&suite, of("north", "crm")).await.unwrap(), "shared");
    assert_eq!(reason(&suite.configurator().delete_secret(gone).await.unwrap_err()), "SECRET_NOT_FOUND");
    assert_eq!(private(&suite, "north", "again").await.version, 2);
    suite.delete("crm", "").await.unwrap();
    assert_eq!(reason(&released(&suite, of("south", "crm")).await.unwrap_err()), "SECRET_NOT_FOUND");
    assert_eq!(released(&suite, of("north", "crm")).await.unwrap(), "again");
}

#[tokio::test]
async fn the_copy_s_own_terms_hold() {
    let suite = Suite::new();
    suite.put("crm", "shared").await;
    let elsewhere = PutSecretRequest { name: of("north", "crm"), ..put("", "n", "https://north.example") };
    suite.put_as(elsewhere).await;
    assert_eq!(reason(&released(&suite, of("north", "crm")).await.unwrap_err()), "SECRET_OUT_OF_SCOPE");
    let request = CheckReleaseRequest {
        names: vec![of("north", "crm")],
        destination_url: URL.into(),
        purpose: Purpose::Call.into(),
        cause: None,
    };
    let refused = suite.releasing(Caller::service("tokens")).check_release(request).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_OUT_OF_SCOPE");
}

#[tokio::test]
async fn each_owner_s_secrets_are_listed_apart() {
    let suite = Suite::new();
    suite.put("crm", "shared").await;
    private(&suite, "north", "north's").await;
    private(&suite, "south", "south's").await;
    assert_eq!(names(&suite.list(0, "").await.unwrap()), [full("crm")]);
    let request =
        ListSecretsRequest { parent: "tenants/acme/businessUnits/north".into(), ..Default::default() };
    let listed = suite.configurator().list_secrets(request).await.unwrap().into_inner();
    assert_eq!(names(&listed), [of("north", "crm")]);
    let request = DescribeSecretsRequest {
        parent: "tenants/acme/businessUnits/north".into(),
        secret_ids: vec!["crm".into(), "crn".into()],
    };
    let told = suite.releasing(Caller::service("integrations")).describe_secrets(request).await.unwrap();
    let told = told.into_inner();
    assert_eq!((told.secrets.len(), told.others), (1, vec!["crm".to_owned()]));
}

#[tokio::test]
async fn a_copy_opens_in_no_other_place() {
    let suite = Suite::new();
    suite.put("crm", "shared").await;
    private(&suite, "north", "north's").await;
    private(&suite, "south", "south's").await;
    let north = suite.entry("records", "crm").await.value;
    let theirs = suite.store.get("secrets/units/records/acme/north/crm").await.unwrap().unwrap().value;
    for (key, value) in [
        ("secrets/units/records/acme/south/crm", theirs.clone()),
        ("secrets/records/acme/crm", theirs),
        ("secrets/units/records/acme/north/crm", north),
    ] {
        suite.store.commit(store::Op::put(key, value).try_into().unwrap()).await.unwrap();
    }
    for name in [of("south", "crm"), of("north", "crm"), full("crm")] {
        assert_eq!(reason(&released(&suite, name).await.unwrap_err()), "SECRET_UNREADABLE");
    }
    // Nor is the tenant's used in the place of a copy that somebody took away.
    suite.put("crm", "shared").await;
    private(&suite, "north", "north's").await;
    let away = store::Op::delete("secrets/units/records/acme/north/crm");
    suite.store.commit(away.try_into().unwrap()).await.unwrap();
    assert_eq!(reason(&released(&suite, of("north", "crm")).await.unwrap_err()), "SECRET_UNREADABLE");
}
