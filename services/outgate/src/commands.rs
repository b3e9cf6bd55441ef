//! What each command does.

use crate::{
    cli::{Cli, Command},
    client::Client,
    demo,
    failure::Failure,
    output::{Output, Report},
};

pub(crate) mod apply;
mod audit;
mod backup;
pub(crate) mod call;
mod check;
pub(crate) mod explain;
mod healthcheck;
mod input;
mod keys;
mod register;
mod restore;
pub(crate) mod run;
mod secret;
mod serve;
mod signal;

pub(crate) use secret::put as put_secret;
pub(crate) use serve::{failure as not_started, script_worker};
pub(crate) use signal::Shutdown;

/// Runs the command.
pub(crate) async fn run(cli: Cli, output: Output) -> Result<Report, Failure> {
    let Cli { common, command } = cli;
    match command {
        Command::Serve(args) => serve::run(args, &common, output).await,
        Command::Healthcheck(args) => healthcheck::run(&args, &Client::new(&common)?).await,
        Command::Apply(args) => apply::run(&args, &common, output).await,
        Command::Secret(command) => secret::run(command, &Client::new(&common)?, output).await,
        Command::Audit(command) => audit::run(command, &common, output).await,
        Command::Call(args) => call::run(args, &Client::new(&common)?, output).await,
        Command::Run(args) => run::run(&args, &Client::new(&common)?).await,
        Command::Explain(args) => explain::run(&args, &Client::new(&common)?).await,
        Command::Check(args) => check::run(&args, &Client::new(&common)?).await,
        Command::Register(command) => register::run(command, &Client::new(&common)?).await,
        Command::Keys(command) => keys::run(command, &common, output).await,
        Command::Backup(args) => backup::run(&args, &Client::new(&common)?).await,
        Command::Restore(args) => restore::run(args, &common).await,
        Command::Demo(args) => demo::run(&args, output).await,
    }
}

#[cfg(test)]
mod tests;
