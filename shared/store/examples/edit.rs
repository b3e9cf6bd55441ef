//! Changes what is in a store that nobody has open, as whoever has the disk can: `tests/` damages records with it.
//!
//! `edit FOLDER get KEY` writes the value to standard output, in hexadecimal; `edit FOLDER put KEY HEX` puts another one in
//! its place.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::{error::Error, path::Path};

use data_encoding::HEXLOWER;
use store::{Precondition, SledStore, Store, StoreExt};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [folder, "get", key] => {
            let entry = SledStore::open(Path::new(folder))?.get(key).await?.ok_or("there is no such key")?;
            println!("{}", HEXLOWER.encode(&entry.value));
        }
        [folder, "put", key, value] => {
            let value = HEXLOWER.decode(value.as_bytes())?;
            SledStore::open(Path::new(folder))?.put(key, value.into(), Precondition::Exists).await?;
        }
        _ => return Err("give a folder, then `get KEY` or `put KEY HEX`".into()),
    }
    Ok(())
}
