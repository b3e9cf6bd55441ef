//! Sealing keys: rotated in use, replaced on disk, wrapped by an engine, and never without a file that opens everything.

mod false_engine;
mod read_only;
mod refused;
mod replacing;
mod rotating;
mod shared;
mod transit;

use std::{collections::BTreeSet, fs, path::PathBuf};

use proto::{integrations::v1::ExecuteIntegrationResponse, keys::v1::KeyStatus};
use serde_json::json;

use crate::harness::{Answer, Authority, Canary, Counterpart, Output, Suite, anybody, bearer, sealing_keys};

/// A suite, and a counterpart that tells which secret it got.
struct Scene {
    suite: Suite,
    witness: Counterpart,
    authority: Authority,
}

impl Scene {
    async fn new() -> Self {
        let authority = Authority::new();
        let suite = Suite::start(&authority).await;
        Self::with(authority, suite).await
    }

    async fn with(authority: Authority, suite: Suite) -> Self {
        let witness = Counterpart::start(&authority, |_| Answer::json(200, &json!("seen"))).await;
        Self { suite, witness, authority }
    }

    /// Puts a secret, and an integration that sends it.
    async fn put(&self, id: &str) -> Canary {
        let value = Canary::new();
        self.suite.put_secret(id, self.witness.url("/"), value.text()).await;
        self.suite.create_integration(id, anybody(self.witness.url("/**"), bearer(id))).await;
        value
    }

    /// Sends the secret to the witness.
    async fn call(&self, id: &str) -> ExecuteIntegrationResponse {
        self.suite.get(id, self.witness.url(&format!("/{id}"))).await.expect("the call goes through")
    }

    /// Sends the secret, and looks whether it is this one.
    async fn check(&self, id: &str, value: &Canary) {
        self.call(id).await;
        assert_eq!(self.witness.last().header("authorization"), format!("Bearer {}", value.text()), "{id}");
    }

    fn key_file(&self) -> PathBuf {
        self.suite.data().join("seal.key")
    }

    fn file(&self) -> String {
        fs::read_to_string(self.key_file()).expect("there is a key file")
    }

    /// A command about the suite's keys; the keys of its file are looked for everywhere from then on.
    async fn keys(&self, arguments: &[&str]) -> Output {
        let output = self.suite.command(&[&["keys"], arguments, &["--json"]].concat()).await;
        sealing_keys(&self.key_file());
        output
    }

    /// A command that edits the key file.
    async fn edit(&self, action: &str, arguments: &[&str]) -> Output {
        let file = self.key_file().display().to_string();
        self.keys(&[&["file", action, &file], arguments].concat()).await
    }
}

/// The ids in a key file.
fn ids_in(file: &str) -> BTreeSet<String> {
    let lines = file.lines().filter(|line| line.starts_with("key ") || line.starts_with("wrapped "));
    lines.map(|line| line.split(' ').nth(1).expect("a key has an id").to_owned()).collect()
}

/// The id of the key that seals.
fn active(status: &KeyStatus) -> String {
    let active: Vec<_> = status.keys.iter().filter(|key| key.active).map(|key| key.id.clone()).collect();
    assert_eq!(active.len(), 1, "{status:?}");
    active[0].clone()
}

/// Whether the old keys are gone and nothing is under way.
fn is_over(status: &KeyStatus) -> bool {
    status.keys.len() == 1 && status.rewrap.as_ref().is_some_and(|rewrap| !rewrap.running)
}
