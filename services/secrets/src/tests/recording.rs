//! What the service writes into its ledger, and what it does where it cannot.

use futures::TryStreamExt;
use proto::{
    audit::v1::{
        ExportEntriesRequest, GetHeadRequest, GetHeadResponse, audit_service_client::AuditServiceClient,
    },
    secrets::v1::{
        Cause, CheckReleaseRequest, CheckTokenUseRequest, PatchSecretRequest, RecordUsesRequest,
        ReportUseRequest, Use,
    },
};
use serde_json::{Value, json};
use tonic::Code;

use super::*;
use crate::ledger::{Options, verify};

impl Suite {
    /// The same with a ledger that has no room for anything.
    pub(super) fn full(self) -> Self {
        let options = Options { reserve_bytes: u64::MAX, ..Options::default() };
        let folder = self.folder.path().join("full");
        let ledger = Ledger::open_with(&folder, self.ring.clone(), options).unwrap();
        self.with_ledger(Arc::new(ledger))
    }

    fn auditing(&self, caller: Caller) -> AuditServiceClient<Link> {
        AuditServiceClient::new(self.link(caller))
    }

    async fn export(&self, caller: Caller, request: ExportEntriesRequest) -> Result<Vec<Value>, Status> {
        let answers = self.auditing(caller).export_entries(request).await?.into_inner();
        let batches: Vec<_> = answers.try_collect().await?;
        let entries = batches.into_iter().flat_map(|batch| batch.entries);
        Ok(entries
            .map(|entry| {
                let value: Value = serde_json::from_str(&entry.line).unwrap();
                assert_eq!(value["sequence"], entry.sequence);
                value
            })
            .collect())
    }

    /// What the ledger holds, without what every entry has.
    pub(super) async fn entries(&self) -> Vec<Value> {
        let mut entries = self.export(operator(None), everything()).await.unwrap();
        for entry in &mut entries {
            for key in ["sequence", "time", "previous", "hash"] {
                assert!(entry.as_object_mut().unwrap().remove(key).is_some());
            }
        }
        entries
    }

    async fn report(&self, version: u64) -> Result<(), Status> {
        let request = ReportUseRequest { name: full("crm"), version };
        self.releasing(Caller::service("integrations")).report_use(request).await.map(drop)
    }

    async fn use_(&self, used: Use) -> Result<u64, Status> {
        let uses = vec![used];
        let mut releaser = self.releasing(Caller::service("integrations"));
        Ok(releaser.record_uses(RecordUsesRequest { uses }).await?.into_inner().sequence)
    }
}

fn operator(tenant: Option<&str>) -> Caller {
    caller("root", Role::Operator, tenant)
}

fn everything() -> ExportEntriesRequest {
    ExportEntriesRequest { parent: "tenants/-".into(), ..ExportEntriesRequest::default() }
}

fn cause() -> Cause {
    Cause {
        integration: "CRM".into(),
        integration_etag: "\"7\"".into(),
        adapter: "ADAPTER.CUSTOMER".into(),
        adapter_etag: "\"9\"".into(),
        business_unit: "berlin".into(),
        user: "ada@example.com".into(),
    }
}

fn used(release: u64) -> Use {
    Use {
        name: full("crm"),
        release,
        version: 1,
        destination_url: "https://api.example.com/v1?key=query-canary".into(),
        purpose: Purpose::Call.into(),
        ..Use::default()
    }
}

#[tokio::test]
async fn a_release_is_in_the_ledger_when_it_is_answered_with_all_that_may_be_known() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let request = ReleaseSecretRequest {
        cause: Some(cause()),
        ..release("crm", "https://API.example.com/v1?key=query-canary")
    };
    let mut releaser = suite.releasing(Caller::service("integrations"));
    let released = releaser.release_secret(request).await.unwrap().into_inner();
    let [put, released_entry] = &suite.entries().await[..] else { panic!("two entries") };
    let (secret, destination) = (full("crm"), "https://api.example.com");
    let expected =
        json!({ "kind": "put", "by": "ada", "secret": secret, "version": 1, "destination": destination });
    assert_eq!(*put, expected);
    let expected = json!({
        "kind": "released", "by": "integrations", "secret": secret, "version": 1, "destination": destination,
        "purpose": "PURPOSE_CALL", "integration": "CRM", "integration_etag": "\"7\"",
        "adapter": "ADAPTER.CUSTOMER", "adapter_etag": "\"9\"", "business_unit": "berlin",
        "user": "ada@example.com",
    });
    assert_eq!(*released_entry, expected);
    assert_eq!((released.release, suite.ledger.head().sequence), (2, 2));
}

#[tokio::test]
async fn a_refusal_is_in_the_ledger_once_and_holds_nobodys_text() {
    let suite = Suite::new();
    let evil = "https://evil.example:8443/v1?key=query-canary";
    suite.release("crm", evil).await.unwrap_err();
    let refused = json!({
        "kind": "refused", "by": "integrations", "secret": full("crm"),
        "destination": "https://evil.example:8443", "purpose": "PURPOSE_CALL", "reason": "SECRET_NOT_FOUND",
    });
    assert_eq!(suite.entries().await, [refused]);

    let request = CheckReleaseRequest {
        names: vec![format!("tenants/acme/{CANARY}")],
        destination_url: format!("http://{CANARY}.example/"),
        purpose: 99,
        cause: Some(Cause {
            integration: format!("/{CANARY}"),
            integration_etag: CANARY.into(),
            adapter: format!("/{CANARY}"),
            adapter_etag: CANARY.into(),
            business_unit: format!("/{CANARY}"),
            user: format!("{CANARY}\n"),
        }),
    };
    suite.releasing(Caller::service("tokens")).check_release(request).await.unwrap_err();
    let entries = suite.entries().await;
    let hash = ring::digest::digest(&ring::digest::SHA256, format!("{CANARY}\n").as_bytes());
    let user = format!("sha256:{}", data_encoding::HEXLOWER.encode(hash.as_ref()));
    let expected = json!({ "kind": "refused", "by": "tokens", "reason": "FIELD_INVALID", "user": user });
    assert_eq!(entries[1..], [expected]);
}

#[tokio::test]
async fn a_deleted_secret_is_in_the_ledger() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    suite.delete("crm", "").await.unwrap();
    let expected = json!({ "kind": "deleted", "by": "ada", "secret": full("crm") });
    assert_eq!(suite.entries().await[1..], [expected]);
}

#[tokio::test]
async fn a_patched_secret_is_in_the_ledger() {
    let suite = Suite::new();
    suite.put("crm", "{}").await;
    suite.patch(member()).await.unwrap();
    let (secret, destination) = (full("crm"), "https://api.example.com");
    let expected =
        json!({ "kind": "patched", "by": "ada", "secret": secret, "version": 2, "destination": destination });
    assert_eq!(suite.entries().await[1..], [expected]);
}

#[tokio::test]
async fn a_token_that_may_not_be_sent_is_in_the_ledger() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let (destination_url, cause) = ("https://evil.example/v1?key=query-canary".into(), Some(cause()));
    let request = CheckTokenUseRequest { name: full("crm"), destination_url, version: 0, cause };
    let mut client = suite.releasing(Caller::service("integrations"));
    client.check_token_use(request.clone()).await.unwrap_err();
    client.check_token_use(CheckTokenUseRequest { destination_url: URL.into(), ..request }).await.unwrap();
    let expected = json!({
        "kind": "token_refused", "by": "integrations", "secret": full("crm"),
        "destination": "https://evil.example", "reason": "SECRET_OUT_OF_SCOPE", "integration": "CRM",
        "integration_etag": "\"7\"", "adapter": "ADAPTER.CUSTOMER", "adapter_etag": "\"9\"",
        "business_unit": "berlin", "user": "ada@example.com",
    });
    assert_eq!(suite.entries().await[1..], [expected], "what may be sent is a use when it is");
}

#[tokio::test]
async fn a_release_names_the_copy_that_was_released() {
    let suite = Suite::new();
    let copy = "tenants/acme/businessUnits/north/secrets/crm";
    suite.put("crm", CANARY).await;
    let mut client = suite.releasing(Caller::service("integrations"));
    let request = ReleaseSecretRequest { name: copy.into(), ..release("", URL) };
    client.release_secret(request.clone()).await.unwrap();
    suite.put_as(PutSecretRequest { name: copy.into(), ..put_crm() }).await;
    client.release_secret(request).await.unwrap();
    suite.use_(Use { name: copy.into(), ..used(4) }).await.unwrap();
    let secrets: Vec<_> = suite.entries().await.iter().map(|entry| entry["secret"].clone()).collect();
    assert_eq!(secrets, [&full("crm"), &full("crm"), copy, copy, copy]);
    let of_the_copy = ExportEntriesRequest { secret: copy.into(), ..everything() };
    assert_eq!(suite.export(operator(None), of_the_copy).await.unwrap().len(), 3);
    let of_the_tenant = ExportEntriesRequest { parent: "tenants/acme".into(), ..everything() };
    assert_eq!(suite.export(operator(Some("acme")), of_the_tenant).await.unwrap().len(), 5);
}

#[tokio::test]
async fn which_of_two_values_was_taken_is_in_the_ledger_when_it_is_news() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    suite.report(1).await.unwrap();
    suite.put_as(PutSecretRequest { overlap: lasting(3600), ..put_crm() }).await;
    for version in [1, 1, 2, 2] {
        suite.report(version).await.unwrap();
    }
    let taken =
        |version| json!({ "kind": "taken", "by": "integrations", "secret": full("crm"), "version": version });
    assert_eq!(suite.entries().await[2..], [taken(1), taken(2)]);
}

#[tokio::test]
async fn uses_are_in_the_ledger_when_they_are_answered() {
    let suite = Suite::new();
    let token = Use { release: 0, token_generation: 3, version: 0, cause: Some(cause()), ..used(0) };
    assert_eq!((suite.use_(used(7)).await.unwrap(), suite.use_(token).await.unwrap()), (1, 2));
    let entries = suite.entries().await;
    let expected = json!({
        "kind": "used", "by": "integrations", "secret": full("crm"), "version": 1, "release": 7,
        "destination": "https://api.example.com", "purpose": "PURPOSE_CALL",
    });
    assert_eq!(entries[0], expected);
    assert_eq!((&entries[1]["token_generation"], &entries[1]["integration"]), (&json!(3), &json!("CRM")));
}

#[tokio::test]
async fn a_report_of_uses_is_whole_or_refused() {
    let suite = Suite::new();
    for (field, wrong) in [
        ("uses.name", Use { name: "crm".into(), ..used(1) }),
        ("uses.destination_url", Use { destination_url: "http://api.example.com".into(), ..used(1) }),
        ("purpose", Use { purpose: 0, ..used(1) }),
        ("uses.release", used(0)),
    ] {
        let refused = suite.use_(wrong).await.unwrap_err();
        assert_eq!(metadata(&refused, "field").as_deref(), Some(field));
    }
    for uses in [vec![], vec![used(1); 1001]] {
        let request = RecordUsesRequest { uses };
        let refused = suite.releasing(Caller::service("tokens")).record_uses(request).await.unwrap_err();
        assert_eq!(metadata(&refused, "field").as_deref(), Some("uses"));
    }
    let stranger = caller("eve", Role::Releaser, Some("other"));
    let request = RecordUsesRequest { uses: vec![used(1)] };
    let refused = suite.releasing(stranger).record_uses(request).await.unwrap_err();
    assert_eq!(reason(&refused), "ROLE_MISSING");
    assert_eq!(suite.entries().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_ledger_that_cannot_be_written_stops_releases_and_changes() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let suite = suite.full();
    let unavailable = |refused: Status| {
        assert_eq!((reason(&refused).as_str(), refused.code()), ("AUDIT_UNAVAILABLE", Code::Unavailable));
        assert!(!refused.message().contains(CANARY));
    };
    unavailable(suite.configurator().put_secret(put_crm()).await.unwrap_err());
    let listed = suite.list(0, "").await.unwrap().secrets;
    assert_eq!(listed.iter().map(|secret| secret.version).collect::<Vec<_>>(), [1]);
    unavailable(suite.release("crm", URL).await.unwrap_err());
    unavailable(suite.release("crm", "https://evil.example").await.unwrap_err());
    unavailable(suite.delete("crm", "").await.unwrap_err());
    unavailable(suite.use_(used(1)).await.unwrap_err());
    unavailable(suite.patch(member()).await.unwrap_err());
    unavailable(suite.verify("crm", CANARY).await.unwrap_err());
    unavailable(suite.report(1).await.unwrap_err());
    assert_eq!(suite.list(0, "").await.unwrap().secrets.len(), 1);
    assert_eq!((suite.ledger.head().sequence, suite.entries().await.len()), (0, 0));
}

fn member() -> PatchSecretRequest {
    let (member, value) = ("password".into(), CANARY.into());
    PatchSecretRequest { name: full("crm"), member, value, ..Default::default() }
}

fn put_crm() -> PutSecretRequest {
    put("crm", CANARY, URL)
}

#[tokio::test]
async fn an_export_can_be_proved_and_the_head_is_its_last_entry() {
    let suite = Suite::new();
    for version in 1..=3 {
        assert_eq!(suite.put("crm", CANARY).await.version, version);
        suite.release("crm", URL).await.unwrap();
    }
    let mut root = suite.auditing(operator(None));
    let answers = root.export_entries(everything()).await.unwrap().into_inner();
    let batches: Vec<_> = answers.try_collect().await.unwrap();
    let lines: Vec<_> = batches.into_iter().flat_map(|batch| batch.entries).map(|entry| entry.line).collect();
    let text = format!("{}\n", lines.join("\n"));
    assert!(!text.contains(CANARY));
    let name = std::path::Path::new("export");
    let proved = crate::ledger::verify_export(name, text.as_bytes(), false, None).unwrap();
    let GetHeadResponse { sequence, hash } = root.get_head(GetHeadRequest {}).await.unwrap().into_inner();
    assert_eq!((sequence, &hash), (6, &proved.head.hash.to_string()));
    let ledger = suite.folder.path().join("ledger");
    assert_eq!(verify(&ledger, Some(&suite.ring), None).unwrap().head, proved.head);
}

#[tokio::test]
async fn an_export_holds_what_was_asked_for() {
    let suite = Suite::new();
    for name in ["crm", "crm.eu", "mail"] {
        suite.put(name, CANARY).await;
    }
    let elsewhere = PutSecretRequest { name: "tenants/acme-2/secrets/crm".into(), ..put_crm() };
    suite.writing(caller("bob", Role::Configurator, None)).put_secret(elsewhere).await.unwrap();
    let numbers = async |request| -> Vec<u64> {
        let entries = suite.export(operator(None), request).await.unwrap();
        entries.iter().map(|entry| entry["sequence"].as_u64().unwrap()).collect()
    };
    let of = |parent: &str| ExportEntriesRequest { parent: parent.into(), ..ExportEntriesRequest::default() };
    assert_eq!(numbers(everything()).await, [1, 2, 3, 4]);
    assert_eq!(numbers(of("tenants/acme")).await, [1, 2, 3]);
    assert_eq!(numbers(of("tenants/acme-2")).await, [4]);
    assert_eq!(numbers(ExportEntriesRequest { secret: full("crm"), ..everything() }).await, [1]);
    assert_eq!(numbers(ExportEntriesRequest { from_sequence: 2, limit: 2, ..everything() }).await, [2, 3]);
    let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let later = ExportEntriesRequest { start_time: time(253_402_300_799), ..everything() };
    assert_eq!(numbers(later).await, [] as [u64; 0]);
    let earlier = ExportEntriesRequest { end_time: time(0), ..everything() };
    assert_eq!(numbers(earlier).await, [] as [u64; 0]);
    let between =
        ExportEntriesRequest { start_time: time(0), end_time: time(253_402_300_799), ..everything() };
    assert_eq!(numbers(between).await, [1, 2, 3, 4]);
    for (field, wrong) in [
        ("parent", of("acme")),
        ("secret", ExportEntriesRequest { secret: full("crm"), ..of("tenants/acme-2") }),
        ("limit", ExportEntriesRequest { limit: -1, ..everything() }),
    ] {
        let refused = suite.export(operator(None), wrong).await.unwrap_err();
        assert_eq!(metadata(&refused, "field").as_deref(), Some(field));
    }
}

#[tokio::test]
async fn only_an_operator_reads_the_ledger_and_one_of_a_tenant_only_that_tenants_entries() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let of = |parent: &str| ExportEntriesRequest { parent: parent.into(), ..ExportEntriesRequest::default() };
    assert_eq!(suite.export(operator(Some("acme")), of("tenants/acme")).await.unwrap().len(), 1);
    for (caller, request) in [
        (operator(Some("acme")), everything()),
        (operator(Some("acme")), of("tenants/other")),
        (caller("ada", Role::Configurator, None), everything()),
        (caller("ada", Role::Configurator, None), of("tenants/acme")),
    ] {
        let refused = suite.export(caller.clone(), request).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), refused.code()), ("ROLE_MISSING", Code::PermissionDenied));
        let refused = suite.auditing(caller).get_head(GetHeadRequest {}).await.unwrap_err();
        assert_eq!(metadata(&refused, "role").as_deref(), Some("operator"));
    }
}
