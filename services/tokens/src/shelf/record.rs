//! What the store holds of a grant's tokens: the kept one, and how many there were.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use prost::Message;

use crate::{grant::Grant, life::Life};

/// The only format there is. A record of another one is got anew, never guessed at.
const FORMAT: u32 = 1;

/// A kept token: its value sealed, and beside it what may be known of it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Record {
    #[prost(uint32, tag = "1")]
    format: u32,
    #[prost(string, tag = "2")]
    pub(crate) token_url: String,
    #[prost(string, tag = "3")]
    pub(crate) client_id: String,
    #[prost(string, repeated, tag = "4")]
    pub(crate) scope: Vec<String>,
    #[prost(string, tag = "5")]
    pub(crate) token_type: String,
    #[prost(uint64, tag = "6")]
    pub(crate) generation: u64,
    /// When its request was sent, in milliseconds since 1970.
    #[prost(uint64, tag = "7")]
    got: u64,
    /// How long it lives from there, in milliseconds.
    #[prost(uint64, tag = "8")]
    total: u64,
    /// Whether the endpoint said so.
    #[prost(bool, tag = "9")]
    said: bool,
    /// How long before its end it is renewed, in milliseconds.
    #[prost(uint64, tag = "10")]
    renew_ahead: u64,
    #[prost(bytes = "bytes", tag = "11")]
    pub(crate) sealed: Bytes,
}

impl Record {
    pub(super) fn new(
        grant: &Grant,
        token_type: &str,
        generation: u64,
        got: SystemTime,
        life: &Life,
        sealed: Vec<u8>,
    ) -> Self {
        Self {
            format: FORMAT,
            token_url: grant.token_url.clone(),
            client_id: grant.client_id.clone(),
            scope: grant.scope.clone(),
            token_type: token_type.to_owned(),
            generation,
            got: since_1970(got),
            total: millis(life.total),
            said: life.said,
            renew_ahead: millis(life.renew_ahead),
            sealed: sealed.into(),
        }
    }

    pub(crate) fn read(bytes: &Bytes) -> Option<Self> {
        Self::decode(bytes.clone()).ok().filter(|record| record.format == FORMAT)
    }

    pub(crate) fn write(&self) -> Bytes {
        self.encode_to_vec().into()
    }

    pub(crate) fn got(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.got)
    }

    pub(crate) fn life(&self) -> Life {
        Life {
            total: Duration::from_millis(self.total),
            said: self.said,
            renew_ahead: Duration::from_millis(self.renew_ahead),
        }
    }

    /// When it ends, if the endpoint said so.
    pub(crate) fn expires(&self) -> Option<SystemTime> {
        self.said.then(|| self.got() + Duration::from_millis(self.total))
    }

    /// What the value is bound to, as this record says.
    pub(crate) fn bound(&self, token_url: &str) -> Bound {
        Bound::new(token_url, &self.token_type, self.got(), &self.life())
    }
}

/// What a kept token's value is bound to beside key and generation: where it came from, how it is presented, and how
/// long it lives. Somebody with access to the store can lengthen no life.
pub(crate) struct Bound(String);

impl Bound {
    pub(super) fn new(token_url: &str, token_type: &str, got: SystemTime, life: &Life) -> Self {
        let (got, total, ahead) = (since_1970(got), millis(life.total), millis(life.renew_ahead));
        Self(format!("{token_url} {token_type} {got} {total} {} {ahead}", life.said))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// How many tokens a grant has had.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(super) struct Count {
    #[prost(uint32, tag = "1")]
    format: u32,
    #[prost(uint64, tag = "2")]
    generation: u64,
}

impl Count {
    pub(super) fn read(bytes: &Bytes) -> Option<u64> {
        Self::decode(bytes.clone()).ok().filter(|count| count.format == FORMAT).map(|count| count.generation)
    }

    pub(super) fn write(generation: u64) -> Bytes {
        Self { format: FORMAT, generation }.encode_to_vec().into()
    }
}

fn since_1970(time: SystemTime) -> u64 {
    millis(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
