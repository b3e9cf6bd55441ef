//! The command line as scripts use it: one JSON value on standard output, and an exit code.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Answer, Authority, Canary, Counterpart, Output, Suite};

/// Exit codes that `outgate --help` promises.
const REFUSED: i32 = 1;
const USAGE: i32 = 2;
const ANSWER: i32 = 3;

/// A suite, a counterpart that knows customers and nothing else, and a folder with files to apply.
struct Scene {
    crm: Counterpart,
    suite: Suite,
    folder: TempDir,
    _authority: Authority,
}

impl Scene {
    async fn new() -> Self {
        let authority = Authority::new();
        let crm = Counterpart::start(&authority, |received| match received.path.as_str() {
            "/api/v1/customers" => Answer::json(200, &json!(["Ada", "Grace"])),
            _ => Answer::json(404, &json!({ "error": "no such thing" })),
        })
        .await;
        let suite = Suite::start(&authority).await;
        let scene = Self {
            crm,
            suite,
            folder: tempfile::tempdir().expect("a temporary folder"),
            _authority: authority,
        };
        scene.file("CRM.yaml", &scene.integration("Customers"));
        scene.file("ADAPTER.CUSTOMERS.json", &scene.adapter("/api/v1/customers"));
        scene
    }

    /// As DESIGN prints it: one document, YAML.
    fn integration(&self, display_name: &str) -> String {
        format!(
            "kind: Integration\nname: CRM\ndisplayName: {display_name}\nanonymousAccess: true\nendpoints:\n  \
             - url: {}\n    methods: [GET]\nauth:\n  apiKey: {{ header: X-Api-Key, value: \"{{{{secret:crm}}}}\" }}\n",
            self.crm.url("/api/v1/**")
        )
    }

    /// Relaxed JSON, with a comment and a trailing comma.
    fn adapter(&self, path: &str) -> String {
        let url = self.crm.url(path);
        format!(
            "{{\n  // who is there\n  \"integration\": \"CRM\",\n  \"requestMapping\": {{ \"method\": \"GET\", \"url\": \"{url}\" }},\n  \
             \"responseMapping\": {{ \"first\": \"${{currentObject:response[0]}}\" }},\n}}\n"
        )
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("a temporary file can be written");
        path
    }

    /// `outgate --json apply -f FOLDER …`
    async fn apply(&self, more: &[&str]) -> Output {
        let folder = self.folder.path().to_str().expect("text");
        self.suite.command(&[&["--json", "apply", "-f", folder], more].concat()).await
    }

    async fn put_secret(&self, value: &str) -> Value {
        let arguments = ["--json", "secret", "put", "crm", "--url", &self.crm.url("/")];
        self.suite.command_with_input(&arguments, value).await.success()
    }

    /// `outgate --json call CRM GET …`
    async fn call(&self, path: &str) -> Output {
        self.suite.command(&["--json", "call", "CRM", "GET", &self.crm.url(path), "-H", "X-Why: test"]).await
    }

    async fn ready() -> Self {
        let scene = Self::new().await;
        scene.apply(&[]).await.success();
        scene.put_secret(Canary::new().text()).await;
        scene
    }
}

/// What was done to what, of `apply --json`.
fn actions(applied: &Value) -> Vec<(String, String)> {
    let changes = applied["changes"].as_array().expect("a list of changes");
    let text = |value: &Value| value.as_str().expect("text").rsplit('/').next().expect("a name").to_owned();
    let mut actions: Vec<_> =
        changes.iter().map(|change| (text(&change["name"]), text(&change["action"]))).collect();
    actions.sort();
    actions
}

fn both(action: &str) -> Vec<(String, String)> {
    ["ADAPTER.CUSTOMERS", "CRM"].map(|name| (name.to_owned(), action.to_owned())).to_vec()
}

#[tokio::test]
async fn apply_creates_then_finds_nothing_to_do_then_changes_what_differs() {
    let scene = Scene::new().await;
    assert_eq!(actions(&scene.apply(&[]).await.success()), both("created"));
    assert_eq!(actions(&scene.apply(&[]).await.success()), both("unchanged"));

    scene.file("CRM.yaml", &scene.integration("Clients"));
    let changed = scene.apply(&[]).await.success();
    assert_eq!(
        actions(&changed),
        [("ADAPTER.CUSTOMERS".to_owned(), "unchanged".to_owned()), ("CRM".to_owned(), "changed".to_owned())]
    );
    assert!(changed.to_string().contains("Clients"), "the difference is shown: {changed}");
}

#[tokio::test]
async fn a_dry_run_shows_the_difference_and_changes_nothing() {
    let scene = Scene::new().await;
    let dry = scene.apply(&["--dry-run"]).await.success();
    assert_eq!((actions(&dry), &dry["dryRun"]), (both("created"), &json!(true)));
    assert_eq!(actions(&scene.apply(&[]).await.success()), both("created"), "it was not there yet");
}

#[tokio::test]
async fn one_bad_file_applies_nothing() {
    let scene = Scene::new().await;
    let bad = scene.file("ADAPTER.ZZZ.json", "{\n  \"requestMapping\": { \"method\" \"GET\" }\n}\n");
    let refused = scene.apply(&[]).await;
    assert_eq!(refused.code, USAGE, "{refused:?}");
    let message = refused.json()["error"]["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("ADAPTER.ZZZ.json") && message.contains('^'), "{message}");

    fs::remove_file(bad).expect("it is there");
    assert_eq!(actions(&scene.apply(&[]).await.success()), both("created"), "nothing was applied before");
}

#[tokio::test]
async fn apply_shows_no_change_that_it_refuses() {
    let scene = Scene::new().await;
    let text =
        scene.adapter("/api/v1/customers").replace("response[0]}", "response[0]}${evaluate:[1].map(o => )}");
    scene.file("ADAPTER.ZZZ.json", &text);
    let folder = scene.folder.path().to_str().expect("text");
    for more in [&[][..], &["--dry-run"]] {
        let refused = scene.suite.command(&[&["apply", "-f", folder], more].concat()).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (USAGE, ""), "{refused:?}");
        assert!(refused.stderr.contains("nothing was changed; an adapter cannot run"), "{refused:?}");
    }
    fs::remove_file(scene.folder.path().join("ADAPTER.ZZZ.json")).expect("it is there");
    assert_eq!(actions(&scene.apply(&[]).await.success()), both("created"), "nothing was applied before");
}

#[tokio::test]
async fn a_secret_is_put_listed_and_deleted_and_its_value_is_never_seen() {
    let scene = Scene::new().await;
    let value = Canary::new();
    scene.put_secret(&format!("{}\n", value.text())).await;
    let listed = scene.suite.command(&["--json", "secret", "list"]).await.success();
    let for_people = scene.suite.command(&["secret", "list"]).await;
    assert!(for_people.stdout.contains("crm"), "{for_people:?}");
    scene.apply(&[]).await.success();
    scene.call("/api/v1/customers").await.success();
    assert_eq!(scene.crm.only().header("x-api-key"), value.text(), "without the line's end");

    let text = listed.to_string();
    assert!(text.contains("crm") && text.contains(&scene.crm.url("")), "{text}");

    scene.suite.command(&["--json", "secret", "delete", "crm"]).await.success();
    let listed = scene.suite.command(&["--json", "secret", "list"]).await.success();
    assert!(!listed.to_string().contains("crm"), "{listed}");
    assert_eq!(
        scene.suite.command(&["--json", "secret", "delete", "crm"]).await.reason(REFUSED),
        "SECRET_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_structured_secret_is_patched_and_verified_and_never_seen() {
    let scene = Scene::new().await;
    let (before, after) = (Canary::new(), Canary::new());
    let object = |secret: &Canary| format!(r#"{{"user":"ada","password":{}}}"#, json!(secret.text()));
    let with_input = async |arguments: &[&str], input: &str| {
        scene.suite.command_with_input(&[&["--json", "secret"], arguments].concat(), input).await
    };
    let put = ["put", "crm", "--url", "https://api.example.com", "--expires", "2100-01-31"];
    let put = with_input(&put, &object(&before)).await.success();
    assert_eq!((&put["version"], &put["expireTime"]), (&json!(1), &json!("2100-01-31T00:00:00Z")));

    let patch = ["patch", "crm", "password", "--overlap", "12h"];
    let patched = with_input(&patch, after.text()).await.success();
    assert_eq!((&patched["version"], &patched["previousVersion"]), (&json!(2), &json!(1)));
    assert_eq!(with_input(&["verify", "crm"], &object(&after)).await.success(), json!({ "matches": true }));
    let other = with_input(&["verify", "crm"], &object(&before)).await;
    assert_eq!((other.code, other.json()), (REFUSED, json!({ "matches": false })));
    let removed = with_input(&["patch", "crm", "password", "--remove"], "").await.success();
    assert_eq!((&removed["version"], &removed["previousVersion"]), (&json!(3), &json!(0)));
    assert_eq!(with_input(&["patch", "nope", "a"], after.text()).await.reason(REFUSED), "SECRET_NOT_FOUND");
    let listed = scene.suite.command(&["secret", "list"]).await;
    assert!(listed.stdout.contains("expires 2100-01-31"), "{listed:?}");
}

#[tokio::test]
async fn a_secret_that_ends_soon_is_told_of_in_the_list_and_when_it_is_used() {
    let scene = Scene::new().await;
    scene.apply(&[]).await.success();
    let put = async |days: u64| {
        let end = SystemTime::now() + Duration::from_secs(days * 24 * 3600 + 3600);
        let end = prost_types::Timestamp::from(end).to_string();
        let arguments = ["--json", "secret", "put", "crm", "--url", &scene.crm.url("/"), "--expires", &end];
        scene.suite.command_with_input(&arguments, Canary::new().text()).await.success();
        scene.call("/api/v1/customers").await.success();
    };
    put(20).await;
    assert!(!scene.suite.said("stderr").contains("ends soon"), "it is early");
    put(5).await;
    scene.suite.has_logged("a secret that is in use ends soon; put its new value").await;
    let listed = scene.suite.command(&["secret", "list"]).await.stdout;
    assert!(listed.contains("expires in 5 days"), "{listed}");
}

#[tokio::test]
async fn an_empty_secret_is_a_wrong_command_line() {
    let scene = Scene::new().await;
    let arguments = ["--json", "secret", "put", "crm", "--url", "https://api.example.com/"];
    assert_eq!(scene.suite.command_with_input(&arguments, "").await.reason(USAGE), "USAGE");
}

#[tokio::test]
async fn call_gives_status_ok_headers_and_body() {
    let scene = Scene::ready().await;
    let called = scene.call("/api/v1/customers").await.success();
    assert_eq!((&called["status"], &called["ok"]), (&json!(200), &json!(true)));
    assert_eq!(called["headers"]["content-type"], "application/json");
    assert_eq!(called["body"], json!(["Ada", "Grace"]));
    assert_eq!(scene.crm.only().header("x-why"), "test");
}

#[tokio::test]
async fn call_of_what_the_counterpart_does_not_know_has_an_exit_code_of_its_own() {
    let scene = Scene::ready().await;
    let called = scene.call("/api/v1/nothing").await;
    assert_eq!(called.code, ANSWER, "{called:?}");
    let called = called.json();
    assert_eq!((&called["status"], &called["ok"]), (&json!(404), &json!(false)));
    assert_eq!(called["body"], json!({ "error": "no such thing" }));
}

#[tokio::test]
async fn call_that_is_refused_tells_the_reason_and_what_it_is_about() {
    let scene = Scene::ready().await;
    let called = scene.call("/admin").await;
    assert_eq!(called.reason(REFUSED), "ENDPOINT_NOT_LISTED");
    assert_eq!(called.json()["error"]["metadata"]["host"], "127.0.0.1");
    let people = scene.suite.command(&["call", "CRM", "GET", &scene.crm.url("/admin")]).await;
    assert_eq!((people.code, people.stdout.as_str()), (REFUSED, ""));
    assert!(people.stderr.starts_with("error: "), "{people:?}");
}

#[tokio::test]
async fn run_gives_result_meta_and_steps() {
    let scene = Scene::ready().await;
    let run = ["--json", "run", "ADAPTER.CUSTOMERS", "--input", "-"];
    let ran = scene.suite.command_with_input(&run, "{}").await.success();
    assert_eq!(ran["result"], json!({ "first": "Ada" }));
    assert_eq!((&ran["meta"]["error"], &ran["meta"]["status"]), (&json!(false), &json!(200)));
    let steps = ran["steps"].as_array().expect("the steps");
    assert_eq!((steps.len(), &steps[0]["adapter"]), (1, &json!("ADAPTER.CUSTOMERS")));
}

#[tokio::test]
async fn run_that_ends_with_an_error_of_the_counterpart_has_an_exit_code_of_its_own() {
    let scene = Scene::ready().await;
    scene.file("ADAPTER.CUSTOMERS.json", &scene.adapter("/api/v1/nothing"));
    scene.apply(&[]).await.success();
    let run = ["--json", "run", "ADAPTER.CUSTOMERS", "--input", "-"];
    let ran = scene.suite.command_with_input(&run, "{}").await;
    assert_eq!(ran.code, ANSWER, "{ran:?}");
    assert_eq!((&ran.json()["meta"]["error"], &ran.json()["meta"]["status"]), (&json!(true), &json!(404)));
}

#[tokio::test]
async fn a_suite_that_is_not_there_is_told_as_such() {
    let mut scene = Scene::new().await;
    scene.suite.kill().await;
    let listed = scene.suite.command(&["--json", "secret", "list"]).await;
    assert_eq!(listed.reason(REFUSED), "SERVER_UNREACHABLE");
}

#[tokio::test]
async fn healthcheck_says_by_its_exit_code_whether_the_suite_serves() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.suite.command(&["healthcheck"]).await.code, 0);
    scene.suite.kill().await;
    assert_eq!(scene.suite.command(&["healthcheck"]).await.code, REFUSED);
}

#[tokio::test]
async fn a_units_private_copy_is_used_by_its_calls() {
    let scene = Scene::ready().await;
    let (shared, private) = (Canary::new(), Canary::new());
    scene.put_secret(shared.text()).await;
    let put = ["--json", "secret", "put", "crm", "--url", &scene.crm.url("/"), "--unit", "north"];
    scene.suite.command_with_input(&put, private.text()).await.success();
    let url = scene.crm.url("/api/v1/customers");
    for (unit, sent) in
        [(&[][..], &shared), (&["--unit", "north"], &private), (&["--unit", "south"], &shared)]
    {
        let answer = scene.folder.path().join("answer").display().to_string();
        for streamed in [&[][..], &["--output", &answer]] {
            let arguments = [&["--json", "call", "CRM", "GET", &url], unit, streamed].concat();
            scene.suite.command(&arguments).await.success();
            let received = scene.crm.received();
            let last = received.last().expect("it was called");
            assert_eq!(last.header("x-api-key"), sent.text(), "{arguments:?}");
        }
    }
    let no_id = scene.suite.command(&["--json", "call", "CRM", "GET", &url, "--unit", "a/b"]).await;
    assert_eq!(no_id.code, USAGE, "{no_id:?}");
}
