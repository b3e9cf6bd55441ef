//! Where a streamed answer goes.

use std::{
    fs::{self, File, Permissions},
    io,
    os::{fd::AsFd, unix::fs::PermissionsExt},
    path::Path,
};

use bytes::Bytes;
use tempfile::{NamedTempFile, TempPath};
use tokio::{fs::File as AsyncFile, io::AsyncWriteExt};

use crate::{failure::Failure, output::Output};

/// What a new file may be used for, before the process's mask takes from it.
const MODE: u32 = 0o666;

/// Standard output, or a file that is there when it is whole.
pub(super) enum Destination<'a> {
    Stdout(AsyncFile),
    /// Written beside its name, and renamed.
    File {
        name: &'a Path,
        file: AsyncFile,
        beside: TempPath,
    },
    /// No regular file, such as a pipe or a device: written as it comes.
    Special {
        name: &'a Path,
        file: AsyncFile,
    },
}

impl<'a> Destination<'a> {
    /// Makes ready for a body.
    ///
    /// # Errors
    /// When the file cannot be made, or standard output is no place for bytes.
    pub(super) fn open(name: Option<&'a Path>, output: Output) -> Result<Self, Failure> {
        let Some(name) = name.filter(|name| name.as_os_str() != "-") else {
            return if output.takes_bytes() {
                Self::stdout().map_err(|error| wrong(Path::new("-"), &error))
            } else {
                Err(Failure::usage(
                    "--stream: standard output is a terminal, or is for --json; name a file with --output FILE",
                ))
            };
        };
        let special = fs::metadata(name).is_ok_and(|there| !there.is_file());
        let opened = if special { Self::special(name) } else { Self::beside(name) };
        opened.map_err(|error| wrong(name, &error))
    }

    fn stdout() -> io::Result<Self> {
        let unbuffered = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Self::Stdout(AsyncFile::from_std(File::from(unbuffered))))
    }

    fn special(name: &'a Path) -> io::Result<Self> {
        let file = AsyncFile::from_std(File::options().write(true).open(name)?);
        Ok(Self::Special { name, file })
    }

    fn beside(name: &'a Path) -> io::Result<Self> {
        // A link stays one: what it leads to is replaced.
        let target = fs::canonicalize(name).unwrap_or_else(|_| name.to_owned());
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let made = tempfile::Builder::new()
            .prefix(".outgate-")
            .suffix(".part")
            .permissions(Permissions::from_mode(MODE))
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        // Who could not read the file before cannot read it after.
        if let Ok(there) = fs::metadata(&target) {
            made.as_file().set_permissions(there.permissions())?;
        }
        let (file, beside) = NamedTempFile::into_parts(made);
        Ok(Self::File { name, file: AsyncFile::from_std(file), beside })
    }

    /// Writes what came. False when nobody reads it any more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) async fn write(&mut self, chunk: Bytes) -> Result<bool, Failure> {
        match self {
            Self::Stdout(stdout) => match stdout.write_all(&chunk).await {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
                written => written.map(|()| true).map_err(|error| wrong(Path::new("-"), &error)),
            },
            Self::File { name, file, .. } | Self::Special { name, file } => {
                file.write_all(&chunk).await.map(|()| true).map_err(|error| wrong(name, &error))
            }
        }
    }

    /// The body is whole: so is the file, from here on. Answers its name.
    ///
    /// # Errors
    /// When it cannot be written to its end, or not be put in its place.
    pub(super) async fn finish(self) -> Result<Option<&'a Path>, Failure> {
        match self {
            Self::Stdout(mut stdout) => {
                // A reader that closed its end is no error.
                let _ = stdout.flush().await;
                Ok(None)
            }
            Self::Special { name, mut file } => {
                file.flush().await.map_err(|error| wrong(name, &error))?;
                Ok(Some(name))
            }
            Self::File { name, mut file, beside } => {
                let target = fs::canonicalize(name).unwrap_or_else(|_| name.to_owned());
                file.flush().await.map_err(|error| wrong(name, &error))?;
                file.sync_all().await.map_err(|error| wrong(name, &error))?;
                beside.persist(&target).map_err(|error| wrong(name, &error.error))?;
                Ok(Some(name))
            }
        }
    }
}

fn wrong(name: &Path, error: &io::Error) -> Failure {
    Failure::file(format!("--output {}: {error}", name.display()))
}
