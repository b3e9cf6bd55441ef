//! What a command reads: a run's input, a request's body.

use std::{
    io::{self, Read},
    path::Path,
};

use bytes::Bytes;
use mapping::Value;

use crate::{client, failure::Failure};

/// The name that stands for standard input.
const STDIN: &str = "-";

/// A run's input: JSON, checked here so that an error names the file.
pub(crate) fn json(path: &Path) -> Result<Bytes, Failure> {
    let bytes = file(path, "--input")?;
    Value::from_json(&bytes).map_err(|error| {
        Failure::file(format!("--input {}: is no JSON: {error}", path.display()))
            .with("file", path.display())
            .with("line", error.line)
            .with("column", error.column)
    })?;
    Ok(bytes.into())
}

/// A request's body: the text itself, or with `@` a file.
pub(crate) fn body(argument: &str) -> Result<Bytes, Failure> {
    match argument.strip_prefix('@') {
        None => Ok(argument.to_owned().into()),
        Some(path) => Ok(file(Path::new(path), "-d")?.into()),
    }
}

fn file(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    if path.as_os_str() != STDIN {
        return client::read(path, what);
    }
    let mut bytes = Vec::new();
    io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::file(format!("{what} -: standard input cannot be read: {error}")))?;
    Ok(bytes)
}
