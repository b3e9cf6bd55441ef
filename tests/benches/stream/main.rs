//! The processes of the benchmark of streamed calls, one role each; `tests/bench/stream/compare` starts and measures them.
//!
//! ```text
//! stream counterpart DIR                               prints its port; writes DIR/ca.pem
//! stream direct  down|up BYTES URL CA                  one reqwest client, straight to the counterpart
//! stream through down|up BYTES URL SERVER TOKEN-FILE   StreamIntegration through the integration `BENCH`
//! ```
//!
//! A client prints the seconds that it took, without those that its connection took to be made.

#![expect(clippy::print_stdout, reason = "what it prints is read by the script that runs it")]

use std::{env, error::Error};

mod clients;
mod counterpart;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Which way the bytes go.
#[derive(Clone, Copy)]
enum Way {
    Down,
    Up,
}

#[tokio::main]
async fn main() -> Outcome<()> {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<_> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["counterpart", folder] => counterpart::run(folder.as_ref()).await,
        ["direct", way, bytes, url, ca] => clients::direct(parse(way)?, bytes.parse()?, url, ca).await,
        ["through", way, bytes, url, server, token] => {
            clients::through(parse(way)?, bytes.parse()?, url, server, token).await
        }
        // Run without a role, as `cargo test --benches` does, it has nothing to measure.
        _ => Ok(()),
    }
}

fn parse(way: &str) -> Outcome<Way> {
    match way {
        "down" => Ok(Way::Down),
        "up" => Ok(Way::Up),
        other => Err(format!("{other}: is neither `down` nor `up`").into()),
    }
}
