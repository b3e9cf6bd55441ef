//! Clients generated from the contracts in other languages make the demo's two calls.

use std::{ffi::OsStr, fs, os::unix::fs::symlink, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::harness::{Demo, came_out, node, project, python, tool};

/// Runs a client against the demo, and insists that it gets what the demo told.
async fn calls_the_demo(client: &mut Command) {
    let demo = Demo::start().await;
    let server = demo.text("/opening/suite").trim_start_matches("http://");
    let token_file = Path::new(demo.text("/opening/data")).join("operator.token");
    let input = project().join("services/outgate/examples/company.json");
    client.arg(server).arg(token_file).arg(demo.text("/crm/url")).arg(input);

    let said: Value = serde_json::from_str(&output(client).await).expect("the client prints one JSON value");

    let told = &demo.story;
    let expected = &told["crm"]["answers"][0];
    assert_eq!(said["execute"], json!({ "status": 200, "ok": true, "body": expected["body"] }));
    let (ran, expected) = (&said["run"], &told["accounting"]["json"]);
    assert_eq!((&ran["status"], &ran["error"]), (&expected["meta"]["status"], &json!(false)));
    assert_eq!(without_time(&ran["result"]), without_time(&expected["result"]));
    assert_eq!(said["refused"], "INTEGRATION_NOT_FOUND");
}

/// The printed mapping's result less the time of the run.
fn without_time(result: &Value) -> Value {
    let mut result = result.clone();
    let time = result["extTimestamp"].take();
    assert!(time.is_string(), "{result}");
    result
}

#[tokio::test]
async fn a_python_client_from_the_contracts_makes_the_demos_two_calls() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = |kind: &str| format!("--{kind}_out={}", folder.path().display());
    output(
        Command::new(python())
            .args(["-m", "grpc_tools.protoc", "--proto_path=."])
            .args([out("python"), out("pyi"), out("grpc_python")])
            .args(contracts())
            .current_dir(project().join("proto")),
    )
    .await;
    let mut client = Command::new(python());
    client.arg(project().join("tests/clients/python/call.py")).env("PYTHONPATH", folder.path());
    client.env("PYTHONDONTWRITEBYTECODE", "1");
    calls_the_demo(&mut client).await;
}

#[tokio::test]
async fn a_typescript_client_from_the_contracts_makes_the_demos_two_calls() {
    let source = project().join("tests/clients/typescript");
    let modules = source.join("node_modules");
    assert!(modules.is_dir(), "{} is not there; tests/run installs it with `npm ci`", modules.display());
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in ["call.ts", "package.json", "tsconfig.json"] {
        fs::copy(source.join(file), folder.path().join(file)).expect("a source can be copied");
    }
    symlink(&modules, folder.path().join("node_modules")).expect("a link can be made");

    let generated = folder.path().join("generated");
    let details = google_rpc().await;
    for contracts in [project().join("proto").as_path(), details.path()] {
        generate(&modules, &generated, contracts).await;
    }
    output(Command::new(node()).arg(modules.join("typescript/bin/tsc")).arg("-p").arg(folder.path())).await;
    calls_the_demo(Command::new(node()).arg(folder.path().join("built/call.js"))).await;
}

/// Generates TypeScript from the contracts in `input`.
async fn generate(modules: &Path, out: &Path, input: &Path) {
    let plugin = json!({
        "local": [node(), modules.join("@bufbuild/protoc-gen-es/bin/protoc-gen-es")],
        "out": out,
        "opt": ["target=ts", "import_extension=js"]
    });
    let template = json!({ "version": "v2", "plugins": [plugin] }).to_string();
    output(Command::new(tool("buf")).arg("generate").arg(input).arg("--template").arg(template)).await;
}

/// A folder with the contract of `google.rpc` in which every refusal has its details, and nothing else: buf generates
/// for everything that it finds.
async fn google_rpc() -> TempDir {
    let mut python = Command::new(python());
    python.args(["-c", "import google.rpc, os; print(os.path.dirname(list(google.rpc.__path__)[0]))"]);
    let google = output(&mut python).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let kept = folder.path().join("google/rpc");
    fs::create_dir_all(&kept).expect("a temporary folder can be made");
    let file = Path::new(google.trim()).join("rpc/error_details.proto");
    fs::copy(file, kept.join("error_details.proto")).expect("it is installed");
    folder
}

/// Every contract, as a path below `proto/`.
fn contracts() -> Vec<String> {
    let mut folders = vec![project().join("proto/outgate")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the contracts can be read") {
            let path = entry.expect("the contracts can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some(OsStr::new("proto")) {
                let below = path.strip_prefix(project().join("proto")).expect("it lies there");
                found.push(below.to_str().expect("text").to_owned());
            }
        }
    }
    found
}

/// Runs a program to its good end and gives its standard output.
async fn output(command: &mut Command) -> String {
    let ended = command.kill_on_drop(true).output().await.expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    came_out("what a client printed", &[&ended.stdout[..], &ended.stderr[..]].concat());
    assert!(ended.status.success(), "{command:?}: {}\n{}", text(&ended.stdout), text(&ended.stderr));
    text(&ended.stdout)
}
