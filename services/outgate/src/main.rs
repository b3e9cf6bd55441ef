//! `outgate`: the one binary. It runs the suite, and it is the suite's client.

use std::process::ExitCode;

use clap::Parser;
use tikv_jemallocator::Jemalloc;

use crate::{cli::Cli, failure::Failure, output::Output};

mod backup;
mod cli;
mod client;
mod commands;
mod demo;
mod failure;
mod files;
mod output;
mod serve;
mod show;

/// Commits of a group, and releases of one, end by the hundred at once, and on another thread than they began: an allocator that
/// keeps few blocks for each thread has them all wait for its locks. How it is set is in `.cargo/config.toml`.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// The argument that makes this program a process for one script; no command of the suite's, and not for people.
const SCRIPT_WORKER: &str = "script-worker";

fn main() -> ExitCode {
    // Before anything else is touched: a script must find nothing here.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == SCRIPT_WORKER) {
        return scripts::worker::serve();
    }
    runtime::panics::withhold_values();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misread(&error),
    };
    let output = Output::new(cli.common.json);
    // The only cryptography of the process. Nothing was installed before, so this cannot fail.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::refused("INTERNAL", format!("this process gets no threads: {error}")))
        .and_then(|runtime| runtime.block_on(commands::run(cli, output)));
    match ended {
        Ok(report) => output.report(&report).into(),
        Err(failure) => output.failure(&failure).into(),
    }
}

/// Help and version are printed as asked for. Anything else is a wrong command line, told as `--json` has it too.
fn misread(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        return Output::new(true)
            .failure(&Failure::usage(text.trim_start_matches("error: ").trim_end()))
            .into();
    }
    // A reader that closed its end is no error.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
