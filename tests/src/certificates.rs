//! Commands that show a client certificate, and certificates that were taken back.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use rustix::process::Signal;

use crate::{
    harness::{Authority, Output, Setup, Shown, Suite, run, run_in},
    tls::{asking, bound},
};

const REFUSED: i32 = 1;
const USAGE: i32 = 2;

/// A suite to which nobody connects without a certificate, and where `billing` may call.
async fn suite(authority: &Authority) -> Suite {
    let server = authority.certify("server", &["127.0.0.1"]);
    let ours = authority.certify("anybody", &[]);
    let lines = format!("{}client_crl_file = {:?}\n", asking(authority, "required"), authority.revoke(&[]));
    Setup::new(authority)
        .tls(authority, &server, &lines, Some(&ours))
        .config(&bound("certificate_cn", "billing", &["caller"]))
        .start()
        .await
}

/// `outgate register list` in the tenant that `billing` may call in, with further arguments.
async fn list(suite: &Suite, authority: &Authority, more: &[&str]) -> Output {
    let (server, ca) = (format!("https://{}", suite.address()), authority.ca_file());
    let arguments =
        ["--json", "register", "list", "--tenant", "acme", "--server", &server, "--ca-file", text(&ca)];
    run(&[&arguments, more].concat(), "").await
}

fn shown(shown: &Shown) -> [&str; 4] {
    ["--client-cert", text(&shown.cert), "--client-key", text(&shown.key)]
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder's name is text")
}

#[tokio::test]
async fn a_command_is_known_by_the_certificate_that_it_shows() {
    let authority = Authority::new();
    let suite = suite(&authority).await;
    let (billing, other) = (authority.certify("billing", &[]), authority.certify("other", &[]));
    list(&suite, &authority, &shown(&billing)).await.success();
    assert_eq!(list(&suite, &authority, &shown(&other)).await.reason(REFUSED), "UNAUTHENTICATED");
    assert_eq!(list(&suite, &authority, &[]).await.code, REFUSED, "there is no connection");
    // By the environment, too.
    let server = format!("https://{}", suite.address());
    let ca = authority.ca_file();
    let environment = [
        ("OUTGATE_SERVER", &*server),
        ("OUTGATE_CA_FILE", text(&ca)),
        ("OUTGATE_CLIENT_CERT", text(&billing.cert)),
        ("OUTGATE_CLIENT_KEY", text(&billing.key)),
    ];
    run_in(&environment, &["--json", "register", "list", "--tenant", "acme"], "").await.success();
    // A key that others can read is not used.
    fs::set_permissions(&billing.key, fs::Permissions::from_mode(0o644)).expect("its mode can be set");
    let readable = list(&suite, &authority, &shown(&billing)).await;
    assert_eq!(readable.code, USAGE, "{readable:?}");
    assert!(readable.stdout.contains("chmod 600"), "{readable:?}");
}

#[tokio::test]
async fn a_certificate_that_was_taken_back_connects_no_more() {
    let authority = Authority::new();
    let suite = suite(&authority).await;
    let (billing, other) = (authority.certify("billing", &[]), authority.certify("other", &[]));
    list(&suite, &authority, &shown(&billing)).await.success();
    authority.revoke(&["billing"]);
    suite.signal(Signal::HUP);
    suite.has_logged("the files have changed; new connections use them").await;
    let refused = list(&suite, &authority, &shown(&billing)).await;
    assert_eq!(refused.code, REFUSED, "{refused:?}");
    assert_ne!(refused.json()["error"]["reason"], "UNAUTHENTICATED", "{refused:?}");
    // The others still connect.
    assert_eq!(list(&suite, &authority, &shown(&other)).await.reason(REFUSED), "UNAUTHENTICATED");
}
