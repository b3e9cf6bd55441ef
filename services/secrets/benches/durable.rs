//! What durable puts and a whole listing cost through the service, as callers see it: generated client, generated server,
//! sealing and the embedded store, within one process. One role each; `tests/bench/store/compare` runs them.
//!
//! ```text
//! durable puts WRITERS SECONDS    secrets of 256 bytes put per second: fresh names, each writer waiting for its own
//! durable fill FOLDER SECRETS     a data folder of the suite with that many
//! durable list FOLDER             secrets, seconds for all pages, and MiB of memory over what the start took: after the
//!                                 first hundred pages, after all, and after all once more
//! ```

#![expect(clippy::print_stdout, reason = "what it prints is read by the script that runs it")]

use std::{
    env,
    error::Error,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use proto::secrets::v1::{ListSecretsRequest, PutSecretRequest, secret_service_client::SecretServiceClient};
use runtime::{
    Caller, Link, Role,
    identity::{Identity, Tenants},
};
use seal::KeyRing;
use secrets::{Config, ledger::Ledger};
use store::SledStore;
use tikv_jemallocator::Jemalloc;
use tokio::task::JoinSet;
use tonic::service::Routes;

/// That of the binary.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const PARENT: &str = "tenants/acme";
/// How many fill at once.
const FILLING: u64 = 64;

#[tokio::main(worker_threads = 2)]
async fn main() -> Outcome<()> {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<_> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["puts", writers, seconds] => puts(writers.parse()?, Duration::from_secs(seconds.parse()?)).await,
        ["fill", folder, secrets] => fill(Path::new(folder), secrets.parse()?).await,
        ["list", folder] => list(Path::new(folder)).await,
        // Run without a role, as `cargo test --benches` does, it has nothing to measure.
        _ => Ok(()),
    }
}

/// A client of a service over the store in this folder.
fn open(folder: &Path) -> Outcome<SecretServiceClient<Link>> {
    let key = folder.join("seal.key");
    let ring = if key.exists() { KeyRing::load(&key)? } else { KeyRing::create(&key)? };
    let store = Arc::new(SledStore::open(&folder.join("store"))?);
    let mut routes = Routes::builder();
    let ring = Arc::new(ring);
    let ledger = Arc::new(Ledger::open(&folder.join("ledger"), ring.clone())?);
    Config::default().build(store, ring, ledger).public(&mut routes);
    Ok(SecretServiceClient::new(Link::in_process(routes.routes(), configurator())))
}

fn configurator() -> Caller {
    Caller::known(Identity::with_roles("ada", Tenants::All, &[Role::Configurator]))
}

fn secret(id: &str) -> PutSecretRequest {
    PutSecretRequest {
        name: format!("{PARENT}/secrets/{id}"),
        value: vec![b's'; 256].into(),
        url: "https://api.example.com/".into(),
        ..PutSecretRequest::default()
    }
}

async fn puts(writers: u64, time: Duration) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let client = open(folder.path())?;
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    let began = Instant::now();
    for writer in 0..writers {
        let (mut client, stop, acknowledged) = (client.clone(), Arc::clone(&stop), Arc::clone(&acknowledged));
        running.spawn(async move {
            for number in 0_u64.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                client.put_secret(secret(&format!("s{writer}-{number}"))).await?;
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, tonic::Status>(())
        });
    }
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    println!("{:.0}", acknowledged.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64());
    Ok(())
}

async fn fill(folder: &Path, secrets: u64) -> Outcome<()> {
    let client = open(folder)?;
    let next = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    for _ in 0..FILLING {
        let (mut client, next) = (client.clone(), Arc::clone(&next));
        running.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= secrets {
                    return Ok::<_, tonic::Status>(());
                }
                client.put_secret(secret(&format!("s{number:08}"))).await?;
            }
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}

async fn list(folder: &Path) -> Outcome<()> {
    let client = open(folder)?;
    let before = peak_mebibytes()?;
    let began = Instant::now();
    // Not on this thread, whose allocator goes over what the start has left, as no thread of the suite's does that serves.
    let (listed, early) = tokio::spawn(all_pages(client.clone())).await??;
    let (seconds, all) = (began.elapsed().as_secs_f64(), peak_mebibytes()?);
    tokio::spawn(all_pages(client)).await??;
    let again = peak_mebibytes()?;
    println!("{listed} {seconds:.2} {} {} {}", early - before, all - before, again - before);
    Ok(())
}

/// How many secrets there are, and the most memory up to the hundredth page, in MiB.
async fn all_pages(mut client: SecretServiceClient<Link>) -> Outcome<(usize, u64)> {
    let (mut listed, mut page_token, mut early) = (0, String::new(), 0);
    for number in 0.. {
        let request = ListSecretsRequest { parent: PARENT.into(), page_size: 1000, page_token };
        let page = client.list_secrets(request).await?.into_inner();
        listed += page.secrets.len();
        if number < 100 {
            early = peak_mebibytes()?;
        }
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    Ok((listed, early))
}

/// The most memory that this process ever held.
fn peak_mebibytes() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}
