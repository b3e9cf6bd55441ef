//! RunAdapter with the adapter that is printed in the documentation, and where its secret must not be.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Answer, Authority, Canary, Counterpart, Suite, project};

const ADAPTER: &str = "ADAPTER.COMPANY-ACCOUNTANCY";

/// The adapter as printed, sent to `address`.
fn printed(address: &str) -> String {
    let text = fs::read_to_string(project().join(format!("tests/fixtures/seeds/{ADAPTER}.json")))
        .expect("a fixture");
    let turned = text.replace("https://xxx.yyyy.com", address);
    assert_ne!(text, turned, "the printed address stands in the fixture");
    turned
}

fn company() -> Value {
    json!({
        "id": "C-17",
        "name": "Müller & Sons",
        "address": {
            "zip": "01067", "city": "Dresden", "state": "Saxony", "street": "Altmarkt 1", "country": "DE"
        }
    })
}

/// A suite that knows the printed adapter, and the accounting it talks to.
struct Scene {
    accounting: Counterpart,
    suite: Suite,
    secret: Canary,
    _authority: Authority,
}

impl Scene {
    async fn new(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        let authority = Authority::new();
        let accounting = Counterpart::start(&authority, move |_| answer()).await;
        let suite = Suite::start(&authority).await;
        let secret = Canary::new();
        suite.put_secret("secret_name", accounting.url("/"), secret.text()).await;
        suite
            .put_register(ADAPTER, &printed(&accounting.url("")))
            .await
            .expect("the printed adapter is taken");
        Self { accounting, suite, secret, _authority: authority }
    }

    async fn run(&self) -> Value {
        let run = self.suite.run(ADAPTER, &company()).await.expect("the adapter runs");
        serde_json::from_slice(&run.result).expect("the result is JSON")
    }
}

/// The printed mapping's properties, each of its type, less the time of the run.
fn properties(result: &Value) -> Value {
    let mut properties = result.clone();
    let time = properties["extTimestamp"].take();
    let time = time.as_str().expect("a time is text");
    assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
    properties
}

fn expected(id: Value, status: &str, message: &str) -> Value {
    json!({ "extName": "Accounting", "extId": id, "extStatus": status, "extMessage": message, "extTimestamp": null })
}

#[test]
fn the_demo_shows_the_same_adapter() {
    let read =
        |folder: &str| fs::read(project().join(folder).join(format!("{ADAPTER}.json"))).expect("it is there");
    assert_eq!(read("services/outgate/examples"), read("tests/fixtures/seeds"));
}

#[tokio::test]
async fn the_printed_adapter_sends_the_company_and_maps_a_json_answer() {
    let scene = Scene::new(|| Answer::json(201, &json!({ "id": "ACC-4711", "created": true }))).await;
    let result = scene.run().await;

    let received = scene.accounting.only();
    assert_eq!((received.method.as_str(), received.path.as_str()), ("POST", "/company"));
    assert_eq!(received.header("content-type"), "application/json");
    assert_eq!(received.header("x-api-key"), scene.secret.text());
    assert_eq!(received.json(), company());
    assert_eq!(properties(&result), expected("ACC-4711".into(), "EXT.OK", ""));
}

#[tokio::test]
async fn the_printed_adapter_maps_an_answer_in_xml_alike() {
    let scene = Scene::new(|| Answer::xml("<?xml version=\"1.0\"?><id>ACC-4711</id>")).await;
    let result = scene.run().await;
    assert_eq!(properties(&result), expected("ACC-4711".into(), "EXT.OK", ""));
}

#[tokio::test]
async fn an_error_of_the_counterpart_is_mapped_like_any_answer() {
    let scene = Scene::new(|| Answer::json(500, &json!({ "trace": 9 }))).await;
    let result = scene.run().await;
    assert_eq!(properties(&result), expected(Value::Null, "EXT.ERROR", "Internal Server Error"));
}

#[tokio::test]
async fn the_secret_reaches_the_counterpart_and_nobody_else() {
    let scene = Scene::new(|| Answer::json(200, &json!({ "id": "ACC-4711" }))).await;
    scene.run().await;
    let explained = ["--json", "explain", ADAPTER, "--input", "-"];
    let explained = scene.suite.command_with_input(&explained, &company().to_string()).await;
    assert_eq!(scene.accounting.only().header("x-api-key"), scene.secret.text());
    // That nobody else saw it is what the oracle finds out, in what was said at length.
    assert!(explained.stdout.contains("{{secret:secret_name}}"), "{explained:?}");
    assert!(scene.suite.said("stderr").contains("\"level\":\"TRACE\""), "the log is at its most talkative");
}

#[tokio::test]
async fn two_runs_of_an_adapter_have_two_uuids() {
    let authority = Authority::new();
    let there = Counterpart::start(&authority, |_| Answer::json(200, &json!({}))).await;
    let suite = Suite::start(&authority).await;
    let adapter = json!({
        "requestMapping": { "url": there.url("/"), "headers": { "x-request": "${uuid}" } },
        "responseMapping": { "done": true }
    });
    suite.put_register("ADAPTER.UUID", &adapter.to_string()).await.expect("it is taken");
    for _ in 0..2 {
        suite.run("ADAPTER.UUID", &json!({})).await.expect("it runs");
    }
    let [first, second] = there.received().try_into().expect("both arrived");
    assert_eq!(first.header("x-request").len(), 36);
    assert_ne!(first.header("x-request"), second.header("x-request"));
}
