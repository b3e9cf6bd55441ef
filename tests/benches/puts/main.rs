//! Writers that put secrets as fast as they are acknowledged; `tests/bench/puts/compare` starts and measures them.
//!
//! ```text
//! puts outgate WRITERS SECRETS SERVER TOKEN-FILE   PutSecret, over gRPC
//! puts openbao WRITERS SECRETS SERVER TOKEN-FILE   a write to the KV engine, version 2, mounted at `kv`
//! ```
//!
//! Each writer waits for one acknowledgement before its next put. Printed are the seconds that all of them took together.

#![expect(clippy::print_stdout, reason = "what it prints is read by the script that runs it")]

use std::{env, error::Error, fs, future::Future, time::Instant};

use tokio::task::JoinSet;

mod openbao;
mod outgate;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How long a value is, in bytes: that of a long API key.
const VALUE: usize = 256;

/// Whose secrets are put.
trait Writer: Clone + Send + 'static {
    /// Puts one secret, and waits until it is acknowledged.
    fn put(&mut self, name: String, value: String) -> impl Future<Output = Outcome<()>> + Send;
}

#[tokio::main]
async fn main() -> Outcome<()> {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<_> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["outgate", writers, secrets, server, token] => {
            let writer = outgate::connect(server, &read(token)?).await?;
            run(writer, writers.parse()?, secrets.parse()?).await
        }
        ["openbao", writers, secrets, server, token] => {
            run(openbao::connect(server, &read(token)?)?, writers.parse()?, secrets.parse()?).await
        }
        // Run without a role, as `cargo test --benches` does, it has nothing to measure.
        _ => Ok(()),
    }
}

fn read(file: &str) -> Outcome<String> {
    Ok(fs::read_to_string(file)?.trim().to_owned())
}

/// Puts that many secrets under names of their own, shared out among the writers.
async fn run(mut first: impl Writer, writers: usize, secrets: usize) -> Outcome<()> {
    first.put("warm-up".to_owned(), value(0)).await?;
    let began = Instant::now();
    let mut running = JoinSet::new();
    for number in 0..writers {
        let mut writer = first.clone();
        running.spawn(async move {
            for secret in (number..secrets).step_by(writers) {
                writer.put(format!("secret-{secret}"), value(secret)).await?;
            }
            Outcome::Ok(())
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    println!("{}", began.elapsed().as_secs_f64());
    Ok(())
}

/// A value unlike the others.
fn value(number: usize) -> String {
    format!("{number:0>VALUE$}")
}
