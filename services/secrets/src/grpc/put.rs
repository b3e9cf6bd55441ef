//! Requests that write a value.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use proto::secrets::v1::{PatchSecretRequest, PutSecretRequest};
use runtime::{
    Caller, Refusal, Role,
    names::{self, Name},
};
use seal::Plaintext;
use zeroize::Zeroizing;

use super::scope;
use crate::{
    LONGEST_OVERLAP, SECRETS, TOKEN_ORIGINS, VALUE_BYTES,
    scope::Scope,
    vault::{Patch, Put},
};

/// The name of a JSON object's member, in bytes.
const MEMBER_BYTES: std::ops::RangeInclusive<usize> = 1..=256;

/// The request as the vault takes it, if its caller may make it.
pub(super) fn read(request: PutSecretRequest, caller: &Caller, now: SystemTime) -> Result<Put, Refusal> {
    let PutSecretRequest { name, value, url, etag, token_urls, expire_time, overlap } = request;
    let name = Name::parse("name", SECRETS, &name)?;
    caller.require(Role::Configurator, &name.parent.tenant)?;
    Ok(Put {
        value: plaintext("value", value)?,
        scope: scope("url", &url)?,
        token_origins: token_origins(&token_urls)?,
        expires: expire_time.map(|time| end(time, now)).transpose()?,
        overlap: self::overlap(overlap)?,
        precondition: names::precondition("etag", &etag)?,
        by: caller.name().to_owned(),
        saved: None,
        name,
    })
}

/// The request as the vault takes it, if its caller may make it.
pub(super) fn read_patch(request: PatchSecretRequest, caller: &Caller) -> Result<Patch, Refusal> {
    let PatchSecretRequest { name, member, value, remove, etag, overlap } = request;
    let name = Name::parse("name", SECRETS, &name)?;
    caller.require(Role::Configurator, &name.parent.tenant)?;
    if !MEMBER_BYTES.contains(&member.len()) {
        let (least, most) = (MEMBER_BYTES.start(), MEMBER_BYTES.end());
        return Err(Refusal::field("member", format!("must have {least} to {most} bytes")));
    }
    let text = match (value.is_empty(), remove) {
        (true, true) => None,
        (false, true) => return Err(Refusal::field("remove", "is set beside a value; give one of them")),
        (_, false) => Some(text(value)?),
    };
    Ok(Patch {
        member,
        text,
        overlap: self::overlap(overlap)?,
        precondition: names::precondition("etag", &etag)?,
        by: caller.name().to_owned(),
        name,
    })
}

/// The value as text, in memory that is wiped.
fn text(value: Bytes) -> Result<Zeroizing<String>, Refusal> {
    let value = plaintext("value", value)?;
    let text = std::str::from_utf8(value.expose());
    let text =
        text.map_err(|_| Refusal::field("value", "is no text in UTF-8, and a JSON string is nothing else"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Takes the value over into memory that is wiped. The request's own bytes cannot be: they are a view of a buffer that
/// the transport shares between messages. They are let go of here, before anything is waited for.
pub(super) fn plaintext(field: &str, value: Bytes) -> Result<Plaintext, Refusal> {
    if !VALUE_BYTES.contains(&value.len()) {
        let (least, most) = (VALUE_BYTES.start(), VALUE_BYTES.end());
        return Err(Refusal::field(field, format!("must have {least} to {most} bytes")));
    }
    Ok(Plaintext::new(value.to_vec()))
}

fn token_origins(urls: &[String]) -> Result<Vec<Scope>, Refusal> {
    if urls.len() > TOKEN_ORIGINS {
        return Err(Refusal::field("token_urls", format!("names more than {TOKEN_ORIGINS}")));
    }
    urls.iter().enumerate().map(|(at, url)| scope(&format!("token_urls[{at}]"), url)).collect()
}

fn end(time: prost_types::Timestamp, now: SystemTime) -> Result<SystemTime, Refusal> {
    let end = u64::try_from(time.seconds).ok().and_then(|seconds| {
        // What no clock of this machine can show is no time.
        UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    });
    end.filter(|end| *end > now).ok_or_else(|| Refusal::field("expire_time", "must be in the future"))
}

fn overlap(overlap: Option<prost_types::Duration>) -> Result<Option<Duration>, Refusal> {
    let Some(overlap) = overlap else { return Ok(None) };
    let whole = u64::try_from(overlap.seconds).ok().map(Duration::from_secs);
    let fits = whole.filter(|overlap| !overlap.is_zero() && *overlap <= LONGEST_OVERLAP);
    let days = LONGEST_OVERLAP.as_secs() / (24 * 3600);
    fits.map(Some).ok_or_else(|| Refusal::field("overlap", format!("must be 1 second to {days} days")))
}
