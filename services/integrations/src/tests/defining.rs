//! Definitions: made, read, listed, changed, deleted, and checked at the door.

use std::time::Duration;

use proto::{
    integrations::v1::{
        ApiKey, Auth, Basic, Bearer, ClientCertificate, DeleteIntegrationRequest, Endpoint,
        GetIntegrationRequest, Integration, Limits, ListIntegrationsRequest, Retry, UpdateIntegrationRequest,
        api_key::Place, auth::Kind,
    },
    tokens::v1::ClientCredentials,
};
use runtime::Role;
use store::{Precondition, StoreExt};
use tonic::{Response, Status};

use super::{
    counterpart::Counterpart,
    tokens::client_credentials,
    world::{CRM, TENANT, World, caller, caller_in, get, metadata, open, refused, refused_field},
};

pub(super) async fn update(
    world: &World,
    integration: Integration,
    paths: &[&str],
) -> Result<Integration, Status> {
    let update_mask = Some(prost_types::FieldMask { paths: paths.iter().map(ToString::to_string).collect() });
    let request =
        UpdateIntegrationRequest { integration: Some(integration), update_mask, allow_missing: false };
    world.integrations().update_integration(request).await.map(Response::into_inner)
}

async fn read(world: &World, name: &str) -> Result<Integration, Status> {
    let request = GetIntegrationRequest { name: name.into() };
    world.integrations().get_integration(request).await.map(Response::into_inner)
}

async fn delete(world: &World, etag: &str) -> Result<(), Status> {
    let request = DeleteIntegrationRequest { name: CRM.into(), etag: etag.into() };
    world.integrations().delete_integration(request).await.map(Response::into_inner)
}

#[tokio::test]
async fn a_definition_is_read_as_it_was_made() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let mut written = open(&counterpart, Some(client_credentials()));
    written.display_name = "Kundendatenbank".into();
    written.constants = r#"{"region":"eu","price":0.10}"#.into();
    written.limits = Some(Limits { rate_per_second: 5, redirects: 5, ..Default::default() });
    written.client_certificate = Some(ClientCertificate { identity: "{{secret:crm-identity}}".into() });
    written.retry = Some(Retry { attempts: 2 });
    let made = world.create("CRM", written.clone()).await.unwrap();
    assert_eq!((made.name.as_str(), made.updated_by.as_str()), (CRM, "ada"));
    assert!(made.create_time.is_some() && made.update_time.is_some() && made.etag.starts_with('"'));
    assert_eq!(read(&world, CRM).await.unwrap(), made);
    let Integration { name, etag, create_time, update_time, updated_by, .. } = made.clone();
    assert_eq!(made, Integration { name, etag, create_time, update_time, updated_by, ..written });
    let status = refused(world.create("CRM", open(&counterpart, None)).await, "ALREADY_EXISTS");
    assert_eq!(metadata(&status, "name"), CRM);
}

#[tokio::test]
async fn a_list_goes_page_by_page_and_stays_in_its_tenant() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    for id in ["b", "a.1", "c", "a"] {
        world.create(id, open(&counterpart, None)).await.unwrap();
    }
    let mut request =
        ListIntegrationsRequest { parent: TENANT.into(), page_size: 3, page_token: String::new() };
    let first = world.integrations().list_integrations(request.clone()).await.unwrap().into_inner();
    let names: Vec<_> = first.integrations.iter().map(|each| each.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["a", "a.1", "b"]);
    request.page_token = first.next_page_token;
    let second = world.integrations().list_integrations(request.clone()).await.unwrap().into_inner();
    assert_eq!((second.integrations.len(), second.next_page_token.as_str()), (1, ""));
    request.page_token = "zz".into();
    refused_field(world.integrations().list_integrations(request.clone()).await, "page_token");
    request = ListIntegrationsRequest { parent: TENANT.into(), page_size: -1, page_token: String::new() };
    refused_field(world.integrations().list_integrations(request.clone()).await, "page_size");
    request =
        ListIntegrationsRequest { parent: "tenants/acm".into(), page_size: 0, page_token: String::new() };
    assert!(
        world.integrations().list_integrations(request).await.unwrap().into_inner().integrations.is_empty()
    );
}

#[tokio::test]
async fn an_update_changes_the_masked_fields_and_takes_effect_at_once() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let mut written = open(&counterpart, None);
    written.display_name = "before".into();
    let made = world.create("CRM", written).await.unwrap();
    let url = format!("{}/x", counterpart.origin());
    world.execute(get(url.clone())).await.unwrap();

    let narrow = Endpoint { url: format!("{}/v2/**", counterpart.origin()), methods: vec![] };
    let change = Integration {
        name: CRM.into(),
        endpoints: vec![narrow],
        etag: made.etag.clone(),
        ..Default::default()
    };
    let changed = update(&world, change.clone(), &["endpoints"]).await.unwrap();
    assert_eq!((changed.display_name.as_str(), changed.create_time), ("before", made.create_time));
    assert_ne!(changed.etag, made.etag);
    refused(world.execute(get(url.clone())).await, "ENDPOINT_NOT_LISTED");

    let certificate = Some(ClientCertificate { identity: "{{secret:crm-identity}}".into() });
    let shown =
        Integration { name: CRM.into(), client_certificate: certificate.clone(), ..Default::default() };
    let shown = update(&world, shown, &["client_certificate"]).await.unwrap();
    assert_eq!((shown.display_name.as_str(), shown.client_certificate), ("before", certificate));

    let status = refused(update(&world, change.clone(), &["endpoints"]).await, "ETAG_MISMATCH");
    assert_eq!(metadata(&status, "name"), CRM);
    refused_field(update(&world, change.clone(), &["nothing"]).await, "update_mask");
    refused_field(
        update(&world, Integration { etag: "7".into(), ..change.clone() }, &[]).await,
        "integration.etag",
    );
    let empty = Integration { endpoints: vec![], etag: String::new(), ..change };
    refused_field(update(&world, empty, &["endpoints"]).await, "integration.endpoints");

    delete(&world, "").await.unwrap();
    refused(world.execute(get(url)).await, "INTEGRATION_NOT_FOUND");
}

#[tokio::test]
async fn an_update_makes_what_is_missing_only_where_it_may() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let written = Integration { name: CRM.into(), ..open(&counterpart, None) };
    refused(update(&world, written.clone(), &[]).await, "INTEGRATION_NOT_FOUND");
    let mut request = UpdateIntegrationRequest {
        integration: Some(written.clone()),
        update_mask: None,
        allow_missing: true,
    };
    let made = world.integrations().update_integration(request.clone()).await.unwrap().into_inner();
    assert!(made.create_time.is_some());
    world.execute(get(format!("{}/x", counterpart.origin()))).await.unwrap();
    delete(&world, &made.etag).await.unwrap();
    request.integration = Some(Integration { etag: made.etag, ..written });
    refused(world.integrations().update_integration(request).await, "ETAG_MISMATCH");
}

#[tokio::test]
async fn a_delete_with_an_etag_deletes_that_and_nothing_newer() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    refused(delete(&world, "").await, "INTEGRATION_NOT_FOUND");
    let made = world.create("CRM", open(&counterpart, None)).await.unwrap();
    let change = Integration { name: CRM.into(), display_name: "newer".into(), ..Default::default() };
    update(&world, change, &["display_name"]).await.unwrap();
    refused(delete(&world, &made.etag).await, "ETAG_MISMATCH");
    refused_field(delete(&world, "x").await, "etag");
    delete(&world, &read(&world, CRM).await.unwrap().etag).await.unwrap();
    refused(read(&world, CRM).await, "INTEGRATION_NOT_FOUND");
}

#[tokio::test]
async fn changes_that_meet_all_come_through() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    let named = |part: Integration| Integration { name: CRM.into(), ..part };
    let display = named(Integration { display_name: "new".into(), ..Default::default() });
    let constants = named(Integration { constants: "{\"a\":1}".into(), ..Default::default() });
    let retry = named(Integration { retry: Some(Retry { attempts: 4 }), ..Default::default() });
    let (a, b, c) = tokio::join!(
        update(&world, display, &["display_name"]),
        update(&world, constants, &["constants"]),
        update(&world, retry, &["retry"]),
    );
    a.and(b).and(c).unwrap();
    let after = read(&world, CRM).await.unwrap();
    assert_eq!((after.display_name.as_str(), &after.constants[..]), ("new", &b"{\"a\":1}"[..]));
    assert_eq!(after.retry, Some(Retry { attempts: 4 }));
}

#[tokio::test]
async fn writing_wants_the_configurator_of_the_tenant() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    for stranger in [caller(&[Role::Caller]), caller_in("other", &[Role::Caller, Role::Configurator])] {
        let mut client = world.integrations_of(stranger);
        let request = proto::integrations::v1::CreateIntegrationRequest {
            parent: TENANT.into(),
            integration_id: "new".into(),
            integration: Some(open(&counterpart, None)),
        };
        let status = refused(client.create_integration(request).await, "ROLE_MISSING");
        assert_eq!(metadata(&status, "role"), "configurator");
        let integration = Some(Integration { name: CRM.into(), ..Default::default() });
        let request = UpdateIntegrationRequest { integration, update_mask: None, allow_missing: false };
        refused(client.update_integration(request).await, "ROLE_MISSING");
        let request = DeleteIntegrationRequest { name: CRM.into(), etag: String::new() };
        refused(client.delete_integration(request).await, "ROLE_MISSING");
    }
    let mut stranger = world.integrations_of(caller_in("other", &[Role::Caller]));
    refused(stranger.get_integration(GetIntegrationRequest { name: CRM.into() }).await, "ROLE_MISSING");
    let request = ListIntegrationsRequest { parent: TENANT.into(), ..Default::default() };
    refused(stranger.list_integrations(request).await, "ROLE_MISSING");
}

fn with_auth(kind: Kind) -> impl Fn(&mut Integration) {
    move |integration| integration.auth = Some(Auth { kind: Some(kind.clone()) })
}

fn granted(change: impl Fn(&mut ClientCredentials)) -> impl Fn(&mut Integration) {
    let Kind::ClientCredentials(mut grant) = client_credentials() else { unreachable!() };
    change(&mut grant);
    with_auth(Kind::ClientCredentials(grant))
}

fn key(place: Option<Place>, value: &str) -> impl Fn(&mut Integration) + use<> {
    with_auth(Kind::ApiKey(ApiKey { place, value: value.into() }))
}

fn bearer(token: &str) -> impl Fn(&mut Integration) + use<> {
    with_auth(Kind::Bearer(Bearer { token: token.into() }))
}

fn basic(username: &str, password: &str) -> impl Fn(&mut Integration) + use<> {
    with_auth(Kind::Basic(Basic { username: username.into(), password: password.into() }))
}

fn endpoint(url: &str, methods: &[&str]) -> impl Fn(&mut Integration) + use<> {
    let methods = methods.iter().map(ToString::to_string).collect();
    let endpoint = Endpoint { url: url.into(), methods };
    move |integration| integration.endpoints = vec![endpoint.clone()]
}

#[tokio::test]
async fn every_field_is_checked_at_the_door() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let header = |name: &str| Some(Place::Header(name.into()));
    let query = |name: &str| Some(Place::Query(name.into()));
    let good = "{{secret:key}}";
    type Case = (&'static str, Box<dyn Fn(&mut Integration)>);
    let cases: Vec<Case> = vec![
        ("integration.display_name", Box::new(|each| each.display_name = "x".repeat(257))),
        ("integration.display_name", Box::new(|each| each.display_name = "a\nb".into())),
        ("integration.anonymous_access", Box::new(|each| each.anonymous_access = 9)),
        ("integration.trace_context", Box::new(|each| each.trace_context = 9)),
        ("integration.endpoints", Box::new(|each| each.endpoints.clear())),
        ("integration.endpoints", Box::new(|each| each.endpoints = vec![each.endpoints[0].clone(); 101])),
        ("integration.endpoints[0].url", Box::new(endpoint("api.example.com", &[]))),
        ("integration.endpoints[0].url", Box::new(endpoint("https://u@api.example.com/**", &[]))),
        (
            "integration.endpoints[0].url",
            Box::new(endpoint(&format!("https://a.example/{}", "x".repeat(3000)), &[])),
        ),
        ("integration.endpoints[0].methods", Box::new(endpoint("https://a.example/**", &["G ET"]))),
        ("integration.endpoints[0].methods", Box::new(endpoint("https://a.example/**", &["GET"; 17]))),
        ("integration.constants", Box::new(|each| each.constants = "[1]".into())),
        ("integration.constants", Box::new(|each| each.constants = "{\"a\"}".into())),
        (
            "integration.constants",
            Box::new(|each| each.constants = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 18)).into()),
        ),
        ("integration.limits.timeout", Box::new(|each| each.limits = timeout(Duration::from_secs(601)))),
        ("integration.limits.timeout", Box::new(|each| each.limits = timeout(Duration::ZERO))),
        (
            "integration.limits.redirects",
            Box::new(|each| each.limits = Some(Limits { redirects: 6, ..Default::default() })),
        ),
        (
            "integration.client_certificate.identity",
            Box::new(|each| each.client_certificate = Some(ClientCertificate { identity: "literal".into() })),
        ),
        (
            "integration.client_certificate.identity",
            Box::new(|each| each.client_certificate = Some(ClientCertificate::default())),
        ),
        (
            "integration.limits.response_bytes",
            Box::new(|each| {
                each.limits = Some(Limits { response_bytes: (64 << 20) + 1, ..Default::default() });
            }),
        ),
        ("integration.retry.attempts", Box::new(|each| each.retry = Some(Retry { attempts: 11 }))),
        ("integration.auth", Box::new(|each| each.auth = Some(Auth { kind: None }))),
        ("integration.auth.bearer.token", Box::new(bearer(""))),
        ("integration.auth.bearer.token", Box::new(bearer("literal"))),
        ("integration.auth.bearer.token", Box::new(bearer("x{{secret:a}}"))),
        ("integration.auth.bearer.token", Box::new(bearer("{{secret:a b}}"))),
        ("integration.auth.bearer.token", Box::new(bearer("{{token:a}}"))),
        ("integration.auth.bearer.token", Box::new(bearer("{{secret:a"))),
        ("integration.auth.basic.username", Box::new(basic("", good))),
        ("integration.auth.basic.username", Box::new(basic("a:b", good))),
        ("integration.auth.basic.username", Box::new(basic("a\r\nb", good))),
        ("integration.auth.basic.password", Box::new(basic("ada", "literal"))),
        ("integration.auth.api_key", Box::new(key(None, good))),
        ("integration.auth.api_key.header", Box::new(key(header("a b"), good))),
        ("integration.auth.api_key.header", Box::new(key(header("Host"), good))),
        ("integration.auth.api_key.header", Box::new(key(header("Proxy-Authorization"), good))),
        ("integration.auth.api_key.query", Box::new(key(query(""), good))),
        ("integration.auth.api_key.value", Box::new(key(query("k"), "literal"))),
        ("integration.auth.api_key.value", Box::new(key(header("X-Key"), "ü {{secret:key}}"))),
        (
            "integration.auth.client_credentials.token_url",
            Box::new(granted(|grant| {
                grant.token_url = "http://login.example.com/token".into();
            })),
        ),
        ("integration.auth.client_credentials.token_url", Box::new(granted(|grant| grant.token_url.clear()))),
        ("integration.auth.client_credentials.client_id", Box::new(granted(|grant| grant.client_id.clear()))),
        (
            "integration.auth.client_credentials.client_secret",
            Box::new(granted(|grant| grant.client_secret = "x".into())),
        ),
        (
            "integration.auth.client_credentials.client_authentication",
            Box::new(granted(|grant| {
                grant.client_authentication = 9;
            })),
        ),
        (
            "integration.auth.client_credentials.scope[1]",
            Box::new(granted(|grant| {
                grant.scope = vec!["a".into(), "b c".into()];
            })),
        ),
    ];
    for (field, change) in cases {
        let mut integration = open(&counterpart, None);
        change(&mut integration);
        refused_field(world.create("CRM", integration).await, field);
    }
    for id in ["", "a/b", "..", "ä"] {
        refused_field(world.create(id, open(&counterpart, None)).await, "integration_id");
    }
    refused(read(&world, CRM).await, "INTEGRATION_NOT_FOUND");
}

fn timeout(duration: Duration) -> Option<Limits> {
    Some(Limits { timeout: prost_types::Duration::try_from(duration).ok(), ..Default::default() })
}

#[tokio::test]
async fn a_literal_secret_is_refused_with_the_way_to_store_it_and_not_repeated() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let mut integration = open(&counterpart, None);
    bearer("canary-0123456789")(&mut integration);
    let status = refused_field(world.create("CRM", integration).await, "integration.auth.bearer.token");
    assert!(status.message().contains("outgate secret put"), "{status}");
    assert!(!format!("{status:?}").contains("canary"));
}

#[tokio::test]
async fn a_record_that_this_version_cannot_use_is_told_and_harms_no_other() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.create("good", open(&counterpart, None)).await.unwrap();
    world
        .store
        .put("integrations/acme/CRM", b"\x07future".as_slice().into(), Precondition::None)
        .await
        .unwrap();
    let url = format!("{}/x", counterpart.origin());
    // Whether memory shows it already or not: it is told.
    loop {
        match world.execute(get(url.clone())).await {
            Err(status) if status.message().contains("there is no integration") => {
                tokio::task::yield_now().await
            }
            other => {
                refused(other, "INTERNAL");
                break;
            }
        }
    }
    let mut other = get(url);
    other.name = "tenants/acme/integrations/good".into();
    world.execute(other).await.unwrap();
}
