//! What the secrets service takes to ask whether a secret may be released, and to release it: within one process, over the
//! embedded store, with every release durable in the audit ledger on this disk (`TMPDIR` names another).
//! `cargo bench -p secrets --bench release`.
//!
//! One call alone waits for the disk by itself. Many at once share its barriers: the rows `at_once` are the time of all of
//! them together, and tell releases per second. `client` goes through the generated client and server as the suite's own
//! services do; `handler` leaves their encoding out and calls the service itself, so that vault and ledger are what is left.
//! 200,000 items a second of `at_once_handler` are the goal, on two processors that nobody else uses.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be run fails")]

use std::{hint::black_box, sync::Arc};

use divan::{Bencher, counter::ItemsCount};
use futures::future::join_all;
use proto::secrets::v1::{
    Cause, CheckReleaseRequest, Purpose, PutSecretRequest, ReleaseSecretRequest,
    secret_release_service_client::SecretReleaseServiceClient,
    secret_release_service_server::SecretReleaseService, secret_service_client::SecretServiceClient,
};
use runtime::{
    Caller, Link, Role,
    identity::{Identity, Tenants},
};
use seal::KeyRing;
use secrets::{Config, Service, ledger::Ledger};
use store::SledStore;
use tempfile::TempDir;
use tikv_jemallocator::Jemalloc;
use tokio::runtime::{Builder, Runtime};
use tonic::{Request, service::Routes};

/// That of the binary.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

const NAME: &str = "tenants/acme/secrets/crm";
const URL: &str = "https://api.example.com/";

/// Calls that are under way at once, and how many each sample makes of them.
const AT_ONCE: [usize; 3] = [256, 1024, 4096];
const EACH: usize = 8;

fn main() {
    divan::main();
}

/// A service with one secret, and a client that may have it released.
struct Bench {
    service: Service,
    client: SecretReleaseServiceClient<Link>,
    runtime: Runtime,
    _folder: TempDir,
}

impl Bench {
    fn new(runtime: &mut Builder) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SledStore::open(&folder.path().join("store")).unwrap());
        let ring = Arc::new(KeyRing::create(folder.path().join("key")).unwrap());
        let ledger = Arc::new(Ledger::open(&folder.path().join("ledger"), ring.clone()).unwrap());
        let service = Config::default().build(store, ring, ledger);
        let mut routes = Routes::builder();
        service.public(&mut routes);
        service.internal(&mut routes);
        let routes = routes.routes();
        let runtime = runtime.enable_all().build().unwrap();
        let mut writing = SecretServiceClient::new(Link::in_process(routes.clone(), configurator()));
        let secret = PutSecretRequest {
            name: NAME.into(),
            value: "s3cret".into(),
            url: URL.into(),
            ..Default::default()
        };
        runtime.block_on(writing.put_secret(secret)).unwrap();
        let link = Link::in_process(routes, Caller::service("integrations"));
        Self { service, client: SecretReleaseServiceClient::new(link), runtime, _folder: folder }
    }

    fn alone() -> Self {
        Self::new(&mut Builder::new_current_thread())
    }

    /// Has the secret released so many times at once, several times in a row.
    fn at_once<F: Future<Output = ()> + Send + 'static>(
        &self,
        bencher: Bencher<'_, '_>,
        at_once: usize,
        release: impl Fn() -> F + Clone + Send + Sync + 'static,
    ) {
        bencher.counter(ItemsCount::new(at_once * EACH)).bench_local(|| {
            let tasks = (0..at_once).map(|_| {
                let release = release.clone();
                self.runtime.spawn(async move {
                    for _ in 0..EACH {
                        release().await;
                    }
                })
            });
            let tasks: Vec<_> = tasks.collect();
            self.runtime.block_on(join_all(tasks));
        });
    }
}

fn configurator() -> Caller {
    Caller::known(Identity::with_roles("ada", Tenants::All, &[Role::Configurator]))
}

fn request() -> ReleaseSecretRequest {
    ReleaseSecretRequest {
        name: NAME.into(),
        destination_url: URL.into(),
        purpose: Purpose::Call.into(),
        version: 0,
        cause: Some(Cause {
            integration: "CRM".into(),
            integration_etag: "\"1234\"".into(),
            adapter: "ADAPTER.CUSTOMER".into(),
            adapter_etag: "\"1235\"".into(),
            ..Cause::default()
        }),
    }
}

#[divan::bench]
fn check(bencher: Bencher<'_, '_>) {
    let bench = Bench::alone();
    bencher.bench_local(|| {
        let request = CheckReleaseRequest {
            names: vec![NAME.into()],
            destination_url: URL.into(),
            purpose: Purpose::Call.into(),
            cause: None,
        };
        let mut client = bench.client.clone();
        black_box(bench.runtime.block_on(client.check_release(request)).unwrap());
    });
}

#[divan::bench]
fn release(bencher: Bencher<'_, '_>) {
    let bench = Bench::alone();
    bencher.bench_local(|| {
        let mut client = bench.client.clone();
        black_box(bench.runtime.block_on(client.release_secret(request())).unwrap());
    });
}

#[divan::bench(args = AT_ONCE, sample_count = 20)]
fn at_once_client(bencher: Bencher<'_, '_>, at_once: usize) {
    let bench = Bench::new(&mut Builder::new_multi_thread());
    let client = bench.client.clone();
    bench.at_once(bencher, at_once, move || {
        let mut client = client.clone();
        async move { drop(black_box(client.release_secret(request()).await.unwrap())) }
    });
}

#[divan::bench(args = AT_ONCE, sample_count = 20)]
fn at_once_handler(bencher: Bencher<'_, '_>, at_once: usize) {
    let bench = Bench::new(&mut Builder::new_multi_thread());
    let (handler, caller) = (Arc::new(bench.service.release()), Caller::service("integrations"));
    bench.at_once(bencher, at_once, move || {
        let (handler, mut request) = (handler.clone(), Request::new(request()));
        request.extensions_mut().insert(caller.clone());
        async move { drop(black_box(handler.release_secret(request).await.unwrap())) }
    });
}
