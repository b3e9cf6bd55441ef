//! `outgate restore`.

use mapping::Value;

use crate::{
    backup::{self, Restored},
    cli::{self, Common},
    commands::keys,
    failure::Failure,
    output::Report,
};

/// Makes the store of a data folder. No suite is asked.
pub(super) async fn run(args: cli::Restore, common: &Common) -> Result<Report, Failure> {
    let data = common.data.clone().ok_or_else(|| {
        Failure::usage("--data: is missing; name the folder to restore into, one without a store")
    })?;
    let cli::Restore { file, key_file, config } = args;
    let ring = keys::file::ring(&key_file, config.as_deref()).await?;
    let place = data.clone();
    let restored = tokio::task::spawn_blocking(move || backup::restore(&file, &ring, &place))
        .await
        .map_err(|error| Failure::refused("INTERNAL", format!("the restore broke off: {error}")))?
        .map_err(|error| Failure::file(error.to_string()))?;
    let Restored { entries, revision, version, audited } = restored;
    let ledger = match audited {
        Some(audited) => format!("{audited} entries of the audit ledger"),
        None => "no audit ledger: there was one already, or none in the backup".to_owned(),
    };
    let text = format!(
        "restored {entries} entries at revision {revision}, backed up by Outgate {version}, into {}, and {ledger}\nThe keys are not in a \
         backup: copy {} to {} (mode 0600), or name it as seal.key_file; then start with `outgate serve --data {}`",
        data.display(),
        key_file.display(),
        data.join("seal.key").display(),
        data.display()
    );
    Ok(Report::new(
        Value::from([
            ("data", data.display().to_string().into()),
            ("entries", entries.into()),
            ("revision", revision.into()),
            ("audited", audited.map_or(Value::Null, Into::into)),
            ("version", version.into()),
        ]),
        text,
    ))
}
