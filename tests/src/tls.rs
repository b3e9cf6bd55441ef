//! TLS of every listener, its renewal, and callers who are known by their certificates.

use std::{fs, net::SocketAddr, sync::Arc};

use proto::{
    registers::v1::{ListRegistersRequest, register_service_client::RegisterServiceClient},
    secrets::v1::{
        CheckReleaseRequest, DescribeSecretsRequest, Purpose, PutSecretRequest, ReleaseSecretRequest,
        SaveSecretRequest, secret_release_service_client::SecretReleaseServiceClient,
        secret_service_client::SecretServiceClient,
    },
};
use rustix::process::Signal;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::json;
use tokio::{net::TcpStream, time::sleep};
use tokio_rustls::TlsConnector;
use tonic::{Request, Status, service::interceptor::InterceptedService};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::harness::{
    Answer, Authority, Bearer, Canary, Counterpart, Issuer, Known, OverTls, Setup, Shown, Suite, Tap,
    anybody, bearer, free_port, reason,
};

/// How the suite's own processes are called in their certificates.
const SUITE: &str = "spiffe://example.com/outgate";

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

/// The lines of `[server.tls]` that ask for client certificates.
pub(crate) fn asking(authority: &Authority, how: &str) -> String {
    format!("client_ca_file = {:?}\nclient_auth = {how:?}\n", authority.ca_file())
}

/// Binds a name in a certificate to roles in the tenant `acme`.
pub(crate) fn bound(key: &str, name: &str, roles: &[&str]) -> String {
    format!("[[identity.bindings]]\n{key} = {name:?}\ntenants = [\"acme\"]\nroles = {roles:?}\n")
}

async fn list(connection: Tap, token: Option<&str>, tenant: &str) -> Result<(), Status> {
    let mut request =
        Request::new(ListRegistersRequest { parent: format!("tenants/{tenant}"), ..Default::default() });
    if let Some(token) = token {
        request
            .metadata_mut()
            .insert("authorization", format!("Bearer {token}").parse().expect("visible text"));
    }
    RegisterServiceClient::new(connection).list_registers(request).await.map(drop)
}

#[track_caller]
fn refused(answer: Result<(), Status>, expected: &str) -> Status {
    let refusal = answer.expect_err("this must be refused");
    assert_eq!(reason(&refusal), expected, "{refusal:?}");
    refusal
}

#[tokio::test]
async fn a_caller_is_known_by_a_name_in_its_certificate_and_needs_no_token() {
    let authority = Authority::new();
    let server = authority.certify("server", &["127.0.0.1"]);
    let shop = Known::new("shop", &["caller"]).of("umbrella");
    let suite = Setup::new(&authority)
        .tls(&authority, &server, &asking(&authority, "optional"), None)
        .config(&bound("certificate_uri", "spiffe://example.com/billing", &["caller"]))
        .config(&bound("certificate_dns", "Crm.example.com", &["caller"]))
        .config(&bound("certificate_cn", "legacy", &["caller"]))
        .config(&bound("certificate_cn", "printer", &["user"]))
        .know(&shop)
        .start()
        .await;
    let show = |shown: Shown| {
        Tap::over(&OverTls { ca_file: authority.ca_file(), shown: Some(shown) }, suite.address())
    };
    for shown in [
        authority.certify("a", &["spiffe://example.com/billing"]),
        authority.certify("b", &["other.example.com", "crm.EXAMPLE.com"]),
        authority.certify("legacy", &[]),
    ] {
        list(show(shown.clone()), None, "acme")
            .await
            .unwrap_or_else(|refusal| panic!("{shown:?}: {refusal:?}"));
        refused(list(show(shown.clone()), None, "umbrella").await, "ROLE_MISSING");
        // A token decides, and must be good.
        list(show(shown.clone()), Some(shop.token()), "umbrella").await.expect("the shop may");
        refused(list(show(shown.clone()), Some(shop.token()), "acme").await, "ROLE_MISSING");
        refused(list(show(shown), Some("somebody-or-other-000"), "acme").await, "UNAUTHENTICATED");
    }
    for nobody in [
        authority.certify("c", &["spiffe://example.com/billing/other"]),
        authority.certify("d", &["spiffe://example.com/Billing"]),
        authority.certify("e", &["spiffe.example.com", "xcrm.example.com"]),
        authority.certify("Legacy", &[]),
        // An end user's certificate calls nothing by itself.
        authority.certify("printer", &[]),
    ] {
        refused(list(show(nobody.clone()), None, "acme").await, "UNAUTHENTICATED");
        list(show(nobody), Some(shop.token()), "umbrella").await.expect("the token decides");
    }
    refused(list(suite.channel(), None, "acme").await, "UNAUTHENTICATED");
    list(suite.channel(), Some(shop.token()), "umbrella").await.expect("a certificate is optional");
    // Of another authority: there is no connection.
    let another = Authority::new();
    let stranger = another.certify("legacy", &["spiffe://example.com/billing"]);
    assert!(list(show(stranger), Some(shop.token()), "umbrella").await.is_err());
}

#[tokio::test]
async fn where_a_certificate_is_required_nobody_connects_without_and_no_token_helps() {
    let authority = Authority::new();
    let server = authority.certify("server", &["127.0.0.1"]);
    let ours = authority.certify("anybody", &[]);
    let suite = Setup::new(&authority)
        .tls(&authority, &server, &asking(&authority, "required"), Some(&ours))
        .start()
        .await;
    list(suite.channel(), Some(suite.token()), "acme").await.expect("certificate and token are good");
    let without = Tap::over(&OverTls { ca_file: authority.ca_file(), shown: None }, suite.address());
    assert!(list(without, Some(suite.token()), "acme").await.is_err());
    assert!(
        list(Tap::to(suite.address()), Some(suite.token()), "acme").await.is_err(),
        "there is no plaintext"
    );
}

#[tokio::test]
async fn every_listener_is_tls_and_probes_show_no_certificate() {
    let authority = Authority::new();
    let server = authority.certify("server", &["127.0.0.1"]);
    let ours = authority.certify("outgate", &[SUITE]);
    let (internal, health) = (loopback(), loopback());
    let lines = format!(
        "{}health = true\n[server]\ninternal_listen = \"{internal}\"\nhealth_listen = \"{health}\"\n\
         [links]\npeers = [{SUITE:?}]\n",
        asking(&authority, "required")
    );
    let suite = Setup::new(&authority).tls(&authority, &server, &lines, Some(&ours)).start().await;
    let connection = |address, shown: Option<&Shown>| {
        Tap::over(&OverTls { ca_file: authority.ca_file(), shown: shown.cloned() }, address)
    };
    let probe =
        async |connection: Tap| HealthClient::new(connection).check(HealthCheckRequest::default()).await;
    for (address, shown) in [(suite.address(), Some(&ours)), (internal, Some(&ours)), (health, None)] {
        probe(connection(address, shown)).await.unwrap_or_else(|status| panic!("{address}: {status:?}"));
        probe(Tap::to(address)).await.expect_err("there is no plaintext");
    }
    for address in [suite.address(), internal] {
        probe(connection(address, None)).await.expect_err("a certificate is required");
    }
}

/// The certificate that a listener shows.
async fn shown_by(address: SocketAddr, authority: &Authority) -> CertificateDer<'static> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority.ca_file()).expect("PEM")).expect("an authority");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.expect("it listens");
    let name = ServerName::try_from("127.0.0.1").expect("an address");
    let stream =
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("the certificate is good");
    stream.get_ref().1.peer_certificates().expect("there is one")[0].clone().into_owned()
}

fn certificate(shown: &Shown) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(&shown.cert).expect("PEM")
}

#[tokio::test]
async fn a_changed_certificate_is_used_for_new_connections_and_the_old_go_on() {
    let authority = Authority::new();
    let server = authority.certify("server", &["127.0.0.1"]);
    let health = loopback();
    let lines = format!("health = true\n[server]\nhealth_listen = \"{health}\"\n");
    let suite = Setup::new(&authority).tls(&authority, &server, &lines, None).start().await;
    let old = certificate(&server);
    list(suite.channel(), Some(suite.token()), "acme").await.expect("it serves");
    assert_eq!(shown_by(suite.address(), &authority).await, old);

    let next = authority.certify("next", &["127.0.0.1"]);
    // A pair that does not go together, as while it is being written.
    fs::copy(&next.cert, &server.cert).expect("a file is copied");
    suite.signal(Signal::HUP);
    suite.has_logged("the files have changed and cannot be used").await;
    for address in [suite.address(), health] {
        assert_eq!(shown_by(address, &authority).await, old);
    }

    fs::copy(&next.key, &server.key).expect("a file is copied");
    suite.signal(Signal::HUP);
    suite.has_logged("the files have changed; new connections use them").await;
    for address in [suite.address(), health] {
        while shown_by(address, &authority).await != certificate(&next) {
            // The listeners are renewed one after the other.
            sleep(std::time::Duration::from_millis(10)).await;
        }
    }
    list(suite.channel(), Some(suite.token()), "acme").await.expect("the old connection goes on");
}

#[tokio::test]
async fn another_authority_of_clients_is_taken_over_and_the_one_before_is_none() {
    let (authority, another) = (Authority::new(), Authority::new());
    let server = authority.certify("server", &["127.0.0.1"]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clients = folder.path().join("clients.pem");
    fs::copy(authority.ca_file(), &clients).expect("a file is copied");
    let suite = Setup::new(&authority)
        .tls(
            &authority,
            &server,
            &format!("client_ca_file = {clients:?}\nclient_auth = \"optional\"\n"),
            None,
        )
        .config(&bound("certificate_cn", "backend", &["caller"]))
        .start()
        .await;
    let (of_one, of_another) = (authority.certify("backend", &[]), another.certify("backend", &[]));
    let ask = async |shown: &Shown| {
        let tls = OverTls { ca_file: authority.ca_file(), shown: Some(shown.clone()) };
        list(Tap::over(&tls, suite.address()), None, "acme").await
    };
    ask(&of_one).await.expect("it is of the authority that is named");
    ask(&of_another).await.expect_err("it is of another one");
    fs::copy(another.ca_file(), &clients).expect("a file is copied");
    suite.signal(Signal::HUP);
    suite.has_logged("the files have changed; new connections use them").await;
    ask(&of_another).await.expect("it is of the authority that is named now");
    ask(&of_one).await.expect_err("it is of another one now");
}

#[tokio::test]
async fn without_being_told_the_suite_sees_for_itself_that_files_have_changed() {
    let authority = Authority::new();
    let server = authority.certify("server", &["127.0.0.1"]);
    let ada = Known::new("ada", &["caller"]);
    let suite = Setup::new(&authority).tls(&authority, &server, "", None).know(&ada).start().await;
    list(suite.channel(), Some(ada.token()), "acme").await.expect("she is known");
    let next = authority.certify("next", &["127.0.0.1"]);
    for (from, to) in [(&next.cert, &server.cert), (&next.key, &server.key)] {
        fs::copy(from, to).expect("a file is copied");
    }
    suite.has_logged("the files have changed; new connections use them").await;
    assert_eq!(shown_by(suite.address(), &authority).await, certificate(&next));
}

#[tokio::test]
async fn a_token_in_a_changed_file_is_good_and_the_old_one_is_not() {
    let authority = Authority::new();
    let (old, new) = (Known::new("ada", &["caller"]), Known::new("ada", &["caller"]));
    let suite = Setup::new(&authority).know(&old).start().await;
    list(suite.channel(), Some(old.token()), "acme").await.expect("she is known");
    let folder = suite.config_file().parent().expect("it lies in a folder").to_owned();
    new.token_file(&folder);
    suite.signal(Signal::HUP);
    while list(suite.channel(), Some(new.token()), "acme").await.is_err() {
        sleep(std::time::Duration::from_millis(10)).await;
    }
    refused(list(suite.channel(), Some(old.token()), "acme").await, "UNAUTHENTICATED");

    // A file that cannot be used leaves things as they are.
    fs::write(folder.join("ada.token"), "short").expect("a temporary file can be written");
    suite.signal(Signal::HUP);
    suite.has_logged("the tokens cannot be read again").await;
    list(suite.channel(), Some(new.token()), "acme").await.expect("she is known");
}

/// Everything that the release side can be asked, each for the reason of its refusal.
async fn asked_for_releases(client: InterceptedService<Tap, Bearer>) -> [Result<(), Status>; 4] {
    let mut release = SecretReleaseServiceClient::new(client);
    let name = "tenants/acme/secrets/crm".to_owned();
    let destination_url = "https://crm.example.com/".to_owned();
    let purpose = Purpose::Call.into();
    let describe =
        DescribeSecretsRequest { parent: "tenants/acme".to_owned(), secret_ids: vec!["crm".to_owned()] };
    let save = SaveSecretRequest { name: name.clone(), ..SaveSecretRequest::default() };
    [
        release
            .release_secret(ReleaseSecretRequest {
                name: name.clone(),
                destination_url: destination_url.clone(),
                purpose,
                ..ReleaseSecretRequest::default()
            })
            .await
            .map(drop),
        release
            .check_release(CheckReleaseRequest { names: vec![name], destination_url, purpose, cause: None })
            .await
            .map(drop),
        release.describe_secrets(describe).await.map(drop),
        release.save_secret(save).await.map(drop),
    ]
}

#[tokio::test]
async fn the_release_answers_the_suite_alone_whatever_roles_others_have() {
    const ALL: &[&str] = &["caller", "configurator", "operator", "voucher", "user"];
    let authority = Authority::new();
    let server = authority.certify("server", &["127.0.0.1"]);
    let issuer = Issuer::start(&authority, "login").await;
    let internal = loopback();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let link = Known::new("link", &[]);
    let mighty = Known::new("mighty", ALL);
    let lines = format!(
        "{}[server]\ninternal_listen = \"{internal}\"\n[links]\npeers = [{SUITE:?}]\ntoken_file = {:?}\n",
        asking(&authority, "optional"),
        link.token_file(folder.path()),
    );
    let suite = Setup::new(&authority)
        .tls(&authority, &server, &lines, None)
        .config(&issuer.table("stands_for = [\"callers\", \"users\"]"))
        .config(&issuer.binding("*", "*", ALL))
        .config(
            "[[identity.bindings]]\ncertificate_uri = \"spiffe://example.com/mighty\"\ntenants = [\"*\"]\n",
        )
        .config(&format!("roles = {ALL:?}\n"))
        .know(&mighty)
        .start()
        .await;
    let put = PutSecretRequest {
        name: "tenants/acme/secrets/crm".to_owned(),
        value: Canary::new().text().to_owned().into(),
        url: "https://crm.example.com/".to_owned(),
        ..PutSecretRequest::default()
    };
    suite.secrets().put_secret(put).await.expect("the secret is kept");

    let plain = || Tap::over(&OverTls { ca_file: authority.ca_file(), shown: None }, internal);
    let show = |name: &str, uri: &str| {
        let shown = Some(authority.certify(name, &[uri]));
        Tap::over(&OverTls { ca_file: authority.ca_file(), shown }, internal)
    };
    let with = |tap: Tap, token: &str| InterceptedService::new(tap, Bearer::new(token));
    let strangers = [
        ("the operator", with(plain(), suite.token())),
        ("an identity with every role", with(plain(), mighty.token())),
        ("a signed token with every role", with(plain(), &issuer.token("ada"))),
        (
            "a certificate with every role, and its token",
            with(show("mighty", "spiffe://example.com/mighty"), mighty.token()),
        ),
        ("a name that begins alike", with(show("almost", "spiffe://example.com/outgate/x"), suite.token())),
        ("one of the suite's own, with another's token", with(show("own", SUITE), mighty.token())),
    ];
    for (who, client) in strangers {
        for answer in asked_for_releases(client).await {
            let refusal = answer.expect_err(who);
            assert_eq!(reason(&refusal), "UNAUTHENTICATED", "{who}: {refusal:?}");
        }
    }
    let by_certificate = async |tap: Tap| {
        let request =
            DescribeSecretsRequest { parent: "tenants/acme".to_owned(), secret_ids: vec!["crm".to_owned()] };
        SecretReleaseServiceClient::new(tap).describe_secrets(request).await.map(drop)
    };
    refused(by_certificate(show("mighty", "spiffe://example.com/mighty")).await, "UNAUTHENTICATED");
    refused(by_certificate(plain()).await, "UNAUTHENTICATED");
    by_certificate(show("outgate", SUITE)).await.expect("it is one of the suite's own");
    let request = DescribeSecretsRequest { parent: "tenants/acme".to_owned(), secret_ids: Vec::new() };
    let mut own = SecretReleaseServiceClient::new(with(plain(), link.token()));
    own.describe_secrets(request).await.expect("so is this one");
    // And to the public it is none of those who may have things released, or write.
    let public = |shown: Shown| {
        Tap::over(&OverTls { ca_file: authority.ca_file(), shown: Some(shown) }, suite.address())
    };
    let mut secrets = SecretServiceClient::new(public(authority.certify("outgate", &[SUITE])));
    let list =
        proto::secrets::v1::ListSecretsRequest { parent: "tenants/acme".to_owned(), ..Default::default() };
    refused(secrets.list_secrets(list).await.map(drop), "ROLE_MISSING");
}

#[tokio::test]
async fn services_in_processes_of_their_own_know_each_other_by_certificates_alone() {
    let authority = Authority::new();
    let server = authority.certify("server", &["127.0.0.1"]);
    let ours = authority.certify("outgate", &[SUITE]);
    let crm = Counterpart::start(&authority, |_| Answer::json(200, &json!("hello"))).await;
    let asks = asking(&authority, "optional");
    let peers = format!("[links]\npeers = [{SUITE:?}]\n");
    let internal = loopback();
    let start = async |service, lines: String| {
        let setup = Setup::new(&authority).only(service);
        setup.tls(&authority, &server, &(asks.clone() + &lines), None).start().await
    };
    let registers = start("registers", peers.clone()).await;
    let secrets = start("secrets", format!("[server]\ninternal_listen = \"{internal}\"\n{peers}")).await;
    let links = format!(
        "{peers}registers = \"https://{}\"\nsecrets = \"https://{internal}\"\ntokens = \"https://{internal}\"\n\
         ca_file = {:?}\ncert = {:?}\nkey = {:?}\n",
        registers.address(),
        authority.ca_file(),
        ours.cert,
        ours.key
    );
    let integrations = start("integrations", links).await;
    let secret = Canary::new();
    secrets.put_secret("crm", crm.url("/"), secret.text()).await;
    integrations.create_integration("CRM", anybody(crm.url("/**"), bearer("crm"))).await;
    let adapter = json!({
        "integration": "CRM",
        "requestMapping": { "method": "GET", "url": crm.url("/customers") },
        "responseMapping": { "said": "${currentObject:response}" }
    });
    registers.put_register("ADAPTER.CUSTOMER", &adapter.to_string()).await.expect("an adapter");
    integrations.run("ADAPTER.CUSTOMER", &json!({})).await.expect("the adapter runs");
    assert_eq!(crm.only().header("authorization"), format!("Bearer {}", secret.text()));
}

#[tokio::test]
async fn commands_reach_a_suite_over_tls() {
    let authority = Authority::new();
    let server = authority.certify("server", &["127.0.0.1"]);
    let suite: Suite = Setup::new(&authority).tls(&authority, &server, "", None).start().await;
    let ca_file = authority.ca_file().display().to_string();
    let output = suite.command(&["secret", "list", "--ca-file", &ca_file]).await;
    assert_eq!(output.code, 0, "{output:?}");
}
