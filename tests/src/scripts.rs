//! `evaluate` beyond simple expressions, through the binary: scripts run in processes of their own.

use std::{
    collections::BTreeSet,
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tonic::Code;

use crate::harness::{Answer, Authority, Counterpart, Setup, Suite, project};

/// A suite, and a shop that answers with orders.
struct Scene {
    shop: Counterpart,
    suite: Suite,
    adapters: AtomicUsize,
    _authority: Authority,
}

impl Scene {
    async fn new() -> Self {
        Self::with("").await
    }

    /// With further lines of the configuration.
    async fn with(config: &str) -> Self {
        let authority = Authority::new();
        let orders = json!({ "orders": [{ "id": 1, "total": 10.5 }, { "id": 2, "total": 4 }, { "id": 3, "total": 25 }] });
        let shop = Counterpart::start(&authority, move |_| Answer::json(200, &orders)).await;
        let suite = Setup::new(&authority).config(config).start().await;
        Self { shop, suite, adapters: AtomicUsize::new(0), _authority: authority }
    }

    /// Runs an adapter whose result is that of a script. It is a new one: a run may see for a moment what a register was before.
    async fn run(&self, script: &str) -> Result<Value, tonic::Status> {
        let adapter = json!({
            "requestMapping": { "url": self.shop.url("/orders") },
            "responseMapping": { "made": format!("${{evaluate:{script}}}") },
        });
        let name = format!("ADAPTER.ORDER-SHOP-{}", self.adapters.fetch_add(1, Ordering::Relaxed));
        self.suite.put_register(&name, &adapter.to_string()).await.expect("it is taken");
        let run = self.suite.run(&name, &json!({ "least": 5 })).await?;
        let result: Value = serde_json::from_slice(&run.result).expect("the result is JSON");
        Ok(result["made"].clone())
    }
}

const SUM: &str = "${currentObject:response.orders}.filter(o => o.total > ${currentObject:input.least})\
                   .map(({ total }) => total).reduce((a, b) => a + b, 0)";

#[tokio::test]
async fn a_script_maps_filters_and_reduces() {
    let scene = Scene::new().await;
    assert_eq!(scene.run(SUM).await.expect("it runs"), json!(35.5));
}

#[tokio::test]
async fn hostile_scripts_are_refused_and_the_next_run_works() {
    let scene = Scene::new().await;
    let vectors = fs::read(project().join("tests/fixtures/vectors/hostile_scripts.json")).expect("vectors");
    let vectors: Vec<Value> = serde_json::from_slice(&vectors).expect("JSON");
    for name in ["array_from", "includes_sparse", "regex_sticky"] {
        let vector = vectors.iter().find(|vector| vector["name"] == name).expect("a vector");
        let status = scene.run(vector["script"].as_str().expect("text")).await.expect_err(name);
        assert_eq!(status.code(), Code::FailedPrecondition, "{name}: {status:?}");
        let told = status.message().contains("longer than") || status.message().contains("memory");
        assert!(
            told && status.message().contains("responseMapping.made.evaluate"),
            "{name}: {}",
            status.message()
        );
        assert_eq!(scene.run(SUM).await.expect("it runs"), json!(35.5), "after {name}");
    }
}

/// A block that was copied beside itself to grow would want more than a script's process may have.
#[tokio::test]
async fn what_a_script_collects_grows_up_to_the_bound() {
    let scene = Scene::new().await;
    let script = "const part = 'x'.repeat(1024), row = new Array(1024).fill(part).join(''); new Array(48).fill(row).join('').length";
    assert_eq!(scene.run(script).await.expect("it fits"), json!(50_331_648));
}

/// The digits, which stand for every bit, are those of the functions that the binary was linked with, in the place of the C
/// library's.
#[tokio::test]
async fn elementary_functions_have_the_digits_that_they_have_everywhere() {
    let scene = Scene::new().await;
    let cases = fs::read(project().join("shared/scripts/testdata/maths.json")).expect("cases");
    let cases: Vec<Value> = serde_json::from_slice(&cases).expect("JSON");
    for case in cases {
        let calculates = case["calculates"].as_str().expect("text");
        let script = format!(
            "let sum = 0; for (let i = 1; i <= 3000; i++) {{ const number = {calculates}, \
             digits = Object.is(number, -0) ? '-0' : String(number); \
             for (let at = 0; at < digits.length; at++) sum = Math.imul(sum ^ digits.charCodeAt(at), 0x01000193); }} \
             (sum >>> 0).toString(16).padStart(8, '0')"
        );
        assert_eq!(scene.run(&script).await.expect("it runs"), case["sum"], "{calculates}");
    }
}

#[tokio::test]
async fn what_is_no_script_is_found_before_anything_is_sent() {
    let scene = Scene::new().await;
    let status = scene.run("${currentObject:response.orders}.map(o => )").await.expect_err("no script");
    assert!(
        status.message().contains("script-syntax") && status.message().contains('^'),
        "{}",
        status.message()
    );
    assert!(scene.shop.received().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn workers_end_with_a_suite_that_is_killed() {
    let scene = Scene::new().await;
    let workers = scene.suite.children();
    assert_eq!(workers.len(), 4, "as many as the configuration says");
    for worker in &workers {
        let environment = fs::read(format!("/proc/{worker}/environ")).expect("a worker");
        assert!(environment.is_empty(), "a worker has no environment");
        let status = fs::read_to_string(format!("/proc/{worker}/status")).expect("a worker");
        assert!(status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"), "{status}");
    }
    drop(scene);
    let patience = Instant::now() + Duration::from_secs(20);
    let there = |workers: &BTreeSet<u32>| {
        workers.iter().any(|id| fs::exists(format!("/proc/{id}/fd/0")).unwrap_or(false))
    };
    while there(&workers) {
        assert!(Instant::now() < patience, "workers outlive the suite");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn without_workers_what_needs_one_is_refused_and_the_rest_runs() {
    let scene = Scene::with("[scripts]\nworkers = 0\n").await;
    let status = scene.run(SUM).await.expect_err("nobody runs it");
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert!(
        status.message().ends_with("more than a simple shape, and this run has no JavaScript engine"),
        "{status:?}"
    );
    assert_eq!(scene.run("1 < 2 ? 'more' : 'less'").await.expect("it is simple"), json!("more"));
    assert!(scene.suite.children().is_empty(), "there is no worker");
}
