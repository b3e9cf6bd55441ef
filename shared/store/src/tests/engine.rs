//! What the engine does while the disk has not confirmed yet, while the log is written back, and when neither ever ends.

use std::io;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use futures::future::join_all;
use futures::{FutureExt, StreamExt, poll};

use crate::engine::{Backend, Change, Changes, Engine};
use crate::memory::Memory;
use crate::{Batch, Entry, Error, ErrorKind, Event, Op, Options, Precondition, Range, Revision};

/// A backend in memory whose barriers wait for a word, and of which a part is written back before it does.
struct Gated {
    memory: Memory,
    /// Told when a part was written back, and says when to go on; none: at once.
    writing_back: Option<HalfWay>,
    /// Told of each barrier that begins.
    began: Sender<()>,
    /// How each ends.
    verdicts: Mutex<Receiver<io::Result<()>>>,
}

/// Says that a part was written back, and waits for a word.
type HalfWay = (Sender<()>, Mutex<Receiver<io::Result<()>>>);

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
    start_with(None)
}

fn start_with(writing_back: Option<HalfWay>) -> (Engine<Gated>, Gate) {
    let (began, begins) = channel();
    let (verdicts, taken) = channel();
    let backend = Gated { memory: Memory::default(), writing_back, began, verdicts: Mutex::new(taken) };
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

/// An engine whose first half of the log is being written back, and the end of the test: one key is in the entries already, and
/// the others are not.
async fn writing_back() -> (Engine<Gated>, Gate, Receiver<()>, Sender<io::Result<()>>) {
    let (half_done, halves) = channel();
    let (go_on, waits) = channel();
    let (engine, gate) = start_with(Some((half_done, Mutex::new(waits))));
    for _ in 0..4 {
        gate.open();
    }
    let first = [Op::put("a", "1"), Op::put("b", "1"), Op::put("c", "1"), Op::put("d", "1")];
    engine.commit(batch(first)).await.unwrap();
    engine.commit(batch([Op::put("b", "2"), Op::delete("c"), Op::put("e", "2")])).await.unwrap();
    halves.recv().unwrap();
    (engine, gate, halves, go_on)
}

#[tokio::test]
async fn what_is_written_back_is_seen_whole_meanwhile() {
    let (engine, _gate, halves, go_on) = writing_back().await;
    let newest = || {
        let one_by_one = ["a", "b", "c", "d", "e"].map(|key| value(&engine, key));
        assert_eq!(
            one_by_one.each_ref().map(Option::as_deref),
            [Some("1"), Some("2"), None, Some("1"), Some("2")]
        );
        for limit in 1..6 {
            let page = engine.scan(Range::all(), limit).unwrap();
            let keys: Vec<_> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
            assert_eq!(
                (keys, page.more),
                (["a", "b", "d", "e"][..limit.min(4)].to_vec(), limit < 4),
                "limit {limit}"
            );
        }
    };
    newest();
    // The other half takes this one meanwhile, and what it says depends on what is written back.
    go_on.send(Ok(())).unwrap();
    let condition = Precondition::Create;
    let refused = engine.commit(batch([Op::put("d", "3").when(condition)])).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    go_on.send(Ok(())).unwrap();
    engine.commit(batch([Op::put("c", "3").when(condition)])).await.unwrap();
    halves.recv().unwrap();
    assert_eq!(value(&engine, "c").as_deref(), Some("3"));
}

#[tokio::test]
async fn after_a_failed_write_back_nothing_more_is_written() {
    let (engine, _gate, _halves, go_on) = writing_back().await;
    go_on.send(Err(io::Error::other("the disk is gone"))).unwrap();
    let failed = engine.commit(batch([Op::put("f", "3")])).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Io);
    assert!(failed.to_string().contains("until it is opened anew"), "{failed}");
    assert_eq!(engine.check().unwrap_err().to_string(), failed.to_string());
    // What was acknowledged is in the log.
    assert_eq!((value(&engine, "b").as_deref(), value(&engine, "c")), (Some("2"), None));
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

    fn scan(
        &self,
        range: &Range,
        limit: usize,
        is_hidden: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Entry>, Error> {
        self.memory.scan(range, limit, is_hidden)
    }

    fn room(&self) -> Result<(), Error> {
        Ok(())
    }

    fn log(&self, changes: &Changes, revision: Revision) -> Result<bool, Error> {
        if !self.memory.log(changes, revision)? {
            return Ok(false);
        }
        // A test that has ended no longer listens.
        let _ = self.began.send(());
        match self.verdicts.lock().unwrap().recv() {
            Ok(verdict) => verdict.map(|()| true).map_err(|error| Error::io("syncing failed", error)),
            Err(_) => Ok(true),
        }
    }

    fn turn(&self) {
        self.memory.turn();
    }

    fn write_back(&self, logged: &Changes, revision: Revision) -> Result<(), Error> {
        if let Some((half_done, go_on)) = &self.writing_back {
            let first = logged.iter().next().map(|(key, change)| {
                let after = change.after.clone();
                (key.clone(), Change { before: change.before, after })
            });
            self.memory.write_back(&first.into_iter().collect(), revision)?;
            let _ = half_done.send(());
            // A test that has ended says nothing.
            if let Ok(Err(error)) = go_on.lock().unwrap().recv() {
                return Err(Error::io("syncing failed", error));
            }
        }
        self.memory.write_back(logged, revision)
    }
}
