//! The table of codes is true: every code in use stands in it, every example raises its code, and the document says it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::known::{self, Known};
use super::{kept, rules};
use crate::{Adapter, CODES, Code, Diagnostic, Register, Severity};

/// What the examples are checked among.
const SECRETS: &str = "crm-key https://api.example.com";
const POLICY: &str = "443";
const INTEGRATIONS: &str = "CRM https://api.example.com/v1/";
const REGISTERS: [(&str, &str); 4] = [
    ("PRICES-LIST", r#"{ "basic": 10 }"#),
    ("CONNECTOR.BILLS", r#"["ADAPTER.EXAMPLE"]"#),
    ("CIRCLE-A", r#""${configRegister:CIRCLE-B}""#),
    ("CIRCLE-B", r#""${configRegister:CIRCLE-A}""#),
];

fn around() -> Known {
    let mut known = Known {
        secrets: Some(known::secrets(SECRETS)),
        policy: Some(known::policy(POLICY)),
        integrations: Some(known::integrations(INTEGRATIONS)),
        ..Known::default()
    };
    for (key, text) in REGISTERS {
        known.registers.insert(key.to_owned(), Register::authored(text));
    }
    // Each reads the next one ten times: unfolded, a billion values.
    for level in 0..9 {
        let next = format!("\"${{configRegister:MANY-{}}}\"", level + 1);
        let text = format!("[{}]", vec![next; 10].join(","));
        known.registers.insert(format!("MANY-{level}"), Register::authored(text));
    }
    known.registers.insert("MANY-9".to_owned(), Register::authored("1"));
    known
}

fn found(code: &Code) -> Vec<Diagnostic> {
    match Adapter::compile("ADAPTER.EXAMPLE", &code.example.adapter(), None, &around()) {
        Ok(adapter) => adapter.warnings().to_vec(),
        Err(found) => found,
    }
}

#[test]
fn every_example_raises_its_code_and_nothing_else() {
    for code in CODES {
        let found = found(code);
        let codes: BTreeSet<_> = found.iter().map(|found| found.code).collect();
        assert_eq!(codes, BTreeSet::from([code.code]), "{}", code.example.adapter());
        assert!(found.iter().all(|found| code.severities.contains(&found.severity)), "{}", code.code);
    }
}

#[test]
fn every_code_in_use_stands_in_the_table() {
    const BEFORE: [&str; 10] = [
        ".error(",
        ".warn(",
        ".error_at(",
        ".warn_at(",
        ".problem(",
        ".warning(",
        ".abort(",
        "Diagnostic::error(",
        "Diagnostic::warning(",
        "code: ",
    ];
    let mut used = BTreeSet::new();
    for (_, text) in
        rules::sources().iter().filter(|(file, _)| file != "diagnostic/codes.rs" && file != "lib.rs")
    {
        for (at, before) in BEFORE.iter().flat_map(|before| text.match_indices(before)) {
            let code = text[at + before.len()..]
                .trim_start()
                .strip_prefix('"')
                .and_then(|code| code.split_once('"'));
            used.extend(code.map(|(code, _)| code.to_owned()));
        }
    }
    let table: Vec<_> = CODES.iter().map(|code| code.code.to_owned()).collect();
    assert!(table.is_sorted() && used.len() > 40);
    assert_eq!(used, table.into_iter().collect());
}

#[test]
fn the_document_is_made_from_the_table() {
    let mut text = HEAD.to_owned();
    for code in CODES {
        writeln!(text, "| [`{0}`](#{0}) | {1} | {2} |", code.code, severity(code), code.meaning).unwrap();
    }
    for code in CODES {
        write!(text, "\n## `{}`\n\n{}: {}\n", code.code, capital(&severity(code)), code.meaning).unwrap();
        // What is read without end is not for a page: the example alone is shown.
        let first = found(code).into_iter().next().filter(|first| !first.code.starts_with("too-"));
        match first {
            Some(first) => {
                let rendered = first.render("ADAPTER.EXAMPLE", &code.example.adapter());
                let rendered = rendered.trim_end().replace('\u{1}', "\u{2401}");
                write!(text, "\n```text\n{rendered}\n```\n").unwrap();
            }
            None => write!(text, "\n```text\n{}\n```\n", code.example.text()).unwrap(),
        }
        write!(text, "\n{}\n", code.mend).unwrap();
    }
    kept(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language/diagnostics.md"), &text);
}

fn severity(code: &Code) -> String {
    let word = |severity: &Severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    code.severities.iter().map(word).collect::<Vec<_>>().join(" or ")
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

const HEAD: &str = "\
# What the check of an adapter can find

<!-- Made from shared/mapping/src/diagnostic/codes.rs by its tests: MAPPING_REWRITE=1 writes it anew. -->

An adapter is checked when it is applied, and by `outgate check`. Every problem is told at once, with its line, a caret and,
where one is known, a proposal. An *error* means that the adapter cannot be used; a *warning* that its author should look.

What is not known is not judged: a value that depends on data, or a secret for somebody who may not list secrets.

[The guide](guide.md#what-the-check-tells-you) says how adapters are written. Beside the codes below there is `unsupported`, an error for what
the language has and the suite does not carry out yet.

The examples are checked as the adapter `ADAPTER.EXAMPLE`, among a secret `crm-key` for `https://api.example.com`, an integration `CRM` with the endpoint
`https://api.example.com/v1/**`, a register `PRICES-LIST`, a connector `CONNECTOR.BILLS`, and a policy that lets out https on
port 443 alone.

| code | severity | what it says |
| --- | --- | --- |
";
