use std::os::unix::fs::PermissionsExt;

use clap::Parser;
use tempfile::TempDir;

use super::*;
use crate::{cli::Cli, failure::Exit};

/// The common options of a command line. Every option that the environment could set is given.
fn common(arguments: &[&str]) -> Common {
    let command = [&["outgate"], arguments, &["secret", "list"]].concat();
    let mut common = Cli::try_parse_from(command).unwrap().common;
    let given = |flag: &str| arguments.contains(&flag);
    // The tests' own environment says nothing here.
    common.server = common.server.filter(|_| given("--server"));
    common.data = common.data.filter(|_| given("--data"));
    common.token_file = common.token_file.filter(|_| given("--token-file"));
    common.client_cert = common.client_cert.filter(|_| given("--client-cert"));
    common.client_key = common.client_key.filter(|_| given("--client-key"));
    common
}

#[test]
fn an_address_without_a_scheme_is_plain_on_loopback_alone() {
    for (written, expected) in [
        ("127.0.0.1:7600", "http://127.0.0.1:7600"),
        ("localhost:1", "http://localhost:1"),
        ("[::1]:1", "http://[::1]:1"),
        ("outgate.example:443", "https://outgate.example:443"),
        ("10.0.0.1:1", "https://10.0.0.1:1"),
        ("http://outgate.example:1", "http://outgate.example:1"),
    ] {
        assert_eq!(address(&common(&["--server", written])).unwrap(), expected);
    }
    assert_eq!(address(&common(&["--server", "no address"])).unwrap_err().exit(), Exit::Usage);
}

#[test]
fn a_data_folder_tells_address_and_token() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("server.json"), r#"{"address":"127.0.0.1:9","scheme":"http"}"#).unwrap();
    let common = common(&["--data", folder.path().to_str().unwrap()]);
    assert_eq!(address(&common).unwrap(), "http://127.0.0.1:9");
    assert_eq!(token_file(&common).unwrap(), folder.path().join("operator.token"));
}

#[test]
fn a_data_folder_without_a_suite_is_told_with_the_next_step() {
    let folder = TempDir::new().unwrap();
    let failure = address(&common(&["--data", folder.path().to_str().unwrap()])).unwrap_err();
    assert!(failure.message().contains("outgate serve --data"), "{}", failure.message());
    assert_eq!(failure.exit(), Exit::Usage);
}

#[test]
fn a_token_that_others_can_read_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, "0123456789abcdef\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(token(&path).unwrap_err().message().contains("chmod 600"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(token(&path).unwrap(), b"0123456789abcdef");
}

#[tokio::test]
async fn a_client_certificate_goes_over_tls_with_a_key_that_nobody_else_can_read() {
    let folder = TempDir::new().unwrap();
    let (cert, key) = (folder.path().join("cert"), folder.path().join("key"));
    fs::write(&cert, "no PEM").unwrap();
    fs::write(&key, "no PEM").unwrap();
    let [shown, private] = [&cert, &key].map(|path| path.to_str().unwrap());
    let refused = |server: &str| {
        let arguments = ["--server", server, "--client-cert", shown, "--client-key", private];
        let failure = Client::new(&common(&arguments)).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
        failure.message().to_owned()
    };
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refused("https://a.example:1").contains("chmod 600"));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(refused("https://a.example:1").contains("PEM"));
    assert!(refused("127.0.0.1:1").contains("https"), "it would not be shown");
    for half in [["--client-cert", shown], ["--client-key", private]] {
        let command = [&["outgate"], &half[..], &["secret", "list"]].concat();
        assert!(Cli::try_parse_from(command).is_err());
    }
}

#[tokio::test]
async fn ids_are_checked_before_anything_is_sent() {
    for arguments in [["--tenant", "a/b"], ["--unit", ".."]] {
        let failure = Client::new(&common(&arguments)).unwrap_err();
        assert!(
            failure.exit() == Exit::Usage && failure.message().contains(arguments[0]),
            "{}",
            failure.message()
        );
    }
}

#[tokio::test]
async fn an_end_user_goes_along_with_every_request() {
    let client = Client::new(&common(&["--user", "ada@example.com"])).unwrap();
    assert_eq!(client.request(()).metadata().get("outgate-user").unwrap(), "ada@example.com");
}
