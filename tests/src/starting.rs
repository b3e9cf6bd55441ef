//! What stops the start, each told in one line with the next step; and a start with TLS.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::harness::{Authority, Known, Output, Suite, command, run};

/// A folder with a configuration, to start in.
struct Place(TempDir);

impl Place {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("outgate.toml"), config).expect("a temporary file can be written");
        Self(folder)
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn config_file(&self) -> PathBuf {
        self.0.path().join("outgate.toml")
    }

    async fn start(&self) -> Output {
        serve(&self.data(), &self.config_file()).await
    }
}

/// Starts a suite that is not to start.
async fn serve(data: &Path, config: &Path) -> Output {
    let (data, config) = (data.display().to_string(), config.display().to_string());
    run(&["serve", "--json", "--data", &data, "--config", &config], "").await
}

#[track_caller]
fn told(output: &Output, texts: &[&str]) {
    assert!(output.code == 1 || output.code == 2, "{output:?}");
    let message = output.json()["error"]["message"].as_str().expect("an error has a message").to_owned();
    for text in texts {
        assert!(message.contains(text), "`{text}` is not in: {message}");
    }
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[tokio::test]
async fn nothing_listens_beyond_loopback_in_the_clear() {
    let link = Known::new("link", &[]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let links = format!("[links]\ntoken_file = {:?}\n", link.token_file(folder.path()));
    for (key, listeners) in [
        ("server.listen", "listen = \"0.0.0.0:0\""),
        ("server.internal_listen", "listen = \"127.0.0.1:0\"\ninternal_listen = \"0.0.0.0:0\""),
    ] {
        let place = Place::new(&format!("[server]\n{listeners}\n{links}"));
        told(&place.start().await, &[key, "beyond loopback", "server.plaintext_beyond_loopback"]);
    }
}

#[tokio::test]
async fn secrets_are_not_released_to_whoever_asks() {
    let place = Place::new("[server]\nlisten = \"127.0.0.1:0\"\ninternal_listen = \"127.0.0.1:0\"\n");
    told(&place.start().await, &["links.token_file", "server.internal_listen"]);
}

#[tokio::test]
async fn a_key_of_the_configuration_that_does_not_exist_is_named() {
    told(&Place::new("[server]\nlisen = \"127.0.0.1:0\"\n").start().await, &["server.lisen", "no such key"]);
}

#[tokio::test]
async fn a_grant_of_more_than_an_origin_stops_the_start() {
    let granted = |tenant: &str, origin: &str| {
        format!("[save_secret.tenants.{tenant}]\n\"https://login.example.com\" = [{origin:?}]\n")
    };
    let all = granted("\"*\"", "https://api.example.com");
    told(&Place::new(&all).start().await, &["save_secret.tenants.*: is no tenant"]);
    let any = granted("acme", "https://*.example.com");
    told(
        &Place::new(&any).start().await,
        &["save_secret.tenants.acme.", "`https://*.example.com` is no origin"],
    );
}

#[tokio::test]
async fn half_a_tls_configuration_is_none() {
    let place = Place::new("[server.tls]\ncert = \"cert.pem\"\n");
    told(&place.start().await, &["server.tls", "cert and key"]);
}

#[tokio::test]
async fn a_store_does_not_start_without_its_key_and_makes_no_new_one() {
    let authority = Authority::new();
    let mut suite = Suite::start(&authority).await;
    suite.terminate();
    assert!(suite.ended().await.success());
    let key = suite.data().join("seal.key");
    let kept = fs::read(&key).expect("the first start made it");

    fs::remove_file(&key).expect("it is ours");
    told(&serve(suite.data(), &suite.config_file()).await, &["seal.key", "is missing", "restore it"]);
    assert!(!key.exists(), "no new key was made");

    fs::write(&key, &kept).expect("it can be put back");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("it is ours");
    told(&serve(suite.data(), &suite.config_file()).await, &["seal.key", "0644", "chmod 600"]);

    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("it is ours");
    suite.restart().await;
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_told_so() {
    let authority = Authority::new();
    let suite = Suite::start(&authority).await;
    told(&serve(suite.data(), &suite.config_file()).await, &["the store", "does not open"]);
    let list = suite.command(&["secret", "list", "--json"]).await;
    assert_eq!(list.code, 0, "the first goes on: {list:?}");
}

#[tokio::test]
async fn with_a_certificate_commands_come_over_tls_and_check_it() {
    let authority = Authority::new();
    let place = Place::new(&format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[server.tls]\ncert = {:?}\nkey = {:?}\n",
        authority.cert_file(),
        authority.key_file()
    ));
    let mut process = command()
        .args(["serve", "--data"])
        .arg(place.data())
        .arg("--config")
        .arg(place.config_file())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let stdout = process.stdout.take().expect("it is piped");
    let said = BufReader::new(stdout).lines().next_line().await.expect("it says something");
    assert!(said.as_deref().is_some_and(|said| said.contains("https://127.0.0.1:")), "{said:?}");

    let data = place.data().display().to_string();
    let list = async |authority: &Authority| {
        let ca = authority.ca_file().display().to_string();
        run(&["secret", "list", "--json", "--data", &data, "--ca-file", &ca], "").await
    };
    let known = list(&authority).await;
    assert_eq!(known.code, 0, "{known:?}");
    assert_eq!(list(&Authority::new()).await.reason(1), "SERVER_UNREACHABLE");
}
