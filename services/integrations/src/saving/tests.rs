//! When a value is handed over again, by a clock that stands still.

use std::sync::{Arc, Mutex};

use mapping::{Action, Adapter, Answer, Run, Value};

use super::*;
use crate::tests::ledger_end::{Takes, link};

/// Refuses for these reasons, one after the other, and then takes what comes.
struct Sealing {
    refuses: Mutex<Vec<Reason>>,
    asked: Mutex<Vec<SaveSecretRequest>>,
}

#[tonic::async_trait]
impl Takes for Sealing {
    async fn save(&self, request: SaveSecretRequest) -> Result<(), Refusal> {
        self.asked.lock().unwrap().push(request);
        match self.refuses.lock().unwrap().pop() {
            Some(reason) => Err(Refusal::new(reason, "as the test says")),
            None => Ok(()),
        }
    }
}

struct Nothing;

impl mapping::Environment for Nothing {
    fn register(&self, _: &str) -> Option<mapping::Register> {
        None
    }
}

/// What an adapter saves for `url` of what `answered` did: two values.
fn saves(answered: &str, url: &str) -> Saves {
    let save = |key: &str| {
        format!(
            r#"{{ "action": "saveSecret", "data": {{ "key": "{key}", "value": "${{currentObject:response}}", "url": "{url}" }} }}"#
        )
    };
    let text = format!(
        r#"{{ "requestMapping": {{ "url": "https://a.example/" }}, "onResponseActions": [{}, {}] }}"#,
        save("first"),
        save("second")
    );
    let adapter = Adapter::compile("ADAPTER.A-B", &text, None, &Nothing).unwrap();
    let answer = Answer { response: Value::from("a value"), ..Answer::default() };
    let mapped = adapter.map(&Run::default(), &answer).unwrap();
    let actions = adapter.actions(&Run::default(), &answer, &mapped).unwrap().actions;
    let values = actions.into_iter().map(|due| match due.action {
        Action::SaveSecret { key, value, url } => Save { index: due.index, key, url, value },
        Action::PatchRegister { .. } => panic!("secrets are saved"),
    });
    Saves {
        adapter: Name::parse("name", "registers", "tenants/acme/registers/ADAPTER.A-B").unwrap(),
        answered: Some(Url::parse(answered).unwrap()),
        cause: Cause::default(),
        values: values.collect(),
    }
}

/// Saves against an end that refuses so; answers what came of it, and how often which secret was asked for, by its request.
async fn saved(refuses: &[Reason]) -> (Result<(), Refusal>, Vec<(String, usize)>) {
    let refuses = Mutex::new(refuses.iter().rev().copied().collect());
    let sealing = Arc::new(Sealing { refuses, asked: Mutex::default() });
    let saver = Saver::new(link(sealing.clone()), Grants::default());
    let done = saver.carry_out(saves("https://a.example/login", "https://a.example")).await;
    saver.finish().await;
    let mut counted: Vec<(SaveSecretRequest, usize)> = Vec::new();
    for request in sealing.asked.lock().unwrap().drain(..) {
        match counted.iter_mut().find(|(known, _)| *known == request) {
            Some((_, count)) => *count += 1,
            None => counted.push((request, 1)),
        }
    }
    let id = |name: String| name.rsplit('/').next().unwrap().to_owned();
    (done, counted.into_iter().map(|(request, count)| (id(request.name), count)).collect())
}

fn counts(of: &[(&str, usize)]) -> Vec<(String, usize)> {
    of.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_tried_again_with_the_same_request() {
    let (done, asked) = saved(&[]).await;
    done.unwrap();
    assert_eq!(asked, counts(&[("first", 1), ("second", 1)]));
    let (done, asked) = saved(&[Reason::AuditUnavailable, Reason::StoreUnavailable]).await;
    done.unwrap();
    assert_eq!(asked, counts(&[("first", 3), ("second", 1)]));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_ends_the_actions_at_once() {
    let (done, asked) = saved(&[Reason::SecretTaken]).await;
    let refusal = done.unwrap_err();
    assert_eq!((refusal.reason(), refusal.metadata("cause")), (Reason::ActionFailed, Some("SECRET_TAKEN")));
    assert_eq!(refusal.metadata("action"), Some("onResponseActions[0]"));
    assert_eq!(asked, counts(&[("first", 1)]));
    let (done, asked) = saved(&[Reason::StoreUnavailable; 9]).await;
    assert_eq!(done.unwrap_err().metadata("cause"), Some("STORE_UNAVAILABLE"));
    assert_eq!(asked, counts(&[("first", AGAIN + 1)]));
}

/// Where the operator lets plain http out, it may answer, and nothing that it says becomes a secret.
#[tokio::test]
async fn what_was_answered_in_the_clear_is_saved_for_nothing() {
    for (answered, url, cause) in [
        ("http://a.example/login", "http://a.example", "FIELD_INVALID"),
        ("http://a.example/login", "https://a.example", "SCOPE_NOT_GRANTED"),
        ("http://a.example:443/login", "https://a.example", "SCOPE_NOT_GRANTED"),
        ("https://a.example/login", "http://a.example", "FIELD_INVALID"),
    ] {
        let sealing = Arc::new(Sealing { refuses: Mutex::default(), asked: Mutex::default() });
        let saver = Saver::new(link(sealing.clone()), Grants::default());
        let refusal = saver.carry_out(saves(answered, url)).await.unwrap_err();
        assert_eq!(refusal.metadata("cause"), Some(cause), "{answered} for {url}");
        assert_eq!(sealing.asked.lock().unwrap().len(), 0, "the other end is not even asked");
    }
}
