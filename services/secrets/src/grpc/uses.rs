//! Uses of released values, as the suite's own services report them.

use proto::secrets::v1::Use;
use runtime::{Caller, Refusal, Role, names::Name};

use super::{ASKED, known_purpose, scope};
use crate::{
    SECRETS,
    audit::{Asked, Wish},
    ledger::{Entry, Kind},
};

/// The entries of a report, or why it is none.
pub(super) fn read(caller: &Caller, uses: &[Use]) -> Result<Vec<Entry>, Refusal> {
    if uses.is_empty() || uses.len() > ASKED {
        return Err(Refusal::field("uses", format!("must be 1 to {ASKED}")));
    }
    uses.iter().map(|used| entry(caller, used)).collect()
}

fn entry(caller: &Caller, used: &Use) -> Result<Entry, Refusal> {
    let Use { name, release, version, destination_url, purpose, token_generation, cause } = used;
    let tenant = Name::parse("uses.name", SECRETS, name)?.parent.tenant;
    caller.require(Role::Releaser, &tenant)?;
    known_purpose(*purpose)?;
    let destination = scope("uses.destination_url", destination_url)?;
    if *release == 0 && *token_generation == 0 {
        return Err(Refusal::field("uses.release", "must name the release, or token_generation the token"));
    }
    let asked = Asked { caller, name, destination_url, wish: Wish::Release(*purpose), cause: cause.as_ref() };
    let numbers = [("version", *version), ("release", *release), ("token_generation", *token_generation)];
    let known = numbers.into_iter().filter(|(_, number)| *number > 0);
    let entry = asked.about(Kind::Used, name, destination.as_str());
    Ok(known.fold(entry, |entry, (key, number)| entry.number(key, number)))
}
