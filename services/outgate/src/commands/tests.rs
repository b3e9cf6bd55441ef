//! Commands against the real suite, started as `serve` starts it, in a folder of its own.

use std::{fs, path::PathBuf, time::Duration};

use clap::Parser;
use mapping::Value;
use proto::secrets::v1::PutSecretRequest;
use runtime::config::Config;
use store::{ErrorKind, Precondition, SledStore, StoreExt};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    failure::Exit,
    serve::{Options, ServeError, ServiceName},
};

/// A running suite and the folder that files to apply are written into.
struct Suite {
    folder: TempDir,
    address: String,
    stop: CancellationToken,
    served: JoinHandle<Result<(), ServeError>>,
}

impl Suite {
    async fn start() -> Self {
        Self::over(TempDir::new().unwrap()).await
    }

    /// Over what an earlier suite left.
    async fn over(folder: TempDir) -> Self {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = Config::load(None, []).unwrap();
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        config.egress.networks = vec!["127.0.0.0/8".to_owned()];
        let options = Options {
            services: ServiceName::ALL.to_vec(),
            data: folder.path().join("data"),
            config,
            // This program is the tests.
            script_worker: None,
        };
        let (stop, (told, ready)) = (CancellationToken::new(), oneshot::channel());
        let shutdown = stop.clone().cancelled_owned();
        let served =
            tokio::spawn(crate::serve::run(options, |running| told.send(running).unwrap(), shutdown));
        let address = ready.await.unwrap().address.to_string();
        Self { folder, address, stop, served }
    }

    async fn end(self) {
        self.leave().await;
    }

    /// Ends it, and hands out its folder.
    async fn leave(self) -> TempDir {
        self.stop.cancel();
        self.served.await.unwrap().unwrap();
        self.folder
    }

    /// Writes a file to apply and gives its path.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join("files").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn files(&self) -> String {
        self.folder.path().join("files").display().to_string()
    }

    async fn run(&self, arguments: &[&str]) -> Result<Report, Failure> {
        let data = self.folder.path().join("data").display().to_string();
        run_cli(&[arguments, &["--data", &data, "--server", &self.address]].concat()).await
    }

    /// What `--json` prints.
    async fn json(&self, arguments: &[&str]) -> Value {
        self.run(arguments).await.unwrap_or_else(|failure| panic!("{}", failure.message())).value.unwrap()
    }

    /// The reason of a failure that the suite gave.
    async fn refusal(&self, arguments: &[&str]) -> String {
        let failure = self.run(arguments).await.unwrap_err();
        assert_eq!(failure.exit(), Exit::Refused, "{}", failure.message());
        failure.reason().to_owned()
    }

    /// Actions of `apply`, in order.
    async fn apply(&self, arguments: &[&str]) -> Vec<String> {
        let value = self.json(&[&["apply", "-f", &self.files()], arguments].concat()).await;
        let changes = at(&value, "changes").as_array().unwrap().to_vec();
        changes.iter().map(|change| format!("{} {}", text(change, "action"), text(change, "name"))).collect()
    }
}

async fn run_cli(arguments: &[&str]) -> Result<Report, Failure> {
    let cli = Cli::try_parse_from([&["outgate"], arguments].concat()).unwrap();
    run(cli, Output::new(true)).await
}

/// The store of a suite that has ended, once its last task has let go of it.
async fn store_of(folder: &TempDir) -> SledStore {
    let opening = async {
        loop {
            match SledStore::open(&folder.path().join("data/store")) {
                Err(error) if error.kind() == ErrorKind::InUse => tokio::task::yield_now().await,
                opened => break opened.unwrap(),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), opening).await.expect("nobody holds the store")
}

fn at<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.as_object().and_then(|object| object.get(key)).unwrap_or_else(|| panic!("{key} in {value}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    at(value, key).as_str().unwrap()
}

const CRM: &str = "kind: Integration\nname: CRM\nanonymousAccess: true\nendpoints:\n  - url: https://127.0.0.1:44399/v1/**\n";

#[tokio::test(flavor = "multi_thread")]
async fn apply_creates_changes_and_leaves_alone() {
    let suite = Suite::start().await;
    suite.file("crm.yaml", CRM);
    suite.file("A-B.json", "{ \"a\": 1 } // kept\n");
    let (crm, register) = ("tenants/default/integrations/CRM", "tenants/default/registers/A-B");
    let created = [format!("created {register}"), format!("created {crm}")];
    assert_eq!(suite.apply(&["--dry-run"]).await, created);
    assert_eq!(suite.refusal(&["register", "get", "A-B"]).await, "REGISTER_NOT_FOUND");
    assert_eq!(suite.apply(&[]).await, created);
    assert_eq!(suite.apply(&[]).await, [format!("unchanged {register}"), format!("unchanged {crm}")]);
    let kept = suite.json(&["register", "get", "A-B"]).await;
    assert_eq!(
        (text(&kept, "text"), at(&kept, "value").to_string().as_str()),
        ("{ \"a\": 1 } // kept\n", "{\"a\":1}")
    );

    suite.file("crm.yaml", &format!("{CRM}displayName: Customers\n"));
    let value = suite.json(&["apply", "-f", &suite.files()]).await;
    let change = &at(&value, "changes").as_array().unwrap()[1];
    assert_eq!(text(change, "action"), "changed");
    let difference = text(change, "difference");
    assert!(
        difference.contains("-  \"displayName\": \"\"")
            && difference.contains("+  \"displayName\": \"Customers\""),
        "{difference}"
    );
    suite.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_writes_over_what_is_damaged() {
    let suite = Suite::start().await;
    suite.file("crm.yaml", CRM);
    suite.file("A-B.json", "1");
    let written = suite.apply(&[]).await;
    let folder = suite.leave().await;
    let store = store_of(&folder).await;
    for key in ["integrations/default/CRM", "registers/heads/default/shared/A-B"] {
        store.put(key, "damaged".into(), Precondition::Exists).await.unwrap();
    }
    drop(store);
    let suite = Suite::over(folder).await;
    assert_eq!(suite.refusal(&["register", "get", "A-B"]).await, "INTERNAL");
    let changed: Vec<_> = written.iter().map(|line| line.replace("created", "changed")).collect();
    assert_eq!(suite.apply(&[]).await, changed);
    assert_eq!(text(&suite.json(&["register", "get", "A-B"]).await, "text"), "1");
    let unchanged: Vec<_> = written.iter().map(|line| line.replace("created", "unchanged")).collect();
    assert_eq!(suite.apply(&[]).await, unchanged);
    suite.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prune_deletes_what_is_not_named_of_the_kinds_that_are() {
    let suite = Suite::start().await;
    suite.file("crm.yaml", CRM);
    let gone = suite.file("A-B.json", "1");
    suite.file("A-C.json", "1");
    suite.apply(&[]).await;
    fs::remove_file(gone).unwrap();
    fs::remove_file(suite.folder.path().join("files/crm.yaml")).unwrap();

    let failure = suite.run(&["apply", "-f", &suite.files(), "--prune"]).await.unwrap_err();
    assert!(failure.exit() == Exit::Usage && failure.message().contains("--yes"), "{}", failure.message());
    suite.json(&["register", "get", "A-B"]).await;

    let expected = ["unchanged tenants/default/registers/A-C", "deleted tenants/default/registers/A-B"];
    assert_eq!(suite.apply(&["--prune", "--yes"]).await, expected);
    assert_eq!(suite.refusal(&["register", "get", "A-B"]).await, "REGISTER_NOT_FOUND");
    // No file named an integration, so none was touched.
    let endpoint = "https://127.0.0.1:44399/v2";
    assert_eq!(suite.refusal(&["call", "CRM", "GET", endpoint]).await, "ENDPOINT_NOT_LISTED");
    suite.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_leaves_nothing_half_applied() {
    let suite = Suite::start().await;
    suite.file("A-B.json", "1");
    suite.file("zzz.yaml", "kind: Integration\nname: CRM\n");
    let failure = suite.run(&["apply", "-f", &suite.files()]).await.unwrap_err();
    assert_eq!((failure.reason(), failure.exit()), ("FILE_INVALID", Exit::Usage));

    fs::remove_file(suite.folder.path().join("files/zzz.yaml")).unwrap();
    let broken = r#"{ "requestMapping": { "method": "GET", "url": "${nope:1}" } }"#;
    let path = suite.file("ADAPTER.X-Y.json", broken);
    let failure = suite.run(&["apply", "-f", &suite.files()]).await.unwrap_err();
    assert_eq!((failure.reason(), failure.exit()), ("FILE_INVALID", Exit::Usage));
    assert!(failure.message().contains(&path) && failure.message().contains('^'), "{}", failure.message());
    assert_eq!(at(&suite.json(&["register", "list"]).await, "registers").as_array().unwrap().len(), 0);
    suite.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_may_read_a_register_of_the_same_apply() {
    let suite = Suite::start().await;
    let adapter = r#"{ "requestMapping": { "method": "GET", "url": "https://a.example/", "body": "${configRegister:T-BODY}" } }"#;
    suite.file("ADAPTER.X-Y.json", adapter);
    suite.file("T-BODY.json", "{}");
    let value = suite.json(&["apply", "-f", &suite.files()]).await;
    assert_eq!(at(&value, "warnings").as_array().unwrap().len(), 0, "{value}");
    assert_eq!(at(&value, "changes").as_array().unwrap().len(), 2);
    suite.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registers_of_a_business_unit_are_its_own() {
    let suite = Suite::start().await;
    suite.file("A-B.json", "\"shared\"");
    suite.apply(&[]).await;
    suite.file("A-B.json", "\"private\"");
    let created = suite.apply(&["--unit", "berlin"]).await;
    assert_eq!(created, ["created tenants/default/businessUnits/berlin/registers/A-B"]);
    for (unit, value) in
        [(&[][..], "shared"), (&["--unit", "berlin"], "private"), (&["--unit", "wien"], "shared")]
    {
        let kept = suite.json(&[&["register", "get", "A-B"], unit].concat()).await;
        assert_eq!(text(&kept, "value"), value);
    }
    let listed = suite.json(&["register", "list", "--unit", "berlin", "--prefix", "A-"]).await;
    assert_eq!(at(&listed, "registers").as_array().unwrap().len(), 1);
    suite.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_tells_every_revision_and_get_reads_them() {
    let suite = Suite::start().await;
    for text in ["1", "2", "3"] {
        suite.file("A-B.json", text);
        suite.apply(&[]).await;
    }
    let history = suite.json(&["register", "history", "A-B", "--limit", "2"]).await;
    let revisions = at(&history, "revisions").as_array().unwrap();
    assert_eq!(revisions.iter().map(|revision| text(revision, "change")).collect::<Vec<_>>(), ["put", "put"]);
    let etag = text(&revisions[1], "etag");
    for written in [etag, etag.trim_matches('"')] {
        let past = suite.json(&["register", "get", "A-B", "--revision", written]).await;
        assert_eq!(text(&past, "text"), "2");
    }
    suite.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_suite_refuses_has_its_reason() {
    let suite = Suite::start().await;
    suite.file("crm.yaml", &format!("{CRM}auth:\n  bearer: {{ token: '{{{{secret:none}}}}' }}\n"));
    suite.apply(&[]).await;
    let listed = "https://127.0.0.1:44399/v1/x";
    assert_eq!(suite.refusal(&["call", "NONE", "GET", listed]).await, "INTEGRATION_NOT_FOUND");
    assert_eq!(suite.refusal(&["call", "CRM", "GET", listed]).await, "SECRET_NOT_FOUND");
    assert_eq!(suite.refusal(&["secret", "delete", "none"]).await, "SECRET_NOT_FOUND");
    let input = suite.file("input", "{}");
    assert_eq!(suite.refusal(&["run", "ADAPTER.X-Y", "--input", &input]).await, "REGISTER_NOT_FOUND");
    assert_eq!(suite.refusal(&["explain", "ADAPTER.X-Y", "--input", &input]).await, "REGISTER_NOT_FOUND");
    let failure = run_cli(&["secret", "list", "--server", &suite.address]).await.unwrap_err();
    assert_eq!(failure.reason(), "UNAUTHENTICATED");
    suite.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_listed_without_a_trace_of_their_values() {
    let suite = Suite::start().await;
    let data: PathBuf = suite.folder.path().join("data");
    let cli = Cli::try_parse_from(["outgate", "secret", "list", "--data", data.to_str().unwrap()]).unwrap();
    let client = Client::new(&cli.common).unwrap();
    for name in ["tenants/default/secrets/key", "tenants/default/businessUnits/north/secrets/own"] {
        let request = PutSecretRequest {
            name: name.into(),
            value: "hunter2hunter2".into(),
            url: "https://a.example/x".into(),
            token_urls: vec!["https://b.example/y".into()],
            ..Default::default()
        };
        put_secret(&client, request).await.unwrap();
    }
    let listed = suite.json(&["secret", "list"]).await;
    let [secret] = at(&listed, "secrets").as_array().unwrap() else { panic!("one secret: {listed}") };
    assert_eq!((text(secret, "name"), text(secret, "scope")), ("key", "https://a.example"));
    assert_eq!(at(secret, "tokenOrigins").as_array().unwrap(), ["https://b.example".into()]);
    let private = suite.json(&["secret", "list", "--unit", "north"]).await;
    let [secret] = at(&private, "secrets").as_array().unwrap() else { panic!("one secret: {private}") };
    assert_eq!(text(secret, "name"), "own");
    assert!(!listed.to_string().contains("hunter2"), "{listed}");
    assert_eq!(suite.json(&["secret", "delete", "key"]).await, Value::from([("deleted", "key".into())]));
    suite.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_is_no_json_is_refused_here() {
    let suite = Suite::start().await;
    let input = suite.file("input", "{\n  'a': 1 }");
    let failure = suite.run(&["run", "ADAPTER.X-Y", "--input", &input]).await.unwrap_err();
    assert_eq!((failure.reason(), failure.exit()), ("FILE_INVALID", Exit::Usage));
    assert!(failure.message().contains("line 2, column 3"), "{}", failure.message());
    suite.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn check_tells_every_problem_and_its_place() {
    let suite = Suite::start().await;
    let path = suite.file(
        "ADAPTER.X-Y.json",
        "{ \"requestMapping\": {\n  \"method\": \"GET\", \"url\": \"${nope:1}\" } }",
    );
    let report = suite.run(&["check", &path]).await.unwrap();
    assert_eq!(report.exit, Exit::Refused);
    let value = report.value.unwrap();
    let adapter = &at(&value, "adapters").as_array().unwrap()[0];
    let found = &at(adapter, "diagnostics").as_array().unwrap()[0];
    assert_eq!((text(found, "severity"), at(found, "line").to_string().as_str()), ("error", "2"));
    suite.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_suite_is_alive() {
    let suite = Suite::start().await;
    let value = suite.json(&["healthcheck", "--service", "liveness"]).await;
    assert_eq!(text(&value, "status"), "SERVING");
    suite.end().await;
}
