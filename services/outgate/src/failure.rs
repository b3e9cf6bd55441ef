//! How a command ends when it does not work, and the exit codes.

use std::{fmt::Display, process::ExitCode};

use mapping::{Object, Value};
use runtime::refusal::code_name;
use tonic::Status;
use tonic_types::StatusExt;

/// The exit codes that `--help` promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It worked.
    Success = 0,
    /// The suite refused or failed.
    Refused = 1,
    /// The command line or a file is wrong.
    Usage = 2,
    /// The counterpart answered with an error.
    Answer = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not work: a reason for programs, and one text for people that ends in the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    reason: String,
    message: String,
    metadata: Vec<(String, String)>,
    exit: Exit,
}

impl Failure {
    /// The command line cannot be used.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new("USAGE", message, Exit::Usage)
    }

    /// A file cannot be read or used.
    pub(crate) fn file(message: impl Into<String>) -> Self {
        Self::new("FILE_INVALID", message, Exit::Usage)
    }

    /// The command ran and did not get through.
    pub(crate) fn refused(reason: &str, message: impl Into<String>) -> Self {
        Self::new(reason, message, Exit::Refused)
    }

    fn new(reason: &str, message: impl Into<String>, exit: Exit) -> Self {
        Self { reason: reason.to_owned(), message: message.into(), metadata: Vec::new(), exit }
    }

    /// Adds what a program may want to know.
    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: impl Display) -> Self {
        self.metadata.push((key.to_owned(), value.to_string()));
        self
    }

    /// Adds to the text for people.
    #[must_use]
    pub(crate) fn and(mut self, text: impl Display) -> Self {
        self.message = format!("{}\n{text}", self.message);
        self
    }

    /// What the suite at `server` answered with, or that nothing answers there.
    pub(crate) fn of_status(status: &Status, server: &str) -> Self {
        let details = status.get_error_details();
        if let Some(info) = details.error_info() {
            let mut metadata: Vec<_> = info.metadata.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            metadata.sort();
            return Self { metadata, ..Self::refused(&info.reason, status.message()) };
        }
        if let Some(cause) = std::error::Error::source(status) {
            return Self::unreachable(server, cause);
        }
        let message = match status.message() {
            "" => format!("{server}: the call ended with {}", status.code()),
            text => format!("{server}: {text}"),
        };
        Self::refused(code_name(status.code()), message)
    }

    /// Nothing that speaks gRPC answers at the address.
    fn unreachable(server: &str, cause: &(dyn std::error::Error + 'static)) -> Self {
        let mut last = cause;
        while let Some(next) = last.source() {
            last = next;
        }
        let cause = last.to_string();
        let next = if cause.contains("certificate") {
            "name the authority that signed it with --ca-file"
        } else {
            "start one with `outgate serve`, or name another with --server or --data"
        };
        Self::refused("SERVER_UNREACHABLE", format!("no suite can be reached at {server} ({cause}); {next}"))
            .with("server", server)
    }

    /// The reason.
    #[cfg(test)]
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// The text for people.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// What `--json` prints.
    pub(crate) fn to_value(&self) -> Value {
        let metadata: Object =
            self.metadata.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect();
        Value::from([(
            "error",
            Value::from([
                ("reason", self.reason.as_str().into()),
                ("message", self.message.as_str().into()),
                ("metadata", metadata.into()),
            ]),
        )])
    }
}

#[cfg(test)]
mod tests;
