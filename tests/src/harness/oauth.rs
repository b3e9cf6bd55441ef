//! A real authorization server: oidc-provider on Node, over TLS on loopback.

use std::process::Stdio;

use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use tempfile::TempDir;

use oracle::Canary;

use super::{Authority, node, project};

/// The server. It ends when this is dropped: its standard input closes, and it is killed besides.
pub(crate) struct OauthServer {
    url: String,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    /// Where it writes down the tokens that it gives out.
    _given_out: TempDir,
    _process: Child,
}

/// What the server has seen.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Seen {
    /// How each request to the token endpoint was authenticated: `basic`, `body` or `none`.
    pub(crate) token_requests: Vec<String>,
    /// The access tokens that it gave out.
    pub(crate) access_tokens: Vec<String>,
}

impl OauthServer {
    /// Starts one that knows the clients `basic` and `body`, each by this secret.
    pub(crate) async fn start(authority: &Authority, client_secret: &str) -> Self {
        let folder = project().join("tests/counterparts");
        assert!(
            folder.join("node_modules/oidc-provider").is_dir(),
            "oidc-provider is not installed; tests/run does it, or `npm ci` in {}",
            folder.display()
        );
        Canary::known("a client's secret", client_secret);
        let given_out = tempfile::tempdir().expect("a temporary folder");
        let tokens = given_out.path().join("tokens");
        oracle::canaries_in(&tokens);
        let mut process = Command::new(node())
            .arg(folder.join("oauth.mjs"))
            .args([authority.cert_file(), authority.key_file()])
            .env("CLIENT_SECRET", client_secret)
            .env("GIVEN_OUT", tokens)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts");
        let commands = process.stdin.take().expect("it is piped");
        let mut answers = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let url = line(&mut answers).await;
        Self { url, commands, answers, _given_out: given_out, _process: process }
    }

    /// The token endpoint.
    pub(crate) fn token_url(&self) -> String {
        format!("{}/token", self.url)
    }

    /// What it has seen so far.
    pub(crate) async fn seen(&mut self) -> Seen {
        self.commands.write_all(b"seen\n").await.expect("the server listens");
        serde_json::from_str(&line(&mut self.answers).await).expect("the server answers JSON")
    }
}

impl Drop for OauthServer {
    fn drop(&mut self) {
        oracle::learn();
    }
}

async fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    lines.next_line().await.expect("the server's words are text").expect("the server runs")
}
