//! `outgate keys`: the sealing keys, which nobody sees.

pub(super) mod file;

use std::time::Duration;

use mapping::Value;
use proto::keys::v1::{
    GetKeyStatusRequest, KeySource, KeyStatus, RetireKeysRequest, Rewrap, RotateKeysRequest,
};
use tokio::time::sleep;

use crate::{
    cli::{self, Common},
    client::Client,
    failure::Failure,
    output::{Output, Report},
    show,
};

/// How often a command that waits asks how far it has come.
const ASK: Duration = Duration::from_millis(250);

/// Runs the subcommand.
pub(super) async fn run(command: cli::Keys, common: &Common, output: Output) -> Result<Report, Failure> {
    if let cli::Keys::File(command) = command {
        return file::run(command).await;
    }
    let client = Client::new(common)?;
    let (status, wait) = match command {
        cli::Keys::File(_) | cli::Keys::Status => (status(&client).await?, false),
        cli::Keys::Rotate { wait } => {
            let answer = client.keys().rotate_keys(client.request(RotateKeysRequest {})).await;
            (answer.map_err(|status| client.failure(status))?.into_inner(), wait)
        }
        cli::Keys::Retire { forget_unreadable, wait } => {
            let request = client.request(RetireKeysRequest { forget_unreadable });
            let answer = client.keys().retire_keys(request).await;
            (answer.map_err(|status| client.failure(status))?.into_inner(), wait)
        }
    };
    let status = if wait { ended(&client, status, output).await? } else { status };
    Ok(Report::new(value(&status), text(&status)))
}

async fn status(client: &Client) -> Result<KeyStatus, Failure> {
    let answer = client.keys().get_key_status(client.request(GetKeyStatusRequest {})).await;
    Ok(answer.map_err(|status| client.failure(status))?.into_inner())
}

/// Waits until all records were looked through.
async fn ended(client: &Client, mut now: KeyStatus, output: Output) -> Result<KeyStatus, Failure> {
    let mut told = String::new();
    loop {
        let rewrap = now.rewrap.clone().unwrap_or_default();
        let far = far(&rewrap);
        if told != far {
            output.aside(&far);
            told = far;
        }
        if !rewrap.running {
            let problem = rewrap.problem;
            return if problem.is_empty() { Ok(now) } else { Err(Failure::refused("KEYS_REMAIN", problem)) };
        }
        sleep(ASK).await;
        now = status(client).await?;
    }
}

fn far(rewrap: &Rewrap) -> String {
    let Rewrap { seen, rewrapped, left, unreadable, .. } = rewrap;
    let mut text = format!("looked at {seen} records, sealed {rewrapped} anew since the start, {left} left");
    if *unreadable > 0 {
        text.push_str(&format!(", {unreadable} do not open"));
    }
    text
}

fn text(status: &KeyStatus) -> String {
    let rows: Vec<_> = status
        .keys
        .iter()
        .map(|key| {
            let active = if key.active { "seals" } else { "opens" };
            let made = key.create_time.as_ref();
            [
                key.id.clone(),
                active.to_owned(),
                made.map_or_else(String::new, |made| show::time(Some(made))),
                key.records.to_string(),
            ]
        })
        .collect();
    let mut text = show::table(["KEY", "DOES", "MADE", "RECORDS"], &rows);
    let mut line = |line: &str| {
        text.truncate(text.trim_end().len());
        text.push('\n');
        text.push_str(line);
    };
    if let Some(rewrap) = &status.rewrap {
        let state = if rewrap.running { "under way" } else { "done" };
        line(&format!("{state}: {}", far(rewrap)));
        rewrap.unreadable_records.iter().for_each(|name| line(&format!("does not open: {name}")));
        if !rewrap.problem.is_empty() {
            line(&rewrap.problem);
        }
    }
    if !status.problem.is_empty() {
        line(&status.problem);
    }
    text
}

fn value(status: &KeyStatus) -> Value {
    let keys: Vec<_> = status
        .keys
        .iter()
        .map(|key| {
            Value::from([
                ("id", key.id.as_str().into()),
                ("active", key.active.into()),
                (
                    "createTime",
                    key.create_time.as_ref().map_or(Value::Null, |made| show::time(Some(made)).into()),
                ),
                ("records", key.records.into()),
            ])
        })
        .collect();
    let rewrap = status.rewrap.clone().unwrap_or_default();
    let unreadable: Vec<_> =
        rewrap.unreadable_records.iter().map(|name| Value::from(name.as_str())).collect();
    let source = match status.source() {
        KeySource::Transit => "transit",
        KeySource::File | KeySource::Unspecified => "file",
    };
    Value::from([
        ("keys", Value::from(keys)),
        ("source", source.into()),
        ("problem", status.problem.as_str().into()),
        (
            "rewrap",
            Value::from([
                ("running", Value::from(rewrap.running)),
                ("seen", rewrap.seen.into()),
                ("rewrapped", rewrap.rewrapped.into()),
                ("left", rewrap.left.into()),
                ("unreadable", rewrap.unreadable.into()),
                ("unreadableRecords", unreadable.into()),
                ("problem", rewrap.problem.as_str().into()),
                ("endTime", rewrap.end_time.as_ref().map_or(Value::Null, |end| show::time(Some(end)).into())),
            ]),
        ),
    ])
}
