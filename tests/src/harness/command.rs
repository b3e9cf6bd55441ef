//! Commands of the binary, as a shell would run them.

use std::process::{Output as Ended, Stdio};

use serde_json::Value;
use tokio::{io::AsyncWriteExt, process::Command};

use oracle::Canary;

use super::prerequisites::outgate;

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

/// Everything that the suite, and every library under it, has to say: what is asked for by name wins over what is asked
/// for of all.
const EVERYTHING: &str = "trace,h2=trace,hyper=trace,hyper_util=trace,opentelemetry=trace,opentelemetry_sdk=trace,\
                          opentelemetry_otlp=trace,reqwest=trace,rustls=trace,sled=trace,tonic=trace,tower=trace";

/// The same of what is exported, but for the libraries that export it: they would have their own work to tell of, without end.
const EVERYTHING_BUT_EXPORTS: &str = "trace,reqwest=trace,rustls=trace,sled=trace";

/// The binary with nothing of this process's environment but `PATH`, at its most talkative.
pub(crate) fn command() -> Command {
    command_under(&[])
}

/// The same, as what another program becomes: it is given these arguments, and then the binary's.
pub(super) fn command_under(program: &[&str]) -> Command {
    let mut command = match program {
        [] => Command::new(outgate()),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(outgate());
            command
        }
    };
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("OUTGATE_TELEMETRY__LOG", EVERYTHING)
        .env("OUTGATE_TELEMETRY__SPANS", EVERYTHING_BUT_EXPORTS)
        .kill_on_drop(true);
    command
}

/// Runs a command with something on standard input. What is piped to `secret` is a canary, and none may come out.
pub(crate) async fn run(arguments: &[&str], stdin: &str) -> Output {
    run_in(&[], arguments, stdin).await
}

/// The same with these variables in its environment.
pub(crate) async fn run_in(environment: &[(&str, &str)], arguments: &[&str], stdin: &str) -> Output {
    let value = stdin.trim_end_matches(['\r', '\n']);
    if arguments.contains(&"secret") && !value.is_empty() {
        Canary::known("the secret of a command", value);
    }
    let mut process = command()
        .envs(environment.iter().copied())
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
    let ended = process.wait_with_output().await.expect("the command ends");
    let name = arguments.join(" ");
    oracle::came_out(format!("standard output of `{name}`"), &ended.stdout);
    oracle::came_out(format!("standard error of `{name}`"), &ended.stderr);
    oracle::search(&[]);
    ended.into()
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
