//! When a value is handed over again, by a clock that stands still.

use std::sync::{Arc, Mutex};

use mapping::{Action, Adapter, Answer, Run, Value};
use proto::secrets::v1::{
    CheckReleaseRequest, CheckReleaseResponse, CheckTokenUseRequest, CheckTokenUseResponse,
    DescribeSecretsRequest, DescribeSecretsResponse, RecordUsesRequest, RecordUsesResponse,
    ReleaseSecretRequest, ReleaseSecretResponse, ReportUseRequest, ReportUseResponse, SaveSecretResponse,
    secret_release_service_server::{SecretReleaseService, SecretReleaseServiceServer},
};
use runtime::Caller;
use tonic::{Request, Response, Status, service::Routes};

use super::*;

/// The sealing end of the contract, which refuses for these reasons, one after the other, and then takes what comes.
#[derive(Clone)]
struct Sealing {
    refuses: Arc<Mutex<Vec<Reason>>>,
    asked: Arc<Mutex<Vec<SaveSecretRequest>>>,
}

#[tonic::async_trait]
impl SecretReleaseService for Sealing {
    async fn save_secret(
        &self,
        request: Request<SaveSecretRequest>,
    ) -> Result<Response<SaveSecretResponse>, Status> {
        self.asked.lock().unwrap().push(request.into_inner());
        match self.refuses.lock().unwrap().pop() {
            Some(reason) => Err(Refusal::new(reason, "as the test says").into()),
            None => Ok(Response::new(SaveSecretResponse::default())),
        }
    }

    async fn release_secret(
        &self,
        _: Request<ReleaseSecretRequest>,
    ) -> Result<Response<ReleaseSecretResponse>, Status> {
        unreachable!("nothing is released here")
    }

    async fn check_release(
        &self,
        _: Request<CheckReleaseRequest>,
    ) -> Result<Response<CheckReleaseResponse>, Status> {
        unreachable!("nothing is released here")
    }

    async fn check_token_use(
        &self,
        _: Request<CheckTokenUseRequest>,
    ) -> Result<Response<CheckTokenUseResponse>, Status> {
        unreachable!("nothing is released here")
    }

    async fn record_uses(
        &self,
        _: Request<RecordUsesRequest>,
    ) -> Result<Response<RecordUsesResponse>, Status> {
        unreachable!("nothing is released here")
    }

    async fn report_use(&self, _: Request<ReportUseRequest>) -> Result<Response<ReportUseResponse>, Status> {
        unreachable!("nothing is released here")
    }

    async fn describe_secrets(
        &self,
        _: Request<DescribeSecretsRequest>,
    ) -> Result<Response<DescribeSecretsResponse>, Status> {
        unreachable!("nothing is released here")
    }
}

struct Nothing;

impl mapping::Environment for Nothing {
    fn register(&self, _: &str) -> Option<mapping::Register> {
        None
    }
}

/// What an adapter saves of an answer: two values.
fn saves() -> Saves {
    let save = |key: &str| {
        format!(
            r#"{{ "action": "saveSecret", "data": {{ "key": "{key}", "value": "${{currentObject:response}}", "url": "https://a.example" }} }}"#
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
        answered: Some(Url::parse("https://a.example/login").unwrap()),
        cause: Cause::default(),
        values: values.collect(),
    }
}

/// Saves against an end that refuses so; answers what came of it, and how often which secret was asked for, by its request.
async fn saved(refuses: &[Reason]) -> (Result<(), Refusal>, Vec<(String, usize)>) {
    let refuses = Arc::new(Mutex::new(refuses.iter().rev().copied().collect()));
    let sealing = Sealing { refuses, asked: Arc::default() };
    let routes = Routes::new(SecretReleaseServiceServer::new(sealing.clone()));
    let saver = Saver::new(Link::in_process(routes, Caller::service("integrations")), Grants::default());
    let done = saver.carry_out(saves()).await;
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
