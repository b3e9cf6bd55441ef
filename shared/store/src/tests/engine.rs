//! What the engine does while the disk has not confirmed yet, and when it never will.

use std::io;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use futures::future::join_all;
use futures::{FutureExt, StreamExt, poll};

use crate::engine::{Backend, Changes, Engine};
use crate::memory::Memory;
use crate::{Batch, Entry, Error, ErrorKind, Event, Op, Options, Precondition, Range, Revision};

/// A backend in memory whose barriers wait for a word.
struct Gated {
    memory: Memory,
    /// Told of each barrier that begins.
    began: Sender<()>,
    /// How each ends.
    verdicts: Mutex<Receiver<io::Result<()>>>,
}

/// The test's end of a [`Gated`].
struct Gate {
    began: Receiver<()>,
    verdicts: Sender<io::Result<()>>,
}

impl Gate {
    /// Waits for a barrier that is under way.
    fn wait(&self) {
        self.began.recv().unwrap();
    }

    fn open(&self) {
        self.verdicts.send(Ok(())).unwrap();
    }

    fn fail(&self) {
        self.verdicts.send(Err(io::Error::other("the disk is gone"))).unwrap();
    }
}

fn start() -> (Engine<Gated>, Gate) {
    let (began, begins) = channel();
    let (verdicts, taken) = channel();
    let backend = Gated { memory: Memory::default(), began, verdicts: Mutex::new(taken) };
    let engine = Engine::start(backend, Revision::ZERO, [], &Options::default()).unwrap();
    (engine, Gate { began: begins, verdicts })
}

#[tokio::test]
async fn nothing_is_seen_before_it_is_durable() {
    let (engine, gate) = start();
    gate.open();
    let first =
        engine.commit(batch([Op::put("a", "1"), Op::put("c", "1"), Op::put("e", "1")])).await.unwrap();
    gate.wait();
    let mut events = engine.watch("", first).unwrap();
    let before = engine.scan(Range::all(), 10).unwrap();

    let mut second = Box::pin(engine.commit(batch([Op::put("a", "2"), Op::put("b", "2"), Op::delete("c")])));
    assert!(poll!(&mut second).is_pending());
    gate.wait();
    assert_eq!(value(&engine, "a").as_deref(), Some("1"));
    assert_eq!(value(&engine, "b"), None);
    assert_eq!(value(&engine, "c").as_deref(), Some("1"));
    for limit in 1..5 {
        let page = engine.scan(Range::all(), limit).unwrap();
        assert_eq!(page.entries, before.entries[..limit.min(3)], "limit {limit}");
        assert_eq!((page.revision, page.more), (first, limit < 3), "limit {limit}");
    }
    assert!(events.next().now_or_never().is_none());
    assert!(poll!(&mut second).is_pending());

    gate.open();
    let second = second.await.unwrap();
    assert_eq!(value(&engine, "a").as_deref(), Some("2"));
    assert_eq!(value(&engine, "c"), None);
    assert_eq!(engine.scan(Range::all(), 10).unwrap().revision, second);
    assert_eq!(events.next().await.unwrap().unwrap().revision(), second);
}

#[tokio::test]
async fn commits_that_wait_share_the_next_barrier() {
    let (engine, gate) = start();
    let mut first = Box::pin(engine.commit(batch([Op::put("first", "")])));
    assert!(poll!(&mut first).is_pending());
    gate.wait();
    let mut others = join_all((0..50).map(|key| engine.commit(batch([Op::put(format!("key/{key}"), "")]))));
    assert!(poll!(&mut others).is_pending());
    gate.open();
    gate.wait();
    gate.open();
    first.await.unwrap();
    let mut revisions: Vec<_> = others.await.into_iter().map(Result::unwrap).collect();
    revisions.dedup();
    assert_eq!(revisions.len(), 50, "each commit has a revision of its own");
    let stats = engine.stats();
    assert_eq!((stats.commits, stats.barriers), (51, 2));
}

#[tokio::test]
async fn commits_of_one_group_see_each_other() {
    let (engine, gate) = start();
    let mut first = Box::pin(engine.commit(batch([Op::put("first", "")])));
    assert!(poll!(&mut first).is_pending());
    gate.wait();
    let create = |value| engine.commit(batch([Op::put("key", value).when(Precondition::Create)]));
    let delete = engine.commit(batch([Op::delete("key").when(Precondition::Exists)]));
    let mut group =
        Box::pin(async { futures::join!(create("1"), create("2"), delete, create("3"), create("4")) });
    assert!(poll!(&mut group).is_pending());
    gate.open();
    gate.wait();
    assert!(poll!(&mut group).is_pending(), "a conflict with what is not durable yet must wait as well");
    gate.open();
    let (one, two, delete, three, four) = group.await;
    let conflict =
        |result: Result<_, Error>| result.map_err(|error| error.kind()) == Err(ErrorKind::Conflict);
    assert!(one.unwrap() < delete.unwrap());
    assert!(conflict(two) && conflict(four));
    let entry = engine.get("key").unwrap().unwrap();
    assert_eq!((entry.value, entry.revision), ("3".into(), three.unwrap()));
    first.await.unwrap();

    let mut events = engine.watch("key", Revision::ZERO).unwrap();
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(matches!(events.next().await.unwrap().unwrap(), Event::Put(_)));
    }
    assert_eq!(told, [true, false, true]);
}

#[tokio::test]
async fn after_a_failed_barrier_nothing_more_is_written() {
    let (engine, gate) = start();
    gate.open();
    let durable = engine.commit(batch([Op::put("a", "1")])).await.unwrap();
    gate.wait();
    let mut events = engine.watch("", durable).unwrap();

    gate.fail();
    let failed = engine.commit(batch([Op::put("a", "2"), Op::put("b", "2")])).await.unwrap_err();
    assert_eq!((failed.kind(), failed.is_retryable()), (ErrorKind::Io, false));
    assert!(std::error::Error::source(&failed).unwrap().to_string().contains("the disk is gone"));

    // The disk would take writes again; the store does not.
    gate.open();
    let refused = engine.commit(batch([Op::put("c", "3")])).await.unwrap_err();
    assert_eq!(refused.to_string(), failed.to_string());
    assert!(failed.to_string().contains("until it is opened anew"), "{failed}");
    assert_eq!(engine.check().unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(value(&engine, "a").as_deref(), Some("1"));
    assert_eq!(engine.scan(Range::all(), 10).unwrap().entries.len(), 1);
    assert_eq!(events.next().await.unwrap().unwrap_err().kind(), ErrorKind::Io);
    assert!(events.next().await.is_none());
    assert_eq!(engine.stats().commits, 1);
}

fn batch(ops: impl IntoIterator<Item = Op>) -> Batch {
    Batch::new(ops.into_iter().collect()).unwrap()
}

fn value(engine: &Engine<Gated>, key: &str) -> Option<String> {
    let entry = engine.get(key).unwrap()?;
    Some(String::from_utf8(entry.value.to_vec()).unwrap())
}

impl Backend for Gated {
    fn get(&self, key: &str) -> Result<Option<Entry>, Error> {
        self.memory.get(key)
    }

    fn scan(&self, range: &Range, limit: usize) -> Result<Vec<Entry>, Error> {
        self.memory.scan(range, limit)
    }

    fn room(&self) -> Result<(), Error> {
        Ok(())
    }

    fn apply(&self, changes: &Changes, revision: Revision) -> Result<(), Error> {
        self.memory.apply(changes, revision)
    }

    fn barrier(&self, _: &Changes, _: Revision) -> Result<(), Error> {
        // A test that has ended no longer listens.
        let _ = self.began.send(());
        match self.verdicts.lock().unwrap().recv() {
            Ok(verdict) => verdict.map_err(|error| Error::io("syncing failed", error)),
            Err(_) => Ok(()),
        }
    }
}
