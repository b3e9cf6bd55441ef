//! `outgate keys file`: key files on this machine.

use std::path::Path;

use mapping::Value;
use seal::{KeyFile, KeyId, KeyList, KeyRing, KeySet, ListError, RingKey, StoredKey};

use crate::{
    cli,
    commands::serve::config,
    failure::Failure,
    output::Report,
    serve::keys::{KeysError, Transit, make, unlock},
};

/// Runs the subcommand.
pub(super) async fn run(command: cli::KeyFile) -> Result<Report, Failure> {
    let (path, done) = match &command {
        cli::KeyFile::New { file, config } => (file, new(&at(file), config.as_deref()).await),
        cli::KeyFile::Add { file, activate, config } => {
            (file, add(&at(file), *activate, config.as_deref()).await)
        }
        cli::KeyFile::Activate { file, id } => (file, change(&at(file), |list| list.activate(*id))),
        cli::KeyFile::Remove { file, id } => (file, change(&at(file), |list| list.remove(*id))),
        cli::KeyFile::Wrap { file, config } => (file, wrap(&at(file), config).await),
    };
    let list = done?;
    let ids: Vec<_> = list.keys().iter().map(|key| Value::from(key.id.to_string())).collect();
    let text = format!("{}: {} keys, {} seals", path.display(), ids.len(), list.active());
    let active = list.active().to_string().into();
    Ok(Report::new(Value::from([("keys", ids.into()), ("active", active)]), text))
}

/// A file may be readable by its group, as where it goes; its mode stays.
fn at(path: &Path) -> KeyFile {
    KeyFile::new(path, true)
}

async fn new(file: &KeyFile, config: Option<&Path>) -> Result<KeyList, Failure> {
    let (key, _) = make(engine(config)?.as_ref()).await.map_err(failed)?;
    let list = KeyList::of(key);
    file.create(&list).map_err(|error| failed(error.into()))?;
    Ok(list)
}

async fn add(file: &KeyFile, activate: bool, config: Option<&Path>) -> Result<KeyList, Failure> {
    let (key, _) = make(engine(config)?.as_ref()).await.map_err(failed)?;
    change(file, |list| {
        let id = key.id;
        list.add(key)?;
        if activate { list.activate(id) } else { Ok(()) }
    })
}

async fn wrap(file: &KeyFile, config: &Path) -> Result<KeyList, Failure> {
    let transit = engine(Some(config))?.ok_or_else(|| {
        Failure::file(format!("{}: seal.transit.address is empty; name the engine there", config.display()))
    })?;
    let read = || file.read().map(|(list, _)| list).map_err(|error| failed(error.into()));
    let plain = unlock(file, None, read()?, None, None).await.map_err(failed)?.keys;
    let wrapped = wrapped(&transit, read()?, &plain).await.map_err(failed)?;
    change(file, |list| {
        wrapped.into_iter().try_for_each(|(id, text)| list.store_as(id, StoredKey::Wrapped(text)))
    })
}

/// The wrapped form of every key. That the engine gives the same keys back is seen before any of them is overwritten.
async fn wrapped(
    transit: &Transit,
    list: KeyList,
    plain: &KeySet,
) -> Result<Vec<(KeyId, String)>, KeysError> {
    let active = list.active();
    let (mut texts, mut keys) = (Vec::new(), Vec::new());
    for key in list.into_keys() {
        let StoredKey::Plain(bytes) = key.stored else { continue };
        let text = transit.wrap(&bytes).await?;
        keys.push(RingKey { id: key.id, made: key.made, key: Some(transit.unwrap(&text).await?) });
        texts.push((key.id, text));
    }
    let path = || std::path::PathBuf::from("the wrapped keys");
    let given = KeySet::new(active, &keys, None);
    let given = given.map_err(|source| KeysError::Set { path: path(), source })?;
    match plain.differs(&given) {
        Some(id) => Err(KeysError::Wrong { path: path(), id }),
        None => Ok(texts),
    }
}

fn change(
    file: &KeyFile,
    change: impl FnOnce(&mut KeyList) -> Result<(), ListError>,
) -> Result<KeyList, Failure> {
    file.update(|list| change(list).map_err(KeysError::from)).map(|(list, _)| list).map_err(failed)
}

/// The keys of a file, unwrapped by the engine of the configuration where it names one.
pub(in crate::commands) async fn ring(file: &Path, config: Option<&Path>) -> Result<KeyRing, Failure> {
    let (file, engine) = (at(file), engine(config)?);
    let (list, _) = file.read().map_err(|error| failed(error.into()))?;
    let unlocked = unlock(&file, engine.as_ref(), list, None, None).await.map_err(failed)?;
    Ok(KeyRing::new(unlocked.keys))
}

/// The engine of a configuration, if one was named and it names one.
fn engine(path: Option<&Path>) -> Result<Option<Transit>, Failure> {
    let Some(path) = path else { return Ok(None) };
    Transit::of(&config(Some(path))?.seal).map_err(failed)
}

fn failed(error: KeysError) -> Failure {
    Failure::file(error.to_string())
}
