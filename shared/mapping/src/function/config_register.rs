//! `${configRegister:KEY}` and `${configRegister:KEY, PATH}`: a register, or a place in it.
//!
//! The text of a register is authored: its strings are templates, rendered where they are read. It is
//! resolved when the adapter is compiled, and whoever keeps compiled adapters compiles again when a register changes.

use super::{Example, Function, Group, Split};

pub(super) static CONFIG_REGISTER: Function = Function {
    name: "configRegister",
    signature: "${configRegister:KEY[,PATH]}",
    group: Group::Reading,
    summary: "A register, or a place in it",
    doc: "The unit's private copy is read before the shared one. KEY is written out, so that it is known when the adapter is \
          checked; a part of PATH may depend on data. What an author wrote into the register may hold expressions, as an \
          adapter may: they are evaluated where it is read, with what can be read there. What a run wrote into it is data, \
          and never evaluated. Registers that read each other in a circle are an error.",
    secrets: Some("What is read may hold secrets, if the place it ends in may."),
    examples: &[
        Example {
            text: "${configRegister:COUNTRY-CODES, ${currentObject:input.country}}",
            given: &[
                ("register COUNTRY-CODES", r#"{"Norway": "NO", "Sweden": "SE"}"#),
                ("input", r#"{"country": "Norway"}"#),
            ],
            gives: r#""NO""#,
        },
        Example {
            text: "${configRegister:CRM-DEFAULTS}",
            given: &[
                ("register CRM-DEFAULTS", r#"{"source": "outgate", "owner": "${currentAgency:name}"}"#),
                ("unit", r#"{"id": "7", "name": "Oslo"}"#),
            ],
            gives: r#"{"source":"outgate","owner":"Oslo"}"#,
        },
        Example {
            text: "${configRegister:CRM-DEFAULT}",
            given: &[],
            gives: "error: there is no register `CRM-DEFAULT`",
        },
    ],
    split: Split::Most(2),
    arguments: 1..=2,
    compile: |compiler, call, text, scope| compiler.register(&call.arguments, text, scope),
};
