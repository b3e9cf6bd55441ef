//! Secrets that end.

use std::sync::atomic::{AtomicUsize, Ordering};

use proto::secrets::v1::CheckReleaseRequest;
use tonic::Code;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
    registry,
};

use super::*;

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn a_secret_is_refused_from_its_end_on() {
    let clock = clock();
    let suite = Suite::at(&clock);
    let end = clock.now() + Duration::from_secs(DAY);
    let put =
        suite.put_as(PutSecretRequest { expire_time: Some(seconds(end)), ..put("crm", CANARY, URL) }).await;
    assert_eq!(put.expire_time, Some(seconds(end)));
    assert_eq!(suite.list(0, "").await.unwrap().secrets, [put]);

    clock.advance(Duration::from_secs(DAY - 1));
    assert_eq!(suite.release("crm", URL).await.unwrap().value, CANARY);
    clock.advance(Duration::from_secs(1));
    let request = CheckReleaseRequest {
        names: vec![full("crm")],
        destination_url: URL.into(),
        purpose: Purpose::Call.into(),
        cause: None,
    };
    let checked = suite.releasing(Caller::service("tokens")).check_release(request).await.unwrap_err();
    for refused in [checked, suite.release("crm", URL).await.unwrap_err()] {
        assert_eq!((reason(&refused).as_str(), refused.code()), ("SECRET_EXPIRED", Code::FailedPrecondition));
        assert_eq!(metadata(&refused, "secret").as_deref(), Some("crm"));
    }
    // Where else it would go is nobody's to learn.
    let elsewhere = suite.release("crm", "https://evil.example").await.unwrap_err();
    assert_eq!(reason(&elsewhere), "SECRET_OUT_OF_SCOPE");

    suite.put("crm", "anew").await;
    assert_eq!(&suite.release("crm", URL).await.unwrap().value[..], b"anew");
}

#[tokio::test]
async fn an_end_that_was_edited_opens_nothing() {
    let clock = clock();
    let suite = Suite::at(&clock);
    let end = clock.now() + Duration::from_secs(DAY);
    let with_end = PutSecretRequest { expire_time: Some(seconds(end)), ..put("crm", CANARY, URL) };
    suite.put_as(with_end).await;
    clock.advance(Duration::from_secs(DAY));
    let later = Some(end + Duration::from_secs(DAY));
    suite.edit("crm", |record| record.set_expires(later)).await;
    suite.assert_unreadable("crm", URL).await;
    suite.edit("crm", |record| record.set_expires(None)).await;
    suite.assert_unreadable("crm", URL).await;
}

/// Counts what the log is told ahead of time.
#[derive(Clone, Default)]
struct Reminded(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Reminded {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let told = event.fields().any(|field| field.name() == "expires");
        self.0.fetch_add(usize::from(told), Ordering::SeqCst);
    }
}

#[tokio::test]
async fn the_log_is_told_two_weeks_ahead_once_a_day_of_what_is_in_use() {
    let reminded = Reminded::default();
    let _guard = tracing::subscriber::set_default(registry().with(reminded.clone()));
    let clock = clock();
    let suite = Suite::at(&clock);
    let end = clock.now() + Duration::from_secs(16 * DAY);
    suite.put_as(PutSecretRequest { expire_time: Some(seconds(end)), ..put("crm", CANARY, URL) }).await;
    suite.put("mail", CANARY).await;
    let mut told = Vec::new();
    for _ in 0..4 {
        for _ in 0..3 {
            suite.release("crm", URL).await.unwrap();
            suite.release("mail", URL).await.unwrap();
        }
        told.push(reminded.0.load(Ordering::SeqCst));
        clock.advance(Duration::from_secs(DAY));
    }
    assert_eq!(told, [0, 0, 1, 2]);
}
