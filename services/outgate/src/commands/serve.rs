//! `outgate serve`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use mapping::Value;
use runtime::{config::Config, telemetry};

use super::Shutdown;
use crate::{
    cli::{self, Common, Service},
    failure::Failure,
    output::{Output, Report},
    serve::{self, Options, Running, ServeError, ServiceName},
};

/// Where a suite keeps its data when nothing else is said: in the folder it is started in.
const DEFAULT_DATA: &str = "outgate-data";

/// Runs the suite until it is told to stop.
pub(super) async fn run(args: cli::Serve, common: &Common, output: Output) -> Result<Report, Failure> {
    let shutdown = Shutdown::listen()?;
    let mut config = config(args.config.as_deref())?;
    if let Some(listen) = args.listen {
        config.server.listen = listen;
    }
    let telemetry = telemetry::start("outgate", &config.telemetry.log, &config.telemetry.spans)
        .map_err(|error| Failure::file(error.to_string()))?;
    let data = common.data.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_DATA));
    let scheme = if config.server.tls.cert.is_some() { "https" } else { "http" };
    let options =
        Options { services: services(args.service), data, config, script_worker: Some(script_worker()?) };
    let ended = serve::run(options, |running| announce(output, scheme, &running), shutdown.asked()).await;
    telemetry.finish();
    ended.map_err(failure)?;
    Ok(Report::said())
}

/// This program again, as what runs one script.
pub(crate) fn script_worker() -> Result<scripts::Command, Failure> {
    scripts::Command::this_program([crate::SCRIPT_WORKER])
        .map_err(|error| Failure::refused("INTERNAL", format!("this program is not found: {error}")))
}

/// Why the suite does not run. What an operator has to put right is told apart from a drain that did not end.
pub(crate) fn failure(error: ServeError) -> Failure {
    match error {
        ServeError::Drain(_) => Failure::refused("DRAIN_TIMED_OUT", error.to_string()),
        error => Failure::refused("NOT_STARTED", error.to_string()),
    }
}

/// The configuration: the file, and the environment over it.
pub(super) fn config(file: Option<&Path>) -> Result<Config, Failure> {
    let file = match file {
        None => None,
        Some(path) => {
            let text = fs::read_to_string(path)
                .map_err(|error| Failure::file(format!("--config {}: {error}", path.display())))?;
            Some((path.display().to_string(), text))
        }
    };
    let file = file.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
    let environment = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Config::load(file, environment).map_err(|error| Failure::file(error.to_string()))
}

fn services(service: Service) -> Vec<ServiceName> {
    match service {
        Service::All => ServiceName::ALL.to_vec(),
        Service::Integrations => vec![ServiceName::Integrations],
        Service::Secrets => vec![ServiceName::Secrets],
        Service::Tokens => vec![ServiceName::Tokens],
        Service::Registers => vec![ServiceName::Registers],
    }
}

/// Says where calls are taken, and once what was made at the first start.
fn announce(output: Output, scheme: &str, running: &Running) {
    let address = format!("{scheme}://{}", running.address);
    output.line(&format!(
        "outgate serves at {address}; the operator's token is in {}",
        running.token_file.display()
    ));
    for made in &running.made {
        output.line(&format!("made {} (mode 0600); keep a copy where it is safe", made.display()));
    }
    output.value(&Value::from([
        ("address", Value::from(address)),
        ("tokenFile", running.token_file.display().to_string().into()),
        (
            "made",
            running
                .made
                .iter()
                .map(|path| Value::from(path.display().to_string()))
                .collect::<Vec<_>>()
                .into(),
        ),
    ]));
}
