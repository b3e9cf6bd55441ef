//! The functions of `${name:arguments}`.
//!
//! One file each: its signature, what it does, how it is checked and compiled. `crate::eval` carries the plans out.

mod computed;
mod config_register;
mod current;
mod evaluate;
mod if_else;
mod is_true;
mod timestamp_to_date_time;

use std::ops::RangeInclusive;

use crate::compile::{Compiler, Scope};
use crate::expression::Call;
use crate::plan::Plan;
use crate::relaxed::Text;

pub(crate) use is_true::is_true;
pub(crate) use timestamp_to_date_time::{normalise, to_date_time};

/// How the text after the colon becomes arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Split {
    /// At commas, into at most so many; commas in the last one are its own.
    Most(usize),
    /// Not at all: it is a script.
    Script,
}

/// A function.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// How it is written, for messages.
    pub(crate) signature: &'static str,
    pub(crate) split: Split,
    /// How many arguments it takes.
    pub(crate) arguments: RangeInclusive<usize>,
    pub(crate) compile: fn(&mut Compiler<'_>, &Call, &Text, Scope) -> Plan,
}

impl Function {
    /// The number of arguments, in words.
    pub(crate) fn arity(&self) -> String {
        match (*self.arguments.start(), *self.arguments.end()) {
            (1, 1) => "one argument".to_owned(),
            (least, most) if least == most => format!("{least} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        }
    }
}

static FUNCTIONS: [&Function; 11] = [
    &computed::COMPUTED,
    &config_register::CONFIG_REGISTER,
    &config_register::REG,
    &current::AGENCY,
    &current::CLAN,
    &current::OBJECT,
    &current::OBJECT_PURE,
    &evaluate::EVALUATE,
    &if_else::IF,
    &is_true::IS_TRUE,
    &timestamp_to_date_time::TIMESTAMP_TO_DATE_TIME,
];

pub(crate) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.into_iter().find(|function| function.name == name)
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    FUNCTIONS.into_iter().map(|function| function.name)
}

/// How the arguments of a function are split; those of an unknown one at every comma.
pub(crate) fn split(name: &str) -> Split {
    find(name).map_or(Split::Most(usize::MAX), |function| function.split)
}
