//! What a call with one secret takes of the secrets service, within one process and over the embedded store: to ask whether
//! the secret may be released, and to release it. `cargo bench -p secrets --bench release`.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be run fails")]

use std::{hint::black_box, sync::Arc};

use divan::Bencher;
use proto::secrets::v1::{
    CheckReleaseRequest, Purpose, PutSecretRequest, ReleaseSecretRequest,
    secret_release_service_client::SecretReleaseServiceClient, secret_service_client::SecretServiceClient,
};
use runtime::{
    Caller, Link, Role,
    identity::{Identity, Tenants},
};
use seal::KeyRing;
use secrets::Config;
use store::SledStore;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tonic::service::Routes;

const NAME: &str = "tenants/acme/secrets/crm";
const URL: &str = "https://api.example.com/";

fn main() {
    divan::main();
}

/// A service with one secret, and a client that may have it released.
struct Bench {
    client: SecretReleaseServiceClient<Link>,
    runtime: Runtime,
    _folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SledStore::open(&folder.path().join("store")).unwrap());
        let ring = Arc::new(KeyRing::create(folder.path().join("key")).unwrap());
        let service = Config::default().build(store, ring);
        let mut routes = Routes::builder();
        service.public(&mut routes);
        service.internal(&mut routes);
        let routes = routes.routes();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut writing = SecretServiceClient::new(Link::in_process(routes.clone(), configurator()));
        let secret = PutSecretRequest {
            name: NAME.into(),
            value: "s3cret".into(),
            url: URL.into(),
            ..Default::default()
        };
        runtime.block_on(writing.put_secret(secret)).unwrap();
        let link = Link::in_process(routes, Caller::service("integrations"));
        Self { client: SecretReleaseServiceClient::new(link), runtime, _folder: folder }
    }
}

fn configurator() -> Caller {
    Caller::known(Identity::with_roles("ada", Tenants::All, &[Role::Configurator]))
}

#[divan::bench]
fn check(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    bencher.bench_local(|| {
        let request = CheckReleaseRequest {
            names: vec![NAME.into()],
            destination_url: URL.into(),
            purpose: Purpose::Call.into(),
        };
        let mut client = bench.client.clone();
        black_box(bench.runtime.block_on(client.check_release(request)).unwrap());
    });
}

#[divan::bench]
fn release(bencher: Bencher<'_, '_>) {
    let bench = Bench::new();
    bencher.bench_local(|| {
        let request = ReleaseSecretRequest {
            name: NAME.into(),
            destination_url: URL.into(),
            purpose: Purpose::Call.into(),
            version: 0,
        };
        let mut client = bench.client.clone();
        black_box(bench.runtime.block_on(client.release_secret(request)).unwrap());
    });
}
