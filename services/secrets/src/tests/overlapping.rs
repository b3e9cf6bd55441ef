//! A new value beside the one before it.

use proto::secrets::v1::ReportUseRequest;
use tonic::Code;

use super::*;
use crate::record::Previous;

impl Suite {
    /// Releases one version for its own origin.
    pub(super) async fn release_version(
        &self,
        id: &str,
        version: u64,
    ) -> Result<ReleaseSecretResponse, Status> {
        let request = ReleaseSecretRequest { version, ..release(id, URL) };
        let mut client = self.releasing(Caller::service("integrations"));
        client.release_secret(request).await.map(tonic::Response::into_inner)
    }

    async fn assert_not_in_use(&self, version: u64) {
        let refused = self.release_version("crm", version).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), refused.code()), ("SECRET_NOT_FOUND", Code::NotFound));
        assert_eq!(metadata(&refused, "secret").as_deref(), Some("crm"));
    }
}

fn overlapping(value: &str, seconds: i64) -> PutSecretRequest {
    PutSecretRequest { overlap: lasting(seconds), ..put("crm", value, URL) }
}

#[tokio::test]
async fn both_values_are_in_use_until_the_old_one_ends() {
    let clock = clock();
    let suite = Suite::at(&clock);
    suite.put("crm", "one").await;
    let first = suite.entry("records", "crm").await.value;
    let second = suite.put_as(overlapping("two", 60)).await;
    let end = clock.now() + Duration::from_secs(60);
    assert_eq!((second.previous_version, second.previous_end_time), (1, Some(seconds(end))));

    let newest = suite.release("crm", URL).await.unwrap();
    assert_eq!((&newest.value[..], newest.version, newest.previous_version), (&b"two"[..], 2, 1));
    assert_eq!(&suite.release_version("crm", 2).await.unwrap().value[..], b"two");
    let old = suite.release_version("crm", 1).await.unwrap();
    assert_eq!((&old.value[..], old.version), (&b"one"[..], 1));
    suite.assert_not_in_use(3).await;

    clock.advance(Duration::from_secs(60));
    suite.assert_not_in_use(1).await;
    let newest = suite.release("crm", URL).await.unwrap();
    assert_eq!((&newest.value[..], newest.previous_version), (&b"two"[..], 0));
    let [listed] = &suite.list(0, "").await.unwrap().secrets[..] else { panic!("one secret") };
    assert_eq!((listed.previous_version, listed.previous_end_time), (0, None));
    // Nor where somebody put back what the store forgot.
    suite.overwrite("previous", "crm", first).await;
    suite.assert_not_in_use(1).await;
}

#[tokio::test]
async fn without_an_overlap_the_old_value_is_gone_at_once() {
    let suite = Suite::new();
    suite.put("crm", "one").await;
    assert_eq!(suite.put_as(overlapping("two", 60)).await.previous_version, 1);
    assert_eq!(suite.put_as(overlapping("three", 60)).await.previous_version, 2);
    suite.assert_not_in_use(1).await;
    assert_eq!(suite.put("crm", "four").await.previous_version, 0);
    for version in [2, 3] {
        suite.assert_not_in_use(version).await;
    }
    suite.put_as(overlapping("five", 60)).await;
    suite.delete("crm", "").await.unwrap();
    assert_eq!(reason(&suite.release_version("crm", 4).await.unwrap_err()), "SECRET_NOT_FOUND");
    let left = suite.store.scan(store::Range::prefix("secrets/previous/"), 10).await.unwrap();
    assert_eq!(left.entries, []);
}

#[tokio::test]
async fn a_first_value_overlaps_nothing() {
    let suite = Suite::new();
    assert_eq!(suite.put_as(overlapping("one", 60)).await.previous_version, 0);
}

#[tokio::test]
async fn the_old_value_goes_to_no_other_origin() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let moved = PutSecretRequest { url: "https://evil.example".into(), ..overlapping("two", 60) };
    let refused = suite.configurator().put_secret(moved).await.unwrap_err();
    assert_eq!(reason(&refused), "FIELD_INVALID");
    assert_eq!(metadata(&refused, "field").as_deref(), Some("overlap"));
    suite.put_as(overlapping("two", 60)).await;
    let elsewhere = ReleaseSecretRequest { version: 1, ..release("crm", "https://evil.example") };
    let refused =
        suite.releasing(Caller::service("integrations")).release_secret(elsewhere).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_OUT_OF_SCOPE");
}

#[tokio::test]
async fn the_old_value_ends_when_it_was_to_end() {
    let clock = clock();
    let suite = Suite::at(&clock);
    let end = clock.now() + Duration::from_secs(30);
    suite.put_as(PutSecretRequest { expire_time: Some(seconds(end)), ..put("crm", "one", URL) }).await;
    suite.put_as(overlapping("two", 60)).await;
    clock.advance(Duration::from_secs(30));
    assert_eq!(reason(&suite.release_version("crm", 1).await.unwrap_err()), "SECRET_EXPIRED");
    assert_eq!(&suite.release("crm", URL).await.unwrap().value[..], b"two");
}

#[tokio::test]
async fn an_overlap_that_was_edited_opens_nothing() {
    let clock = clock();
    let suite = Suite::at(&clock);
    suite.put("crm", "one").await;
    let first = suite.entry("records", "crm").await.value;
    suite.put_as(overlapping("two", 60)).await;
    let second = suite.entry("records", "crm").await.value;
    suite.put_as(overlapping("three", 60)).await;

    // Another version in the old one's place, and another secret's.
    suite.overwrite("previous", "crm", first.clone()).await;
    assert_eq!(reason(&suite.release_version("crm", 2).await.unwrap_err()), "SECRET_UNREADABLE");
    suite.put("mail", "mail's").await;
    let theirs = suite.put_as(PutSecretRequest { name: full("mail"), ..overlapping("mail's", 60) }).await;
    assert_eq!(theirs.version, 2);
    suite.overwrite("previous", "crm", suite.entry("records", "mail").await.value).await;
    assert_eq!(reason(&suite.release_version("crm", 2).await.unwrap_err()), "SECRET_UNREADABLE");
    suite.overwrite("previous", "crm", second).await;
    assert_eq!(&suite.release_version("crm", 2).await.unwrap().value[..], b"two");

    // A longer time, and an older version.
    let until = clock.now() + Duration::from_secs(120);
    suite.edit("crm", |record| record.set_previous(Some(Previous { version: 2, until }))).await;
    suite.assert_unreadable("crm", URL).await;
    assert_eq!(reason(&suite.release_version("crm", 2).await.unwrap_err()), "SECRET_UNREADABLE");
    suite.overwrite("previous", "crm", first).await;
    suite.edit("crm", |record| record.set_previous(Some(Previous { version: 1, until }))).await;
    assert_eq!(reason(&suite.release_version("crm", 1).await.unwrap_err()), "SECRET_UNREADABLE");
}

#[tokio::test]
async fn what_is_reported_of_the_old_value_is_told() {
    let clock = clock();
    let suite = Suite::at(&clock);
    let report = async |version| {
        let mut client = suite.releasing(Caller::service("integrations"));
        client.report_use(ReportUseRequest { name: full("crm"), version }).await.unwrap();
    };
    let told = async || {
        let [secret] = &suite.list(0, "").await.unwrap().secrets[..] else { panic!("one secret") };
        (secret.previous_use_time.map(|time| time.seconds), secret.previous_in_use)
    };
    suite.put("crm", "one").await;
    report(1).await;
    let second = suite.put_as(overlapping("two", 3600)).await;
    for version in [0, 2, 3] {
        report(version).await;
        assert_eq!(told().await, (None, false), "{version}");
    }
    let first = seconds(clock.now()).seconds;
    report(1).await;
    assert_eq!(told().await, (Some(first), true));
    assert!(suite.release("crm", URL).await.unwrap().previous_in_use);
    // Within a minute it is one use.
    clock.advance(Duration::from_secs(59));
    report(1).await;
    assert_eq!(told().await, (Some(first), true));
    clock.advance(Duration::from_secs(1));
    report(1).await;
    assert_eq!(told().await, (Some(first + 60), true));
    report(2).await;
    assert_eq!(told().await, (Some(first + 60), false));
    assert!(!suite.release("crm", URL).await.unwrap().previous_in_use);
    report(1).await;
    assert_eq!(told().await, (Some(first + 60), true), "one of several counterparts may be behind");
    // A report is no write of the secret.
    assert_eq!(suite.list(0, "").await.unwrap().secrets[0].etag, second.etag);

    clock.advance(Duration::from_secs(3600));
    assert_eq!(told().await, (None, false));
    report(1).await;
    let left = suite.store.scan(store::Range::prefix("secrets/uses/"), 10).await.unwrap();
    assert_eq!(left.entries, []);
    let mut stranger = suite.releasing(caller("eve", Role::Configurator, None));
    let refused = stranger.report_use(ReportUseRequest { name: full("crm"), version: 1 }).await.unwrap_err();
    assert_eq!(reason(&refused), "ROLE_MISSING");
}
