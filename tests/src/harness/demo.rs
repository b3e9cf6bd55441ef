//! `outgate demo` while it serves.

use std::{
    fs::File,
    path::Path,
    process::{ExitStatus, Stdio},
};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Child,
    time::timeout,
};

use super::{
    Collector,
    command::command,
    process::{PATIENCE, end, signal},
    setup::made_secrets,
};

/// A running demo and its story. It ends when it is dropped, and then nothing secret may have come out of it.
pub(crate) struct Demo {
    process: Child,
    /// Where it may leave files.
    folder: TempDir,
    /// Where its log goes.
    log: TempDir,
    _collector: Collector,
    /// What it told before it went on serving.
    pub(crate) story: Value,
}

impl Demo {
    /// Starts it and waits for its story.
    pub(crate) async fn start() -> Self {
        let [folder, log] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
        let collector = Collector::start();
        let stderr = File::create(log.path().join("stderr")).expect("a log can be written");
        let mut process = command()
            .args(["demo", "--json"])
            .env("TMPDIR", folder.path())
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
            .current_dir(log.path())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let line =
            timeout(PATIENCE, lines.next_line()).await.expect("the story is told").expect("it is text");
        let line = line.expect("the demo tells a story");
        oracle::came_out("the story of the demo", line.as_bytes());
        let story: Value = serde_json::from_str(&line).expect("it is one JSON value");
        made_secrets(Path::new(
            story["opening"]["data"].as_str().expect("the story tells where its data is"),
        ));
        Self { process, folder, log, _collector: collector, story }
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

impl Drop for Demo {
    fn drop(&mut self) {
        // Its folder is searched while it is there: the demo takes it away.
        oracle::search(&[self.folder.path()]);
        end(&mut self.process);
        oracle::search(&[self.log.path()]);
    }
}
