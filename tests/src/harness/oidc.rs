//! A real issuer of signed tokens: oidc-provider on Node, over TLS on loopback.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use oracle::Canary;

use super::{Authority, node, project};

/// The issuer. It ends when this is dropped: its standard input closes, and it is killed besides.
pub(crate) struct OpenIdProvider {
    url: String,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl OpenIdProvider {
    /// Starts one with a client `backend`.
    pub(crate) async fn start(authority: &Authority) -> Self {
        let folder = project().join("tests/counterparts");
        assert!(
            folder.join("node_modules/oidc-provider").is_dir(),
            "oidc-provider is not installed; tests/run does it, or `npm ci` in {}",
            folder.display()
        );
        let mut process = Command::new(node())
            .arg(folder.join("issuer.mjs"))
            .args([authority.cert_file(), authority.key_file(), authority.ca_file()])
            .env("CLIENT_SECRET", Canary::new().text())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts");
        let commands = process.stdin.take().expect("it is piped");
        let mut answers = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let url = line(&mut answers).await;
        Self { url, commands, answers, _process: process }
    }

    /// `iss` of its tokens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A token of the client `backend` for the audience `outgate`, signed with this algorithm.
    pub(crate) async fn token(&mut self, algorithm: &str) -> String {
        let token = self.ask(&format!("token {algorithm}")).await;
        Canary::known("a token of an OpenID provider", &token);
        token
    }

    /// Publishes new keys in place of the old.
    pub(crate) async fn rotate(&mut self) {
        self.ask("rotate").await;
    }

    async fn ask(&mut self, command: &str) -> String {
        self.commands.write_all(format!("{command}\n").as_bytes()).await.expect("the issuer listens");
        line(&mut self.answers).await
    }
}

async fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    lines.next_line().await.expect("the issuer's words are text").expect("the issuer runs")
}
