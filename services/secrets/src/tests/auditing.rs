//! A release that is refused leaves one record, which holds no value and no query.

use std::{fmt::Debug, sync::Mutex};

use proto::secrets::v1::{CheckReleaseRequest, CheckTokenUseRequest};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
    registry,
};

use super::*;

pub(super) type Record = Vec<(String, String)>;

/// Keeps the audit records of this thread, which is the only one of a test.
#[derive(Clone, Default)]
pub(super) struct Audit(Arc<Mutex<Vec<Record>>>);

impl Audit {
    pub(super) fn start() -> (Self, DefaultGuard) {
        let audit = Self::default();
        let guard = tracing::subscriber::set_default(registry().with(oracle::layer()).with(audit.clone()));
        (audit, guard)
    }

    /// Those since the last time.
    fn taken(&self) -> Vec<Record> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// The one that there is.
    #[track_caller]
    pub(super) fn one(&self) -> Record {
        let [record] = &self.taken()[..] else { panic!("not one record") };
        record.clone()
    }
}

impl<S: Subscriber> Layer<S> for Audit {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "outgate::audit" {
            assert_eq!(*event.metadata().level(), Level::WARN);
            let mut fields = Fields::default();
            event.record(&mut fields);
            self.0.lock().unwrap().push(fields.0);
        }
    }
}

#[derive(Default)]
struct Fields(Record);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name().to_owned(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name().to_owned(), format!("{value:?}")));
    }
}

fn record(fields: &[(&str, &str)]) -> Record {
    let said = [("message", "the release of a secret was refused")];
    let all = said.iter().chain(fields);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn check(ids: &[&str], url: &str) -> CheckReleaseRequest {
    CheckReleaseRequest {
        names: ids.iter().map(|id| full(id)).collect(),
        destination_url: url.to_owned(),
        purpose: Purpose::Token.into(),
        cause: None,
    }
}

async fn checked(suite: &Suite, request: CheckReleaseRequest) -> Result<(), Status> {
    suite.releasing(Caller::service("tokens")).check_release(request).await.map(drop)
}

#[tokio::test]
async fn every_refusal_leaves_one_record_with_all_that_may_be_known() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let (audit, _guard) = Audit::start();

    let evil = "https://ada.evil.example:8443/v1?key=query-canary#fragment";
    let refused = suite.release("crm", evil).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_OUT_OF_SCOPE");
    let wanted = |secret, by, purpose, reason| {
        record(&[
            ("by", by),
            ("secret", secret),
            ("destination", "https://ada.evil.example:8443"),
            ("purpose", purpose),
            ("reason", reason),
        ])
    };
    let crm = "tenants/acme/secrets/crm";
    assert_eq!(audit.one(), wanted(crm, "integrations", "PURPOSE_CALL", "SECRET_OUT_OF_SCOPE"));

    let refused = checked(&suite, check(&["crm"], evil)).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_OUT_OF_SCOPE");
    assert_eq!(audit.one(), wanted(crm, "tokens", "PURPOSE_TOKEN", "SECRET_OUT_OF_SCOPE"));

    let refused = checked(&suite, check(&["nope", "crm"], evil)).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_NOT_FOUND");
    let nope = "tenants/acme/secrets/nope";
    assert_eq!(audit.one(), wanted(nope, "tokens", "PURPOSE_TOKEN", "SECRET_NOT_FOUND"));

    let eve = suite.releasing(caller("eve", Role::Caller, None));
    let refused = eve.clone().check_release(check(&["crm"], evil)).await.unwrap_err();
    assert_eq!(reason(&refused), "ROLE_MISSING");
    assert_eq!(audit.one(), wanted(crm, "eve", "PURPOSE_TOKEN", "ROLE_MISSING"));
}

#[tokio::test]
async fn a_token_that_may_not_be_sent_leaves_one_too() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let (audit, _guard) = Audit::start();
    let destination_url = "https://ada.evil.example:8443/v1?key=query-canary#fragment".to_owned();
    let request =
        CheckTokenUseRequest { name: full("crm"), destination_url, ..CheckTokenUseRequest::default() };
    let mut client = suite.releasing(Caller::service("tokens"));
    assert_eq!(reason(&client.check_token_use(request).await.unwrap_err()), "SECRET_OUT_OF_SCOPE");
    let fields = [
        ("message", "the sending of a token was refused"),
        ("by", "tokens"),
        ("secret", "tenants/acme/secrets/crm"),
        ("destination", "https://ada.evil.example:8443"),
        ("reason", "SECRET_OUT_OF_SCOPE"),
    ];
    assert_eq!(audit.one(), fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn what_is_no_name_no_origin_or_no_purpose_is_left_out() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let (audit, _guard) = Audit::start();
    let good = check(&["crm"], URL);
    let by = ("by", "tokens");
    let secret = ("secret", "tenants/acme/secrets/crm");
    let destination = ("destination", "https://api.example.com");
    let purpose = ("purpose", "PURPOSE_TOKEN");
    let reason = ("reason", "FIELD_INVALID");
    for (request, expected) in [
        (
            CheckReleaseRequest { names: vec![CANARY.to_owned()], ..good.clone() },
            &[by, destination, purpose, reason][..],
        ),
        (
            CheckReleaseRequest { destination_url: format!("http://{CANARY}.example/"), ..good.clone() },
            &[by, secret, purpose, reason],
        ),
        (CheckReleaseRequest { purpose: 99, ..good.clone() }, &[by, secret, destination, reason]),
    ] {
        checked(&suite, request).await.unwrap_err();
        let written = audit.one();
        assert_eq!(written, record(expected));
        assert!(!format!("{written:?}").contains(CANARY));
    }
}

#[tokio::test]
async fn what_may_be_released_leaves_none_and_is_not_opened_by_asking() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    suite.put("mail", CANARY).await;
    let (audit, _guard) = Audit::start();
    checked(&suite, check(&["crm", "mail"], "https://API.example.com:443/v2?x=1")).await.unwrap();
    suite.release("crm", URL).await.unwrap();
    assert_eq!(audit.taken(), [] as [Record; 0]);
}

#[tokio::test]
async fn one_to_a_thousand_may_be_asked_about() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let (audit, _guard) = Audit::start();
    checked(&suite, check(&["crm"; 1000], URL)).await.unwrap();
    for ids in [&[][..], &["crm"; 1001]] {
        let refused = checked(&suite, check(ids, URL)).await.unwrap_err();
        assert_eq!(reason(&refused), "FIELD_INVALID");
        assert_eq!(metadata(&refused, "field").as_deref(), Some("names"));
        assert!(audit.one().contains(&("reason".to_owned(), "FIELD_INVALID".to_owned())));
    }
}
