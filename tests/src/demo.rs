//! `outgate demo`: the whole story, in one command.

use serde_json::{Value, json};

use crate::harness::{Demo, run};

/// How the story shows a secret.
const HOLE: &str = "{{secret:secret_name}}";

#[tokio::test]
async fn the_demo_tells_its_story_and_ends_with_0() {
    let told = run(&["demo", "--exit"], "").await;
    assert_eq!(told.code, 0, "{told:?}");
    for part in [HOLE, "getAllCustomerData", "EXT.OK", "in JSON", "in XML"] {
        assert!(told.stdout.contains(part), "`{part}` is missing in:\n{}", told.stdout);
    }
    for credential in credentials(&told.stdout) {
        let shown = ["(the credential", "[secret removed]", HOLE]
            .iter()
            .any(|instead| credential.starts_with(instead));
        assert!(shown, "the credential `{credential}` is printed");
    }
}

/// What stands where a credential would, in a text.
fn credentials(text: &str) -> Vec<&str> {
    let mut found: Vec<_> =
        ["authorization: ", "x-api-key: ", "Bearer ", "Basic ", "\"authorization\": \"Bearer "]
            .iter()
            .flat_map(|name| text.split(name).skip(1))
            // What begins with the scheme is looked at behind it.
            .filter(|rest| !rest.starts_with("Bearer "))
            .filter_map(|rest| rest.lines().next())
            .collect();
    found.sort_unstable();
    assert!(found.len() >= 4, "the story shows where credentials went: {found:?}");
    found
}

#[tokio::test]
async fn the_demo_as_json_is_one_value() {
    let told = run(&["demo", "--exit", "--json"], "").await.success();
    assert_eq!(told["crm"]["tokenRequests"], 1, "several calls at once, one token request");
    assert_eq!(told["accounting"]["request"]["headers"]["x-api-key"], HOLE);
    for (run, id) in [("json", "ACC-C-1001"), ("xml", "ACC-X-1002")] {
        let result = &told["accounting"][run]["result"];
        assert_eq!(result["extStatus"], "EXT.OK", "{run}");
        assert_eq!(result["extId"], id, "{run}");
    }
    let received = told["accounting"]["received"].as_array().expect("what accounting got");
    assert!(received.iter().all(|received| received["authentic"] == json!(true)), "it knew the key");
    assert_eq!(told["proof"]["found"], 0);
}

#[tokio::test]
async fn the_demo_serves_until_it_is_interrupted_and_leaves_nothing_behind() {
    let demo = Demo::start().await;
    assert_ne!(demo.story["next"], Value::Null, "it says how to go on");
    let data = demo.text("/opening/data").to_owned();
    let listed = run(&["--json", "secret", "list", "--data", &data], "").await.success();
    assert!(listed.to_string().contains("secret_name"), "{listed}");

    let (ended, left) = demo.interrupt().await;

    assert_eq!(ended.code(), Some(0));
    assert!(left.is_empty(), "{left:?} is left behind");
}
