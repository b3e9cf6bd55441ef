//! `outgate secret`.

use clap::Subcommand;

/// `secret`.
#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Seal a value, from standard input or a prompt; never an argument
    ///
    /// Of a piped value, one line end at its very end is taken off, as `echo` and editors add it.
    Put {
        /// The secret's name
        name: String,
        /// The URL it is for: it is sent to no other origin (scheme, host and port)
        #[arg(long)]
        url: String,
        /// A URL that tokens may go to which are got with it as a client's secret; may be repeated. None: the origin of --url
        #[arg(long, value_name = "URL")]
        tokens_for: Vec<String>,
        /// When it ends: a day, as 2027-01-31 (its beginning, UTC), or a time, as 2027-01-31T12:00:00Z
        #[arg(long, value_name = "DATE")]
        expires: Option<String>,
        /// How long the value before it stays in use beside it: 30m, 12h, 7d
        #[arg(long, value_name = "DURATION")]
        overlap: Option<String>,
    },
    /// Set or remove one member of a secret that is a JSON object, without seeing it
    ///
    /// The member's new text comes from standard input or a prompt, as with `put`.
    Patch {
        /// The secret's name
        name: String,
        /// The name of the object's member
        member: String,
        /// Remove it instead
        #[arg(long)]
        remove: bool,
        /// How long the value before it stays in use beside it: 30m, 12h, 7d
        #[arg(long, value_name = "DURATION")]
        overlap: Option<String>,
    },
    /// Say whether a candidate, from standard input or a prompt, is a secret's value; exit code 1 where it is not
    Verify {
        /// The secret's name
        name: String,
    },
    /// List secrets: names, scopes, versions, and what ends when
    List,
    /// Delete a secret
    Delete {
        /// The secret's name
        name: String,
    },
}
