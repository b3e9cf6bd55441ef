//! Commands of the binary, as a shell would run them.

use std::process::{Output as Ended, Stdio};

use serde_json::Value;
use tokio::{io::AsyncWriteExt, process::Command};

use super::outgate;

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Output {
    /// The exit code.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The one JSON value on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("standard output is no JSON value ({error}): {self:?}"))
    }

    /// The JSON value of a command that worked.
    pub(crate) fn success(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        self.json()
    }

    /// The reason of a command that did not work, whose exit code was this.
    pub(crate) fn reason(&self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        self.json()["error"]["reason"].as_str().unwrap_or_else(|| panic!("no reason: {self:?}")).to_owned()
    }
}

/// The binary with nothing of this process's environment but `PATH`.
pub(crate) fn command() -> Command {
    let mut command = Command::new(outgate());
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).kill_on_drop(true);
    command
}

/// Runs a command with something on standard input.
pub(crate) async fn run(arguments: &[&str], stdin: &str) -> Output {
    let mut process = command()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut input = process.stdin.take().expect("it is piped");
    // A command that reads no input may have ended already.
    let _ = input.write_all(stdin.as_bytes()).await;
    drop(input);
    process.wait_with_output().await.expect("the command ends").into()
}

impl From<Ended> for Output {
    fn from(ended: Ended) -> Self {
        Self {
            code: ended.status.code().expect("the command was not killed"),
            stdout: String::from_utf8(ended.stdout).expect("standard output is text"),
            stderr: String::from_utf8(ended.stderr).expect("standard error is text"),
        }
    }
}
