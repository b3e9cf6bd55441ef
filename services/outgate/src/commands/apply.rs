//! `outgate apply`: files in, the difference out, then the change.

use mapping::Value;

use crate::{
    cli::{self, Common},
    client::Client,
    failure::Failure,
    files::{self, File},
    output::{DIM, GREEN, Output, RED, Report, YELLOW, styled},
};

pub(crate) use plan::{Action, Change};

mod adapters;
mod difference;
mod plan;
mod prune;
mod write;

/// Reads all files, shows what would change, and changes it.
pub(super) async fn run(args: &cli::Apply, common: &Common, output: Output) -> Result<Report, Failure> {
    let files = files::load(&args.paths)?;
    let client = Client::new(common)?;
    let mut changes = plan::plan(&client, &files).await?;
    if args.prune {
        changes.extend(prune::plan(&client, &files).await?);
    }
    // What is refused changes nothing, so no change is shown.
    adapters::refuse(&client, &files, &changes).await?;
    changes.iter().for_each(|change| output.line(&shown(change)));
    if args.dry_run {
        return Ok(report(&changes, true, Vec::new()));
    }
    confirm(args, &changes, output)?;
    write::all(&client, &changes).await?;
    let warnings = adapters::warnings(&client, &changes).await?;
    warnings.iter().for_each(|warning| output.note(warning));
    Ok(report(&changes, false, warnings))
}

/// Applies files without a word: what the demo does with its examples.
pub(crate) async fn apply(client: &Client, files: &[File]) -> Result<Vec<Change>, Failure> {
    let changes = plan::plan(client, files).await?;
    adapters::refuse(client, files, &changes).await?;
    write::all(client, &changes).await?;
    Ok(changes)
}

/// Deleting wants a yes.
fn confirm(args: &cli::Apply, changes: &[Change], output: Output) -> Result<(), Failure> {
    let deleted = changes.iter().filter(|change| change.action == Action::Deleted).count();
    let question = format!("Delete {deleted} that these files do not name?");
    if deleted == 0 || args.yes || output.confirm(&question) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "--prune would delete {deleted}, and nobody said yes; nothing was changed. Say --yes to delete"
    )))
}

/// One change, for people.
fn shown(change: &Change) -> String {
    let style = match change.action {
        Action::Created => GREEN,
        Action::Changed => YELLOW,
        Action::Deleted => RED,
        Action::Unchanged => DIM,
    };
    let mut text =
        format!("{} {} {}", styled(style, format!("{:9}", change.action)), change.kind, change.key());
    if let Some(unit) = change.unit() {
        text.push_str(&format!(" of {unit}"));
    }
    if !change.difference.is_empty() {
        text.push('\n');
        text.push_str(difference::styled(&change.difference).trim_end());
    }
    text
}

fn report(changes: &[Change], dry_run: bool, warnings: Vec<String>) -> Report {
    let values: Vec<_> = changes
        .iter()
        .map(|change| {
            Value::from([
                ("kind", change.kind.into()),
                ("name", change.name.as_str().into()),
                ("action", change.action.to_string().into()),
                ("difference", change.difference.as_str().into()),
            ])
        })
        .collect();
    let warnings: Vec<_> = warnings.into_iter().map(Value::from).collect();
    let value =
        Value::from([("dryRun", dry_run.into()), ("changes", values.into()), ("warnings", warnings.into())]);
    let text = if dry_run { "nothing was changed (--dry-run)" } else { "" };
    Report::new(value, text)
}

#[cfg(test)]
mod tests;
