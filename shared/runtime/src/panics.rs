//! What a panic says: where it was, and its text only where that cannot hold a value.

use std::{
    any::Any,
    io::{self, Write},
    panic::{self, PanicHookInfo},
    thread,
};

/// From now on the text of a panic is shown only where it stands in the source as it is. One that was put together while the
/// process ran (an `unwrap` shows an error, a comparison both sides) may hold a secret or somebody's data, and standard error
/// is a log like any other: of that, the place is shown and no more. One that the store turns into an error is left to that.
pub fn withhold_values() {
    panic::set_hook(Box::new(|info| {
        if let Some(words) = words(info) {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(io::stderr(), "{words}");
        }
    }));
}

/// What is to be said; nothing of what an error tells.
fn words(info: &PanicHookInfo<'_>) -> Option<String> {
    if store::becomes_error(info) {
        return None;
    }
    let current = thread::current();
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let name = current.name().unwrap_or("without a name");
    Some(format!("thread '{name}' panicked at {place}: {}", text(info.payload())))
}

/// A literal is a text of the source; a formatted one is made at run time.
fn text(payload: &(dyn Any + Send)) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("(its text is withheld, since it may hold a value)")
}

#[cfg(test)]
mod tests;
