//! What takes long does not hold up the thread that serves other calls.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use mapping::{Program, ScriptError, Scripts, Value};
use proto::integrations::v1::{CheckAdapterRequest, ExplainRunRequest};
use tokio::sync::oneshot;

use super::world::{TENANT, World};

/// How long a script waits for a call that cannot go on before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Scripts of which the first that is looked at waits for another call.
#[derive(Debug)]
struct Waiting(Mutex<Option<(oneshot::Sender<()>, mpsc::Receiver<()>)>>);

/// Such scripts, what tells that one waits, and what ends that.
fn waiting() -> (Arc<dyn Scripts>, oneshot::Receiver<()>, mpsc::Sender<()>) {
    let (begun, begins) = oneshot::channel();
    let (over, told) = mpsc::channel();
    (Arc::new(Waiting(Mutex::new(Some((begun, told))))), begins, over)
}

impl Waiting {
    fn wait(&self) {
        let first = self.0.lock().unwrap().take();
        if let Some((begun, over)) = first {
            begun.send(()).unwrap();
            over.recv_timeout(PATIENCE).expect("the other call goes on");
        }
    }
}

impl Scripts for Waiting {
    fn check(&self, _: &str) -> Result<(), ScriptError> {
        self.wait();
        Ok(())
    }

    fn evaluate(&self, _: &Program, _: &[Value], _: i64) -> Result<Value, ScriptError> {
        self.wait();
        Ok(Value::Null)
    }
}

const TEXT: &str =
    r#"{ "requestMapping": { "url": "https://api.example.com/", "query": { "a": "${evaluate:x => x}" } } }"#;

fn explain(key: &str, input: String) -> ExplainRunRequest {
    ExplainRunRequest { name: format!("{TENANT}/registers/{key}"), input: input.into() }
}

// The runtimes of these tests have one thread.

#[tokio::test]
async fn other_calls_go_on_while_an_adapter_is_checked() {
    let (scripts, begins, over) = waiting();
    let world = World::with_scripts(scripts);
    let name = format!("{TENANT}/registers/ADAPTER.A-B");
    let mut client = world.adapters();
    let check = client.check_adapter(CheckAdapterRequest { name, text: TEXT.into() });
    let meanwhile = async {
        begins.await.unwrap();
        over.send(()).unwrap();
    };
    let (checked, ()) = tokio::join!(check, meanwhile);
    assert_eq!(checked.unwrap().into_inner().diagnostics, []);
}

#[tokio::test]
async fn other_calls_go_on_while_an_adapter_is_compiled() {
    let (scripts, begins, over) = waiting();
    let world = World::with_scripts(scripts);
    world.register("ADAPTER.A-B", TEXT).await;
    let mut client = world.adapters();
    let explained = client.explain_run(explain("ADAPTER.A-B", "{}".to_owned()));
    let meanwhile = async {
        begins.await.unwrap();
        over.send(()).unwrap();
    };
    let (explained, ()) = tokio::join!(explained, meanwhile);
    assert_eq!(explained.unwrap().into_inner().request.unwrap().method, "GET");
}

#[tokio::test]
async fn other_calls_go_on_while_a_large_request_is_built() {
    let (scripts, begins, over) = waiting();
    let world = World::with_scripts(scripts);
    // Of a simple shape until the data is there: the check has nothing to wait for, building does.
    let text = r#"{ "requestMapping": { "url": "https://api.example.com/", "method": "POST",
        "body": ["${evaluate:${currentObject:input.big} + 1}", "${currentObject:input.text}"] } }"#;
    world.register("ADAPTER.A-B", text).await;
    let mut client = world.adapters();
    let input = format!(r#"{{ "big": 123456789012345678901, "text": "{}" }}"#, "x".repeat(300_000));
    let explained = client.explain_run(explain("ADAPTER.A-B", input));
    let meanwhile = async {
        begins.await.unwrap();
        over.send(()).unwrap();
    };
    let (explained, ()) = tokio::join!(explained, meanwhile);
    assert!(explained.unwrap().into_inner().request.unwrap().body.len() > 300_000);
}
