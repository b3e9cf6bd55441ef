//! `outgate audit verify`: from files alone, without the suite.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use mapping::Value;
use seal::{KeyFile, KeyRing, KeyRingError, StoredKey};
use secrets::ledger::{Broken, Head, Verified, verify, verify_export};

use crate::{
    cli::{self, Common},
    failure::Failure,
    output::Report,
    serve::{LEDGER, SEAL_KEY},
};

/// Runs the subcommand.
pub(super) fn run(args: &cli::Verify, common: &Common) -> Result<Report, Failure> {
    let known = args.head.as_deref().map(noted).transpose()?;
    let keys = keys(args, common)?;
    let (mut texts, mut values) = (Vec::new(), Vec::new());
    for path in paths(args, common)? {
        let proved = prove(&path, args.gaps, keys.as_ref(), known)?;
        // The folder's checkpoint is worth what its seal is: without the keys it could have been written anew as well.
        let checkpoint = match (path.is_dir(), &keys) {
            (false, _) => "none",
            (true, None) => "unproved",
            (true, Some(_)) => "proved",
        };
        texts.push(told(&path, &proved, checkpoint));
        values.push(value(&path, &proved, checkpoint));
    }
    Ok(Report::new(Value::from([("verified", values.into())]), texts.join("\n")))
}

fn prove(path: &Path, gaps: bool, keys: Option<&KeyRing>, known: Option<Head>) -> Result<Verified, Failure> {
    let proved = if path.is_dir() {
        verify(path, keys, known)
    } else {
        let file = File::open(path).map_err(|error| Failure::file(format!("{}: {error}", path.display())))?;
        verify_export(path, file, gaps, known)
    };
    proved.map_err(|broken| {
        let text = format!("the audit ledger does not hold: {broken}");
        match broken {
            Broken::Io { .. } => Failure::file(broken.to_string()),
            Broken::Entry { sequence, .. } | Broken::Segment { sequence, .. } => {
                Failure::refused("LEDGER_BROKEN", text).with("sequence", sequence)
            }
            Broken::Checkpoint(_) => Failure::refused("LEDGER_BROKEN", text),
        }
    })
}

/// What is named, else the ledger of the data folder.
fn paths(args: &cli::Verify, common: &Common) -> Result<Vec<PathBuf>, Failure> {
    match (&args.paths[..], &common.data) {
        ([], None) => {
            Err(Failure::usage("name an export or a folder, or the data folder of a suite with --data"))
        }
        ([], Some(data)) => Ok(vec![data.join(LEDGER)]),
        (paths, _) => Ok(paths.to_vec()),
    }
}

/// The keys that are named, else those of the data folder, where it has some that nobody has to unwrap.
fn keys(args: &cli::Verify, common: &Common) -> Result<Option<KeyRing>, Failure> {
    let own = common.data.as_ref().map(|data| data.join(SEAL_KEY)).filter(|path| path.exists());
    let Some(path) = args.key_file.as_ref().or(own.as_ref()) else { return Ok(None) };
    let file = KeyFile::new(path, true);
    let failed = |error: KeyRingError| Failure::file(error.to_string());
    let (list, _) = file.read().map_err(failed)?;
    let wrapped = list.keys().iter().any(|key| matches!(key.stored, StoredKey::Wrapped(_)));
    if wrapped && args.key_file.is_none() {
        return Ok(None);
    }
    KeyRing::load_from(&file).map(Some).map_err(failed)
}

/// A head as `audit head` shows it.
fn noted(text: &str) -> Result<Head, Failure> {
    let head = text.split_once(':').and_then(|(sequence, hash)| {
        Some(Head { sequence: sequence.parse().ok()?, hash: hash.parse().ok()? })
    });
    head.ok_or_else(|| {
        Failure::usage(format!("--head {text}: expected NUMBER:HASH, as `outgate audit head` shows it"))
    })
}

fn told(path: &Path, proved: &Verified, checkpoint: &str) -> String {
    let Verified { head, entries, gaps, unfinished } = proved;
    let mut text =
        format!("{}: {entries} entries hold; the last is {}:{}", path.display(), head.sequence, head.hash);
    if *gaps > 0 {
        text.push_str(&format!("; in {gaps} places entries are left out"));
    }
    if *unfinished > 0 {
        text.push_str(&format!(
            "; {unfinished} bytes of an entry that was never finished are cut off at the next start"
        ));
    }
    if checkpoint == "unproved" {
        text.push_str(
            "; without the sealing keys in the clear (--key-file) the checkpoint is taken as it stands",
        );
    }
    text
}

fn value(path: &Path, proved: &Verified, checkpoint: &str) -> Value {
    let Verified { head, entries, gaps, unfinished: _ } = proved;
    Value::from([
        ("path", Value::from(path.display().to_string())),
        ("entries", (*entries).into()),
        ("sequence", head.sequence.into()),
        ("hash", head.hash.to_string().into()),
        ("gaps", (*gaps).into()),
        ("checkpoint", checkpoint.into()),
    ])
}
