//! `outgate backup`.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use mapping::Value;
use proto::backup::v1::{CreateBackupRequest, CreateBackupResponse};
use tempfile::NamedTempFile;

use crate::{cli, client::Client, failure::Failure, output::Report};

/// Writes a backup beside its name, and gives it its name when it is whole and on the disk.
pub(super) async fn run(args: &cli::Backup, client: &Client) -> Result<Report, Failure> {
    let path = &args.file;
    let wrong = |error: io::Error| Failure::file(format!("{}: {error}", path.display()));
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(Failure::usage(format!("{}: is no file; name one to write", path.display())));
    }
    let folder = folder(path);
    // Before anything is asked for: a backup that has no place costs the suite nothing.
    let mut file = tempfile::Builder::new()
        .prefix(".outgate-")
        .suffix(".part")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .map_err(wrong)?;
    let bytes = fetch(client, &mut file, &wrong).await?;
    file.as_file().sync_all().map_err(wrong)?;
    file.persist(path).map_err(|error| wrong(error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(wrong)?;
    let text = format!(
        "wrote {} ({bytes} bytes); the sealing keys are not in it, keep a copy of the key file elsewhere",
        path.display()
    );
    Ok(Report::new(Value::from([("file", path.display().to_string().into()), ("bytes", bytes.into())]), text))
}

async fn fetch(
    client: &Client,
    file: &mut NamedTempFile,
    wrong: &impl Fn(io::Error) -> Failure,
) -> Result<u64, Failure> {
    let failed = |status| client.failure(status);
    let request = client.request(CreateBackupRequest {});
    let mut pieces = client.backups().create_backup(request).await.map_err(failed)?.into_inner();
    let mut bytes = 0;
    while let Some(CreateBackupResponse { data }) = pieces.message().await.map_err(failed)? {
        file.write_all(&data).map_err(wrong)?;
        bytes += data.len() as u64;
    }
    Ok(bytes)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
