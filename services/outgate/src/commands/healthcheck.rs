//! `outgate healthcheck`: what a probe asks, for those who have no gRPC probe.

use mapping::Value;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

use crate::{
    cli,
    client::Client,
    failure::{Exit, Failure},
    output::Report,
};

/// Asks once. Anything but SERVING is exit code 1.
pub(super) async fn run(args: &cli::Healthcheck, client: &Client) -> Result<Report, Failure> {
    let request = client.request(HealthCheckRequest { service: args.service.clone() });
    let answer = client.health().check(request).await.map_err(|status| client.failure(status))?;
    let status = answer.into_inner().status();
    let name = status.as_str_name();
    let mut report =
        Report::new(Value::from([("service", args.service.as_str().into()), ("status", name.into())]), name);
    if status != ServingStatus::Serving {
        report.exit = Exit::Refused;
    }
    Ok(report)
}
