//! What a commit asks for.

use std::collections::HashSet;
use std::fmt::{self, Debug, Formatter};
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::engine::weight;
use crate::shred::OVERHEAD;
use crate::{Entry, Error, Revision};

/// Before every key that a user can name: control characters are refused.
pub(crate) const FIRST_KEY: &str = " ";
/// The longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 512;
/// The most operations of one batch (etcd's default for a transaction).
pub const MAX_OPS: usize = 128;
/// The most bytes of one batch, keys and values (24 more of each that is shreddable) together: 1 MiB, so that it fits into
/// etcd's default request.
pub const MAX_BATCH_BYTES: usize = 1 << 20;

/// What must hold of a key for the batch to be applied. An expired key is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    #[default]
    None,
    /// The key is absent.
    Create,
    /// The key is there, with exactly this revision.
    Update(Revision),
    /// The key is there.
    Exists,
}

/// One operation of a batch.
#[derive(Clone, PartialEq, Eq)]
pub enum Op {
    /// Creates the key or replaces its value.
    Put {
        /// The key: 1 to [`MAX_KEY_BYTES`] bytes, without control characters.
        key: String,
        /// The value.
        value: Bytes,
        /// From then on the key is absent; kept in whole milliseconds, rounded down. None: it stays.
        expires: Option<SystemTime>,
        /// Whether the value is shredded when the entry ends: see [`Store`](crate::Store). It must not be empty then.
        shreddable: bool,
        /// What must hold of the key.
        precondition: Precondition,
    },
    /// Removes the key. Without a precondition, removing an absent key is no change and no error.
    Delete {
        /// The key.
        key: String,
        /// What must hold of the key.
        precondition: Precondition,
    },
}

impl Op {
    /// Puts the value, whatever is there, to stay.
    pub fn put(key: impl Into<String>, value: impl Into<Bytes>) -> Self {
        let (key, value, precondition) = (key.into(), value.into(), Precondition::None);
        Self::Put { key, value, expires: None, shreddable: false, precondition }
    }

    /// Puts another value in the place of an entry's, if that is still there: what was said of the value of its end stays.
    pub fn replace(entry: &Entry, value: impl Into<Bytes>) -> Self {
        let Entry { key, revision, expires, shreddable, .. } = entry.clone();
        let precondition = Precondition::Update(revision);
        Self::Put { key, value: value.into(), expires, shreddable, precondition }
    }

    /// Deletes the key, whether it is there or not.
    pub fn delete(key: impl Into<String>) -> Self {
        Self::Delete { key: key.into(), precondition: Precondition::None }
    }

    /// The same operation under this precondition.
    #[must_use]
    pub fn when(mut self, condition: Precondition) -> Self {
        match &mut self {
            Self::Put { precondition, .. } | Self::Delete { precondition, .. } => *precondition = condition,
        }
        self
    }

    /// The same put, absent from `time` on. A delete stays as it is.
    #[must_use]
    pub fn until(mut self, time: SystemTime) -> Self {
        if let Self::Put { expires, .. } = &mut self {
            *expires = Some(time);
        }
        self
    }

    /// The same put, of a value that is shredded when the entry ends. A delete stays as it is.
    #[must_use]
    pub fn shreddable(mut self) -> Self {
        if let Self::Put { shreddable, .. } = &mut self {
            *shreddable = true;
        }
        self
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } => key,
        }
    }

    /// What must hold of the key.
    #[must_use]
    pub fn precondition(&self) -> Precondition {
        match self {
            Self::Put { precondition, .. } | Self::Delete { precondition, .. } => *precondition,
        }
    }

    fn value_len(&self) -> usize {
        match self {
            Self::Put { value, shreddable, .. } => value.len() + if *shreddable { OVERHEAD } else { 0 },
            Self::Delete { .. } => 0,
        }
    }

    fn is_shreddable_nothing(&self) -> bool {
        matches!(self, Self::Put { value, shreddable: true, .. } if value.is_empty())
    }
}

impl Debug for Op {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put { key, value, expires, shreddable, precondition } => f
                .debug_struct("Put")
                .field("key", key)
                .field("value", &format_args!("{} bytes", value.len()))
                .field("expires", expires)
                .field("shreddable", shreddable)
                .field("precondition", precondition)
                .finish(),
            Self::Delete { key, precondition } => {
                f.debug_struct("Delete").field("key", key).field("precondition", precondition).finish()
            }
        }
    }
}

/// Operations that happen together or not at all, under one revision. A batch that exists is well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    ops: Vec<Op>,
}

impl Batch {
    /// A batch of these operations.
    ///
    /// # Errors
    /// `Invalid` without an operation, for a key named twice, for a key that is empty, too long or holds a control
    /// character, and for an empty value that is to be shredded; `TooLarge` past [`MAX_OPS`] or [`MAX_BATCH_BYTES`].
    pub fn new(ops: Vec<Op>) -> Result<Self, Error> {
        if ops.is_empty() {
            return Err(Error::invalid("a batch needs at least one operation"));
        }
        if ops.len() > MAX_OPS {
            let text =
                format!("a batch of {} operations is past the limit of {MAX_OPS}; split it", ops.len());
            return Err(Error::too_large(text));
        }
        let mut keys = HashSet::with_capacity(ops.len());
        for op in &ops {
            check_key(op.key())?;
            if !keys.insert(op.key()) {
                return Err(Error::invalid("a batch names a key twice").with_key(op.key()));
            }
            if op.is_shreddable_nothing() {
                return Err(Error::invalid("an empty value cannot be shredded").with_key(op.key()));
            }
        }
        let bytes: usize = ops.iter().map(|op| op.key().len() + op.value_len()).sum();
        if bytes > MAX_BATCH_BYTES {
            let text = format!("a batch of {bytes} bytes is past the limit of {MAX_BATCH_BYTES}");
            return Err(Error::too_large(text).with_key(ops[0].key()));
        }
        let ops = ops.into_iter().map(in_whole_milliseconds).collect();
        Ok(Self { ops })
    }

    /// The operations.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// What it makes a backend write.
    pub(crate) fn weight(&self) -> usize {
        self.ops.iter().map(|op| weight(op.key().len(), op.value_len())).sum()
    }

    pub(crate) fn into_ops(self) -> Vec<Op> {
        self.ops
    }
}

impl TryFrom<Op> for Batch {
    type Error = Error;

    fn try_from(op: Op) -> Result<Self, Error> {
        Self::new(vec![op])
    }
}

pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    if key.is_empty() {
        return Err(Error::invalid("a key must not be empty"));
    }
    if key.len() > MAX_KEY_BYTES {
        let text = format!("a key of {} bytes is past the limit of {MAX_KEY_BYTES}", key.len());
        return Err(Error::too_large(text));
    }
    if key.chars().any(char::is_control) {
        return Err(Error::invalid("a key must not hold control characters").with_key(key));
    }
    Ok(())
}

fn in_whole_milliseconds(mut op: Op) -> Op {
    if let Op::Put { expires: Some(expires), .. } = &mut op {
        *expires = from_millis(to_millis(*expires));
    }
    op
}

/// The end of the year 9999: farther times are moved here, so that every platform can say them.
const LAST_MILLI: u64 = 253_402_300_799_999;

/// Milliseconds since 1970; earlier times are moved there.
pub(crate) fn to_millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(LAST_MILLI).min(LAST_MILLI)
}

pub(crate) fn from_millis(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis.min(LAST_MILLI))
}
