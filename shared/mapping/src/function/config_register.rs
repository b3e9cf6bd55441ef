//! `${configRegister:KEY}` and `${configRegister:KEY, PATH}`: a register, or a place in it.
//!
//! The text of a register is authored: its strings are templates, rendered where they are read. `reg` is the same; both are
//! resolved when the adapter is compiled, and whoever keeps compiled adapters compiles again when a register changes.

use super::{Function, Split};

pub(super) static CONFIG_REGISTER: Function = Function {
    name: "configRegister",
    signature: "${configRegister:KEY, PATH}",
    split: Split::Most(2),
    arguments: 1..=2,
    compile: |compiler, call, text, scope| compiler.register(&call.arguments, text, scope),
};

pub(super) static REG: Function = Function {
    name: "reg",
    signature: "${reg:KEY, PATH}",
    split: Split::Most(2),
    arguments: 1..=2,
    compile: |compiler, call, text, scope| compiler.register(&call.arguments, text, scope),
};
