//! `outgate keys`.

use std::path::PathBuf;

use clap::Subcommand;

/// `keys`.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Show the keys, what is sealed with each, and how far sealing anew has come
    Status,
    /// Make a new key and seal with it from here on; what is sealed with old ones is sealed anew, and they end
    Rotate {
        /// Wait until the old keys are gone, and show how far it has come
        #[arg(long)]
        wait: bool,
    },
    /// Look through all records again, and end the old keys that none of them needs
    Retire {
        /// Let go of keys that only records need which do not open; those are lost for good
        #[arg(long)]
        forget_unreadable: bool,
        /// Wait until that is done
        #[arg(long)]
        wait: bool,
    },
    /// Edit a key file on this machine; nothing is sent to a suite
    ///
    /// For files that the suite may read and not write, such as mounted secrets: edit a copy, put it where the file comes
    /// from, and the suite takes it over while it runs.
    #[command(subcommand)]
    File(KeyFile),
}

/// `keys file`.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyFile {
    /// Make a key file with one new key
    New {
        /// The file, which must not be there yet
        file: PathBuf,
        /// The suite's configuration: with [seal.transit] the key is wrapped
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Add a new key
    Add {
        /// The key file
        file: PathBuf,
        /// Make it the one that seals. Where several processes use the file, first let all of them have it without
        #[arg(long)]
        activate: bool,
        /// The suite's configuration: with [seal.transit] the key is wrapped
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Make a key of the file the one that seals
    Activate {
        /// The key file
        file: PathBuf,
        /// The key's id
        id: seal::KeyId,
    },
    /// Take a key out, whose records are lost for good where there are any: see `keys status` first
    Remove {
        /// The key file
        file: PathBuf,
        /// The key's id
        id: seal::KeyId,
    },
    /// Have every key in the clear wrapped by the transit engine of the configuration
    Wrap {
        /// The key file
        file: PathBuf,
        /// The suite's configuration, which names the engine
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}
