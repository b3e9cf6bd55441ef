//! Counterparts that do what none should. Each ends in a reason of the closed set, by the deadline, holding no more than
//! the limit, and what was sent was sent once.

mod floods;
mod http1;
mod http2;
mod poison;
mod time;

use super::{Keeper, door, get, raw::Raw};
use crate::{Answer, Error, ErrorKind};

/// What a GET of `/` comes to.
async fn sent(raw: &Raw) -> Result<Answer, Error> {
    door(raw).send(get(raw, "/"), &Keeper::default()).await
}

/// How a request ended, in a word.
fn label(result: &Result<Answer, Error>) -> &'static str {
    match result {
        Ok(_) => "answered",
        Err(error) => match error.kind() {
            ErrorKind::BrokeOff => "broke off",
            ErrorKind::ResponseTooLarge { .. } => "too large",
            ErrorKind::Timeout => "timeout",
            ErrorKind::TlsFailed => "tls",
            ErrorKind::ConnectFailed => "connect",
            _ => "another reason",
        },
    }
}

/// How often something occurs.
fn count(bytes: &[Vec<u8>], what: &[u8]) -> usize {
    bytes.iter().map(|bytes| bytes.windows(what.len()).filter(|window| *window == what).count()).sum()
}
