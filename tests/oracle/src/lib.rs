//! The leak oracle: whatever a test makes secret is looked for in everything that comes out of the suite.
//!
//! A test has nothing to do for it. Secrets become canaries where they are made or first seen: what a client of a test
//! puts, what a command is piped, what the suite makes for itself, what counterparts give out. Sinks
//! are noted where the bytes come out: answers, output of processes, exports, files. When a suite, a command or the demo
//! ends, every sink is searched for every canary, in every encoding; a canary that is found fails the test.
//!
//! Counterparts are where secrets go, so what they get is no sink. Anywhere else a canary may be only where somebody
//! said so for that canary and that sink, with a reason: [`Canary::may_be_in`].

#![expect(clippy::expect_used, clippy::panic, reason = "it is built into tests alone, and fails them")]

mod answers;
mod canary;
mod forms;
mod hearing;
mod leak;
mod search;
mod sink;
mod streams;
mod views;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

pub use answers::{Heard, Listened, Listening, heard};
pub use canary::{Canary, random};
pub use hearing::{Hearing, layer, log};
pub use leak::Leak;
pub use sink::Sink;

use self::{canary::Known, search::Search};

/// What this process knows. With one process for each test that is what the test knows; where tests share a process,
/// each is searched for the canaries of all.
pub static ORACLE: LazyLock<Oracle> = LazyLock::new(Oracle::default);

/// Canaries, and where they must not be.
#[derive(Debug, Default)]
pub struct Oracle {
    canaries: Mutex<Vec<Known>>,
    /// Files to which a counterpart writes what it gives out, a line each.
    written: Mutex<Vec<PathBuf>>,
    sinks: Mutex<Vec<Sink>>,
    /// What was found in sinks that are too large to be kept.
    early: Mutex<Vec<Leak>>,
}

impl Oracle {
    /// Makes a canary of a value.
    pub fn note(&self, what: &str, value: &[u8]) {
        let mut canaries = lock(&self.canaries);
        if canaries.iter().all(|known| known.value != value) {
            canaries.push(Known { what: what.to_owned(), value: value.to_owned(), may_be_in: Vec::new() });
        }
    }

    /// Lets a canary be in a sink.
    fn permit(&self, value: &[u8], sink: &str) {
        for known in lock(&self.canaries).iter_mut().filter(|known| known.value == value) {
            known.may_be_in.push(sink.to_owned());
        }
    }

    /// A sink that is searched from now on.
    pub fn sink(&'static self, name: impl Into<String>) -> Sink {
        let sink = Sink::new(self, name.into());
        lock(&self.sinks).push(sink.clone());
        sink
    }

    /// Takes up what counterparts have written down so far.
    fn learn(&self) {
        let files = lock(&self.written).clone();
        for text in files.iter().filter_map(|file| fs::read_to_string(file).ok()) {
            for line in text.lines() {
                self.note("what a counterpart gave out", line.as_bytes());
            }
        }
    }

    fn prepared(&self) -> Search {
        self.learn();
        Search::new(lock(&self.canaries).clone())
    }

    /// What is in the sinks, and in every file under these folders, and must not be.
    pub fn leaks(&self, folders: &[&Path]) -> Vec<Leak> {
        let search = self.prepared();
        let mut leaks = std::mem::take(&mut *lock(&self.early));
        let sinks = lock(&self.sinks).clone();
        leaks.extend(sinks.iter().flat_map(|sink| sink.search(&search)));
        for file in folders.iter().flat_map(|folder| files(folder)) {
            let name = file.display().to_string();
            // What was removed meanwhile holds nothing.
            leaks.extend(fs::read(&file).map(|bytes| search.look(&name, &bytes)).unwrap_or_default());
            let is_core = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("core"));
            leaks.extend(is_core.then(|| Leak::core(&name)));
        }
        leaks
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that failed elsewhere is still searched.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes canaries of the lines of a file, whenever they come.
pub fn canaries_in(file: &Path) {
    lock(&ORACLE.written).push(file.to_owned());
}

/// Takes up what counterparts have written down so far, because they end.
pub fn learn() {
    ORACLE.learn();
}

/// Notes something that came out of the suite.
pub fn came_out(name: impl Into<String>, bytes: &[u8]) {
    ORACLE.sink(name).write(bytes);
}

/// Searches everything that was noted, and every file under these folders.
///
/// # Panics
/// When a canary is found. While the thread panics already it is only told, on standard error.
#[track_caller]
pub fn search(folders: &[&Path]) {
    leak::tell(ORACLE.leaks(folders));
}

/// Every file under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries
        .flat_map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path()),
            Ok(kind) if kind.is_file() => vec![entry.path()],
            _ => Vec::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
