//! There is one door: nothing else in the workspace reaches out, and nothing else opens a secret for use.
//!
//! Every module of every part that is built into the product is parsed, and every name in it is followed through the file's
//! imports. What reaches out or opens stands in [`RULES`] with the files that may do it, how often, and why. A new place fails
//! here until somebody has written down its reason.

mod heard;
mod rules;
mod sites;
mod sources;

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use self::{
    rules::{ALONE, BANNED, RULES, Rule},
    sites::{Site, sites},
    sources::{Source, modules},
};
use crate::harness::project;

fn parts() -> Vec<Package> {
    let manifest = project().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    let parts = metadata.expect("cargo describes the workspace").packages;
    parts.into_iter().filter(|package| !["oracle", "tests"].contains(&package.name.as_str())).collect()
}

/// Every module of the product.
fn product() -> Vec<Source> {
    let roots = parts()
        .into_iter()
        .flat_map(|package| package.targets)
        .filter(|target| target.is_lib() || target.is_bin() || target.is_custom_build());
    roots.flat_map(|target| modules(target.src_path.as_std_path(), &project())).collect()
}

/// Where a rule is met, by file.
fn met<'a>(rule: &Rule, sources: &'a [Source]) -> BTreeMap<&'a str, Vec<&'a Site>> {
    let sites =
        |source: &'a Source| -> Vec<_> { source.sites.iter().filter(|site| (rule.meets)(site)).collect() };
    let met = sources.iter().map(|source| (source.path.as_str(), sites(source)));
    met.filter(|(_, sites)| !sites.is_empty()).collect()
}

#[test]
fn only_the_door_reaches_out_and_only_the_door_opens() {
    let sources = product();
    let mut wrong = Vec::new();
    for rule in RULES {
        let met = met(rule, &sources);
        for (path, sites) in &met {
            let allowed = rule.allowed.iter().find(|allowed| allowed.covers(path));
            let most = allowed.map_or(0, |allowed| allowed.times);
            if sites.len() > most {
                wrong.push(format!("{path}: {} ({most} times at most): {sites:?}", rule.what));
            }
        }
        // An exception that nobody needs any more would hide the next one.
        for allowed in rule.allowed {
            if !met.keys().any(|path| allowed.covers(path)) {
                wrong.push(format!(
                    "{} is allowed for `{}` and does not: take it from the list",
                    allowed.path, rule.what
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_of_the_product_is_looked_at() {
    let seen: BTreeSet<_> = product().into_iter().map(|source| source.path).collect();
    for known in [
        "services/integrations/src/credentials/source.rs",
        "services/integrations/src/saving.rs",
        "services/outgate/src/main.rs",
        "services/tokens/src/release.rs",
        "shared/egress/src/transport/over_reqwest.rs",
        "shared/runtime/src/link.rs",
        "shared/scripts/src/worker/confine.rs",
        "proto/build.rs",
    ] {
        assert!(seen.contains(known), "{known} is not reached from its part's root");
    }
    assert!(seen.iter().all(|path| !path.contains("/tests")), "tests are no product: {seen:?}");
}

#[test]
fn only_the_door_depends_on_what_makes_requests() {
    for package in parts() {
        let built =
            package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        for dependency in built {
            let name = dependency.name.as_str();
            let may = ALONE
                .iter()
                .find(|(alone, _)| *alone == name)
                .is_none_or(|(_, part)| *part == package.name.as_str());
            assert!(may, "`{}` must not depend on `{name}`", package.name);
            let client = dependency.features.iter().any(|feature| feature.starts_with("client"));
            assert!(
                !(name.starts_with("hyper") && client),
                "`{}` must not have the client of `{name}`",
                package.name
            );
        }
    }
}

#[test]
fn no_other_client_is_in_the_tree() {
    let lock = std::fs::read_to_string(project().join("Cargo.lock")).expect("the lock file is committed");
    let packages: BTreeSet<_> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).collect();
    assert!(packages.contains("\"reqwest\""), "the lock file is read as it is written");
    let found: Vec<_> = BANNED.iter().filter(|banned| packages.contains(&*format!("{banned:?}"))).collect();
    assert!(found.is_empty(), "{found:?} came in; `cargo tree -i NAME` says from where");
}

/// Sites that no rule allows anywhere, written in every way that a site can be written: each must meet a rule.
const OTHER_DOORS: [&str; 34] = [
    "fn f() { reqwest::Client::new(); }",
    "use reqwest::Client as Friend; fn f() { Friend::default(); }",
    "use reqwest as friend; fn f() { friend::get(\"\"); }",
    "extern crate reqwest as friend; fn f() { friend::get(\"\"); }",
    "fn f(client: &::reqwest::Client) {}",
    "use hyper_util::client::legacy::Client;",
    "use hyper::{body::Incoming, client::conn::http1};",
    "use tokio::net::TcpStream; async fn f() { TcpStream::connect(\"\").await; }",
    "use tokio::net::*; async fn f() { TcpStream::connect(\"\").await; }",
    "use tokio::net; async fn f() { net::TcpStream::connect(\"\").await; }",
    "use std::net::TcpStream as S; fn f() { <S>::connect_timeout(a, b); }",
    "type S = std::net::TcpStream; fn f() { S::connect(\"\"); }",
    "fn f() { let connect = std::net::TcpStream::connect; }",
    "fn f() { tokio::join!(tokio::net::TcpStream::connect(\"\")); }",
    "macro_rules! f { () => { std::net::UdpSocket::bind(\"\") } }",
    "mod inner { pub fn f() { fn g() { tokio::net::UnixStream::connect(\"\"); } } }",
    "use std::net::ToSocketAddrs;",
    "fn f() { tokio::net::lookup_host(\"\"); }",
    "use tonic::transport::Channel;",
    "fn f() { SecretServiceClient::connect(\"\"); }",
    "fn f() { opentelemetry_otlp::SpanExporter::builder().with_tonic(); }",
    "use opentelemetry_otlp::LogExporter as Friend; fn f() { Friend::builder(); }",
    "use opentelemetry_otlp as otlp; fn f() { otlp::MetricExporterBuilder::new(); }",
    "#[cfg(feature = \"conformance\")] fn f() { std::net::TcpStream::connect(\"\"); }",
    "fn f() { std::process::Command::new(\"curl\"); }",
    "fn f(secret: Plaintext) { log(secret.expose()); }",
    "fn f(secrets: &[Plaintext]) { secrets.iter().map(Plaintext::expose); }",
    "fn f(saved: &[Tainted]) { saved.iter().flat_map(Tainted::expose_sources); }",
    "async fn f() { client.save_secret(request).await; }",
    "fn f(keys: &KeySet) { KeySet::open(keys, &context, record); }",
    "fn f(key: &Key) { log(key.plaintext()); }",
    "async fn f(s: &dyn SecretSource) { s.open(content, url).await; }",
    "async fn f() { SecretSource::open(s, content, url).await; }",
    "async fn f() { client.release_secret(request).await; tokio::join!(client.get_token(request)); }",
];

#[test]
fn a_new_door_is_found_however_it_is_written() {
    for text in OTHER_DOORS {
        let file = syn::parse_file(text).expect("a source");
        let sites = sites(&file);
        assert!(RULES.iter().any(|rule| sites.iter().any(|site| (rule.meets)(site))), "{text}: {sites:?}");
    }
}

#[test]
fn what_is_no_door_and_what_is_a_test_is_let_be() {
    for text in [
        "use tokio::net::{TcpListener, TcpStream}; fn f(stream: TcpStream) { stream.set_nodelay(true); }",
        "fn f() { std::fs::OpenOptions::new().open(path); connect(); }",
        "#[cfg(test)] mod tests { use reqwest::Client; }",
        "#[cfg(test)] fn f() { reqwest::get(\"\"); }",
        "struct S; impl S { #[cfg(test)] fn f() { std::net::TcpStream::connect(\"\"); } }",
        "/// As `reqwest::Client` does.\nfn f() { let text = \"TcpStream::connect\"; }",
    ] {
        let sites = sites(&syn::parse_file(text).expect("a source"));
        for rule in RULES {
            let met: Vec<_> = sites.iter().filter(|site| (rule.meets)(site)).collect();
            assert!(met.is_empty(), "{text}: {}: {met:?}", rule.what);
        }
    }
}

#[test]
fn the_binary_withholds_what_its_panics_say() {
    let main = product().into_iter().find(|source| source.path == "services/outgate/src/main.rs");
    let sites = main.expect("the binary has a root").sites;
    assert!(sites.iter().any(|site| site.ends(&["panics", "withhold_values"])), "{sites:?}");
}
