//! RunConnector: a register that names what runs.

use serde_json::json;

use super::{
    counterpart::{Counterpart, json as answer},
    world::{World, metadata, refused, value},
};

async fn world(counterpart: &Counterpart) -> World {
    let world = World::new(counterpart).await;
    for target in ["ONE", "TWO"] {
        let text = format!(
            r#"{{
                "requestMapping": {{
                    "method": "POST", "url": "{}/{target}",
                    "headers": {{"Content-Type": "application/json"}}, "body": "${{currentObject:input}}"
                }},
                "responseMapping": {{"target": "{target}", "id": "${{currentObject:response.id}}"}}
            }}"#,
            counterpart.origin()
        );
        world.register(&format!("ADAPTER.COMPANY-{target}"), text).await;
    }
    world
}

#[tokio::test]
async fn a_connector_runs_one_adapter_or_several_in_order() {
    let counterpart = Counterpart::start(|_, before| answer(200, &format!(r#"{{"id": {before}}}"#))).await;
    let world = world(&counterpart).await;
    world.register("CONNECTOR-ONE", r#""ADAPTER.COMPANY-ONE" // the only one"#).await;
    let run = world.run_connector("CONNECTOR-ONE", r#"{"a": 1}"#).await.unwrap();
    assert_eq!((run.steps.len(), value(&run.result)), (1, json!({"target": "ONE", "id": 0})));

    world.register("CONNECTOR-ALL", r#"["ADAPTER.COMPANY-TWO", "ADAPTER.COMPANY-ONE"]"#).await;
    let run = world.run_connector("CONNECTOR-ALL", r#"{"a": 2}"#).await.unwrap();
    let steps: Vec<_> = run.steps.iter().map(|step| (step.adapter.as_str(), value(&step.result))).collect();
    assert_eq!(steps[0], ("ADAPTER.COMPANY-TWO", json!({"target": "TWO", "id": 1})));
    assert_eq!(steps[1], ("ADAPTER.COMPANY-ONE", json!({"target": "ONE", "id": 2})));
    assert_eq!((&run.result, run.meta.as_ref()), (&run.steps[1].result, run.steps[1].meta.as_ref()));
    let seen = counterpart.seen();
    assert!(
        seen[1..].iter().all(|seen| value(&seen.body) == json!({"a": 2})),
        "every adapter has the same input"
    );
}

#[tokio::test]
async fn a_name_that_is_itself_an_adapter_runs_it() {
    let counterpart = Counterpart::start(|_, _| answer(200, r#"{"id": 7}"#)).await;
    let world = world(&counterpart).await;
    let run = world.run_connector("ADAPTER.COMPANY-ONE", "{}").await.unwrap();
    assert_eq!(value(&run.result), json!({"target": "ONE", "id": 7}));
}

#[tokio::test]
async fn a_connector_that_names_nothing_that_runs_is_refused_before_anything_is_sent() {
    let counterpart = Counterpart::quiet().await;
    let world = world(&counterpart).await;
    world.register("CONNECTOR-ONE", r#""ADAPTER.COMPANY-ONE""#).await;
    let bad = [
        "7",
        "null",
        "[]",
        r#"["ADAPTER.COMPANY-ONE", 7]"#,
        r#"["ADAPTER.COMPANY-ONE", "ADAPTER.COMPANY-NONE"]"#,
        r#"["ADAPTER.COMPANY-ONE", "a b"]"#,
        r#""CONNECTOR-ONE""#,
    ];
    for (index, text) in bad.into_iter().enumerate() {
        let key = format!("CONNECTOR-BAD{index}");
        world.register(&key, text).await;
        let status = refused(world.run_connector(&key, "{}").await, "CONNECTOR_INVALID");
        assert_eq!(metadata(&status, "name"), format!("tenants/acme/registers/{key}"));
    }
    world.register("ADAPTER.COMPANY-BROKEN", r#"{"requestMapping": {"url": "${nothing:x}"}}"#).await;
    world.register("CONNECTOR-BROKEN", r#"["ADAPTER.COMPANY-ONE", "ADAPTER.COMPANY-BROKEN"]"#).await;
    refused(world.run_connector("CONNECTOR-BROKEN", "{}").await, "ADAPTER_INVALID");
    refused(world.run_connector("CONNECTOR-NONE", "{}").await, "REGISTER_NOT_FOUND");
    assert!(counterpart.seen().is_empty());
}
