//! `outgate run`: an adapter or a connector.

use mapping::{Number, Value};
use proto::integrations::v1::{Meta, Run, RunAdapterRequest, RunConnectorRequest};

use super::input;
use crate::{
    cli,
    client::{self, Client},
    failure::{Exit, Failure},
    output::{DIM, GREEN, RED, Report, Text, styled},
    show,
};

/// What the key of an adapter begins with.
pub(crate) const ADAPTER: &str = "ADAPTER.";

/// Runs it and shows the last step's result.
pub(super) async fn run(args: &cli::Run, client: &Client) -> Result<Report, Failure> {
    let id = client::id("ADAPTER|CONNECTOR", &args.name)?;
    let name = client.parent().child("registers", &id);
    let input = input::json(&args.input)?;
    let answer = if args.name.starts_with(ADAPTER) {
        client.adapters().run_adapter(client.request(RunAdapterRequest { name, input })).await
    } else {
        client.adapters().run_connector(client.request(RunConnectorRequest { name, input })).await
    };
    report(&answer.map_err(|status| client.failure(status))?.into_inner())
}

/// The run, whatever its counterpart said.
pub(crate) fn report(run: &Run) -> Result<Report, Failure> {
    let meta = run.meta.clone().unwrap_or_default();
    let result = json(&run.result)?;
    let steps = run
        .steps
        .iter()
        .map(|step| {
            Ok(Value::from([
                ("adapter", step.adapter.as_str().into()),
                ("meta", meta_value(&step.meta.clone().unwrap_or_default())),
                ("result", json(&step.result)?),
            ]))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let notes =
        run.steps.iter().map(|step| note(&step.adapter, &step.meta.clone().unwrap_or_default())).collect();
    let text = Text::Own(show::pretty(&result));
    let value = Value::from([("result", result), ("meta", meta_value(&meta)), ("steps", steps.into())]);
    Ok(Report {
        value: Some(value),
        text,
        notes,
        exit: if meta.error { Exit::Answer } else { Exit::Success },
    })
}

fn json(bytes: &[u8]) -> Result<Value, Failure> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    Value::from_json(bytes)
        .map_err(|error| Failure::refused("INTERNAL", format!("the suite answered with no JSON: {error}")))
}

fn meta_value(meta: &Meta) -> Value {
    Value::from([
        ("error", meta.error.into()),
        ("message", meta.message.as_str().into()),
        ("status", i64::from(meta.status).into()),
        ("attempts", u64::from(meta.attempts).into()),
        ("durationMs", Number::from_f64(milliseconds(meta)).map_or(Value::Null, Value::from)),
    ])
}

/// How long the call took, to the microsecond.
fn milliseconds(meta: &Meta) -> f64 {
    let micros =
        meta.duration.as_ref().map_or(0, |took| took.seconds * 1_000_000 + i64::from(took.nanos) / 1000);
    micros as f64 / 1000.0
}

/// One step, for people.
fn note(adapter: &str, meta: &Meta) -> String {
    let outcome = match (meta.error, meta.status) {
        (false, status) => styled(GREEN, status),
        (true, 0) => styled(RED, &meta.message),
        (true, status) => styled(RED, format!("{status} {}", meta.message)),
    };
    format!("{adapter}  {outcome}  {}\n", styled(DIM, format!("{:.1} ms", milliseconds(meta))))
}

#[cfg(test)]
mod tests;
