//! `outgate demo` while it serves.

use std::process::{ExitStatus, Stdio};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Child,
    time::timeout,
};

use super::{
    command::command,
    process::{PATIENCE, signal},
};

/// A running demo and its story. It is killed when it is dropped.
pub(crate) struct Demo {
    process: Child,
    /// Where it may leave files.
    folder: TempDir,
    /// What it told before it went on serving.
    pub(crate) story: Value,
}

impl Demo {
    /// Starts it and waits for its story.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut process = command()
            .args(["demo", "--json"])
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let line =
            timeout(PATIENCE, lines.next_line()).await.expect("the story is told").expect("it is text");
        let story =
            serde_json::from_str(&line.expect("the demo tells a story")).expect("it is one JSON value");
        Self { process, folder, story }
    }

    /// A text of the story.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        let value =
            self.story.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not in {:#}", self.story));
        value.as_str().expect("it is text")
    }

    /// Interrupts it as Ctrl-C does, and says how it ended and what it left behind.
    pub(crate) async fn interrupt(mut self) -> (ExitStatus, Vec<String>) {
        signal(&self.process, Signal::INT);
        let ended = timeout(PATIENCE, self.process.wait())
            .await
            .expect("the demo ends")
            .expect("it can be waited for");
        let left = std::fs::read_dir(self.folder.path()).expect("the folder is there");
        let left = left.map(|entry| format!("{:?}", entry.expect("it can be read").file_name())).collect();
        (ended, left)
    }
}
