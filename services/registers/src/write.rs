//! Writing registers: every write is one atomic commit of the new head, its own record, and what it lets go of.

use mapping::Value;
use prost_types::Timestamp;
use proto::errors::v1::Reason;
use runtime::{Refusal, names::Name};
use store::{Batch, ErrorKind, Op, Precondition, Revision};

use crate::{
    book::{Book, Current, KEPT_WRITES, Register, not_found},
    chunks,
    document::Text,
    key, layout,
    record::{self, Change, Content, Head, Stamp, Write},
    room,
};

/// What a write is to become.
struct Plan {
    change: Change,
    stamp: Stamp,
    /// None for a deletion.
    content: Option<Content>,
    /// What must hold of the meeting point of the shared register and its copies, when this write makes a copy.
    base: Option<Precondition>,
}

/// What a patch lies over, and what it must not be overtaken by.
struct Ground {
    /// What a caller who read the newest has read: the register, or the shared one that is copied.
    revision: Option<Revision>,
    created: Option<Timestamp>,
    copied_from: Option<u64>,
    content: Content,
    base: Option<Precondition>,
}

impl Book {
    /// Writes a register's text, over whatever is there. What runs wrote is dropped.
    ///
    /// # Errors
    /// ETAG_MISMATCH; QUOTA_EXCEEDED.
    pub(crate) async fn put(
        &self,
        name: &Name,
        text: Text,
        wanted: Precondition,
        author: &str,
    ) -> Result<Register, Refusal> {
        let content = text.into_content();
        let _turn = self.turns.take(name).await;
        let _room = self.room(&name.parent.tenant).await;
        loop {
            let current = self.recovered(name).await?;
            let live = live(current.as_ref());
            check(name, wanted, live.map(|live| live.revision))?;
            self.admit(name, &content).await?;
            let old = live.map(|live| &live.head.stamp);
            let stamp = self.stamp(author, old.map(|old| old.created), old.and_then(|old| old.copied_from));
            let plan = Plan { change: Change::Put, stamp, content: Some(content.clone()), base: None };
            if let Some(register) = self.commit_content(name, current.as_ref(), plan, &content).await? {
                return Ok(register);
            }
        }
    }

    /// Merges a patch into a register, or into a private copy that is made for it.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND for a shared name; ETAG_MISMATCH; FIELD_INVALID when too much was patched; QUOTA_EXCEEDED.
    pub(crate) async fn patch(
        &self,
        name: &Name,
        field: &str,
        patch: &Value,
        wanted: Precondition,
        author: &str,
    ) -> Result<Register, Refusal> {
        let _turn = self.turns.take(name).await;
        let _room = self.room(&name.parent.tenant).await;
        loop {
            let current = self.current(name).await?;
            let Some(ground) = self.ground(name, live(current.as_ref())).await? else { continue };
            let there = match wanted {
                Precondition::Create => live(current.as_ref()).map(|live| live.revision),
                _ => ground.revision,
            };
            check(name, wanted, there)?;
            let content = ground.content.patched(field, patch)?;
            self.admit(name, &content).await?;
            let stamp = self.stamp(author, ground.created, ground.copied_from);
            let plan =
                Plan { change: Change::Patch, stamp, content: Some(content.clone()), base: ground.base };
            if let Some(register) = self.commit_content(name, current.as_ref(), plan, &content).await? {
                return Ok(register);
            }
        }
    }

    /// Deletes a register. Its history stays.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND, ETAG_MISMATCH.
    pub(crate) async fn delete(
        &self,
        name: &Name,
        wanted: Precondition,
        author: &str,
    ) -> Result<(), Refusal> {
        let _turn = self.turns.take(name).await;
        loop {
            let current = self.recovered(name).await?;
            let live = live(current.as_ref()).ok_or_else(|| not_found(name))?;
            check(name, wanted, Some(live.revision))?;
            let old = &live.head.stamp;
            let stamp = self.stamp(author, Some(old.created), old.copied_from);
            let plan = Plan { change: Change::Delete, stamp, content: None, base: None };
            if self.commit(name, current.as_ref(), plan).await?.is_some() {
                return Ok(());
            }
        }
    }

    /// What a patch under a name lies over; none when it changed while it was read.
    async fn ground(&self, name: &Name, live: Option<&Current>) -> Result<Option<Ground>, Refusal> {
        if let Some(live) = live {
            let there = self.present(name).await?.filter(|there| there.revision == live.revision);
            return Ok(there.map(|Register { revision, stamp, content, .. }| Ground {
                revision: Some(revision),
                created: Some(stamp.created),
                copied_from: stamp.copied_from,
                content,
                base: None,
            }));
        }
        let shared = key::shared(name).ok_or_else(|| not_found(name))?;
        // Read before the shared register is: whoever writes that one from now on spoils this commit.
        let base = match self.store.get(&layout::base(name)).await? {
            None => Precondition::Create,
            Some(entry) => Precondition::Update(entry.revision),
        };
        let (revision, content) = match self.present(&shared).await? {
            Some(Register { revision, content, .. }) => (Some(revision), content),
            None => (None, Content::empty()),
        };
        let copied_from = revision.map(Revision::get);
        Ok(Some(Ground { revision, created: None, copied_from, content, base: Some(base) }))
    }

    /// As [`Book::commit`], answering the register that came of it.
    async fn commit_content(
        &self,
        name: &Name,
        current: Option<&Current>,
        plan: Plan,
        content: &Content,
    ) -> Result<Option<Register>, Refusal> {
        let stamp = plan.stamp.clone();
        let revision = self.commit(name, current, plan).await?;
        Ok(revision.map(|revision| Register {
            name: name.clone(),
            revision,
            stamp,
            content: content.clone(),
        }))
    }

    /// Writes, unless somebody else wrote since `current` was read: then nothing is written, and none is answered.
    async fn commit(
        &self,
        name: &Name,
        current: Option<&Current>,
        plan: Plan,
    ) -> Result<Option<Revision>, Refusal> {
        let number = current.map_or(1, |current| current.head.number + 1);
        let mut ops = self.forget(name, number).await?;
        let bytes = plan.content.as_ref().map_or(0, room::bytes);
        let place = match plan.content {
            None => None,
            Some(content) => Some(chunks::place(&*self.store, name, number, content).await?),
        };
        let head = Head { number, deleted: place.is_none(), stamp: plan.stamp.clone(), bytes };
        let write = Write { change: plan.change.into(), stamp: plan.stamp, place: place.clone() };
        let unchanged =
            current.map_or(Precondition::Create, |current| Precondition::Update(current.revision));
        ops.push(Op::put(layout::head(name), record::encode(&head)).when(unchanged));
        ops.push(Op::put(layout::revision(name, number), record::encode(&write)));
        ops.extend(meeting(name, plan.base));
        match self.store.commit(Batch::new(ops)?).await {
            Ok(revision) => Ok(Some(revision)),
            Err(error) if error.kind() == ErrorKind::Conflict => {
                chunks::take_back(&*self.store, name, number, place.as_ref()).await;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The operations that forget the write which is one too many once the write of this number is there.
    async fn forget(&self, name: &Name, number: u64) -> Result<Vec<Op>, Refusal> {
        let Some(old) = number.checked_sub(KEPT_WRITES).filter(|old| *old > 0) else { return Ok(Vec::new()) };
        let mut ops = chunks::forget(&*self.store, name, old).await?;
        ops.push(Op::delete(layout::revision(name, old)));
        Ok(ops)
    }

    pub(crate) fn stamp(&self, author: &str, created: Option<Timestamp>, copied_from: Option<u64>) -> Stamp {
        let now = Timestamp::from(self.clock.now());
        Stamp { created: created.unwrap_or(now), updated: now, author: author.to_owned(), copied_from }
    }
}

/// Writes of a shared register, and copies being made of it, meet at one key: a copy is never made of a content that
/// was replaced before the copy is there.
fn meeting(name: &Name, copying: Option<Precondition>) -> Option<Op> {
    let shared = name.parent.unit.is_none();
    let op = Op::put(layout::base(name), bytes::Bytes::new());
    match copying {
        Some(unchanged) => Some(op.when(unchanged)),
        None => shared.then_some(op),
    }
}

/// The head, if it stands for a register that is there.
fn live(current: Option<&Current>) -> Option<&Current> {
    current.filter(|current| !current.head.deleted)
}

/// Whether what is there, at this revision, is what the caller expects to be there.
fn check(name: &Name, wanted: Precondition, there: Option<Revision>) -> Result<(), Refusal> {
    let holds = match wanted {
        Precondition::None => true,
        Precondition::Create => there.is_none(),
        Precondition::Exists => there.is_some(),
        Precondition::Update(revision) => there == Some(revision),
    };
    if holds {
        return Ok(());
    }
    let name = key::display(name);
    let text = match (wanted, there) {
        (Precondition::Create, _) => "is there already; leave the etag empty to write over it",
        (_, None) => "is not there any more; send an empty etag to make it anew",
        (_, Some(_)) => "changed since its etag was read; read it again and repeat the change",
    };
    Err(Refusal::new(Reason::EtagMismatch, format!("{name}: {text}")).with("name", name))
}
