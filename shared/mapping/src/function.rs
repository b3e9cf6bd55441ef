//! The functions of `${name:arguments}`.
//!
//! One file each: its signature, its document, its examples, how it is checked and compiled, and what it does. The reference,
//! `docs/language/functions.md`, is made from them, and every example in it is run by the tests.

mod base64;
mod base64_decode;
mod base64_url;
mod computed;
mod config_register;
mod current_agency;
mod current_clan;
mod current_object;
mod current_object_pure;
mod date;
mod default;
mod encode;
mod evaluate;
mod format_date;
mod format_number;
mod hash;
mod hex;
mod hmac;
mod if_else;
mod is_true;
mod join;
mod join_reg_array;
mod lower;
mod now;
mod operation;
mod parse_date;
mod reg;
mod split;
mod timestamp_to_date_time;
mod trim;
mod upper;
mod url_decode;
mod url_encode;
mod uuid;

use std::ops::RangeInclusive;

use crate::compile::{Compiler, Scope};
use crate::expression::Call;
use crate::plan::Plan;
use crate::relaxed::Text;

pub(crate) use date::normalise;
pub(crate) use is_true::is_true;
pub(crate) use operation::Apply;
pub(crate) use uuid::uuid;

/// How the text after the colon becomes arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Split {
    /// At commas, into at most so many; commas in the last one are its own.
    Most(usize),
    /// Not at all: it is a script.
    Script,
}

/// The chapters of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Reading,
    Deciding,
    Text,
    Encoding,
    Signing,
    Numbers,
    Time,
}

/// A function.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// How it is written, for messages and the reference. What stands in square brackets may be left out.
    pub(crate) signature: &'static str,
    pub(crate) group: Group,
    /// What it gives, in one line without a full stop.
    pub(crate) summary: &'static str,
    /// Everything an author needs to know beyond that, in Markdown.
    pub(crate) doc: &'static str,
    /// What a secret may do here, in a sentence; `None` where none may go through.
    pub(crate) secrets: Option<&'static str>,
    pub(crate) examples: &'static [Example],
    pub(crate) split: Split,
    /// How many arguments it takes.
    pub(crate) arguments: RangeInclusive<usize>,
    pub(crate) compile: fn(&mut Compiler<'_>, &Call, &Text, Scope) -> Plan,
}

/// An expression, what it is given, and what it gives.
pub(crate) struct Example {
    /// The text of a string that holds the expression.
    pub(crate) text: &'static str,
    /// What is there: `input`, `response`, `unit`, `tenant`, `constants` as JSON, `register KEY` as relaxed JSON.
    pub(crate) given: &'static [(&'static str, &'static str)],
    /// The value as JSON, its secrets masked, or `error: ` and the message.
    pub(crate) gives: &'static str,
}

impl Function {
    /// The number of arguments, in words.
    pub(crate) fn arity(&self) -> String {
        match (*self.arguments.start(), *self.arguments.end()) {
            (0, 0) => "no arguments".to_owned(),
            (1, 1) => "one argument".to_owned(),
            (least, usize::MAX) => format!("at least {least} arguments"),
            (least, most) if least == most => format!("{least} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        }
    }
}

/// In the order of the reference.
pub(crate) static FUNCTIONS: [&Function; 31] = [
    &current_object::CURRENT_OBJECT,
    &current_object_pure::CURRENT_OBJECT_PURE,
    &current_agency::CURRENT_AGENCY,
    &current_clan::CURRENT_CLAN,
    &config_register::CONFIG_REGISTER,
    &reg::REG,
    &join_reg_array::JOIN_REG_ARRAY,
    &if_else::IF,
    &is_true::IS_TRUE,
    &default::DEFAULT,
    &evaluate::EVALUATE,
    &join::JOIN,
    &split::SPLIT,
    &lower::LOWER,
    &upper::UPPER,
    &trim::TRIM,
    &base64::BASE64,
    &base64_url::BASE64_URL,
    &base64_decode::BASE64_DECODE,
    &hex::HEX,
    &url_encode::URL_ENCODE,
    &url_decode::URL_DECODE,
    &hash::HASH,
    &hmac::HMAC,
    &uuid::UUID,
    &format_number::FORMAT_NUMBER,
    &computed::COMPUTED,
    &now::NOW,
    &format_date::FORMAT_DATE,
    &parse_date::PARSE_DATE,
    &timestamp_to_date_time::TIMESTAMP_TO_DATE_TIME,
];

pub(crate) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.into_iter().find(|function| function.name == name)
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    FUNCTIONS.into_iter().map(|function| function.name)
}

/// What a secret can go through, for messages.
pub(crate) fn carriers() -> String {
    let carrying = |function: &&&Function| function.secrets.is_some() && function.group != Group::Reading;
    let names: Vec<_> =
        FUNCTIONS.iter().filter(carrying).map(|function| format!("`{}`", function.name)).collect();
    names.join(", ")
}

/// How the arguments of a function are split; those of an unknown one at every comma.
pub(crate) fn split(name: &str) -> Split {
    find(name).map_or(Split::Most(usize::MAX), |function| function.split)
}
