//! The reference of the functions, made from what stands beside each of them.

use std::fmt::{self, Write as _};

use crate::function::{Example, FUNCTIONS, Function, Group};

const CHAPTERS: [(Group, &str); 7] = [
    (Group::Reading, "Reading"),
    (Group::Deciding, "Deciding and computing"),
    (Group::Text, "Text"),
    (Group::Encoding, "Encodings"),
    (Group::Signing, "Hashes, signatures, identifiers"),
    (Group::Numbers, "Numbers"),
    (Group::Time, "Time"),
];

const HEAD: &str = "\
# Functions

Every function that `${name:arguments}` can call. [The guide](guide.md) says how adapters are written; this page is for
looking things up. It is made from the program, and every example on it is run by the tests. The time of the step in the
examples is 2026-11-21T22:04:04.120Z.

## What holds for all of them

- **Arguments** stand behind the colon, with commas between them. In the signatures below, what stands in square brackets may
  be left out.
- Space around an argument is not part of it. **An argument in quotes**, `', '` or `\", \"`, keeps its commas and its space and
  loses the quotes; inside a JSON string a double quote is written `\\\"`, so single ones read better. Expressions in quotes
  are evaluated. Quotes that are part of the value go inside the other kind: `\"'A'\"`.
- The **last argument** keeps its commas without quotes, unless the function takes any number of arguments.
- An argument may be or hold other expressions, up to 32 deep. One that is an expression alone keeps the type of its value;
  literal text is a string, also where it looks like a number.
- **Null**, and what is missing, gives null wherever a function does not say otherwise.
- A string that is one expression alone becomes the value itself, with its type. In a longer string the value is written as
  text: strings as they are, numbers and booleans as in JSON, null as nothing, objects and arrays as compact JSON.
- A **secret** goes through the functions that say so, and no other: the check refuses the rest. What goes out is put together
  when the request is sent. Until then, and wherever it is shown, a secret is its name: `{{secret:name}}`.
- What can be told without data is told by the check: an algorithm that does not exist, a pattern that is none, a literal that
  cannot be decoded.
";

/// The reference of all functions, in Markdown: `docs/language/functions.md`.
pub fn reference() -> String {
    let mut out = HEAD.to_owned();
    // Writing into a string does not fail.
    let _ = write(&mut out);
    out
}

fn write(out: &mut String) -> fmt::Result {
    for (group, title) in CHAPTERS {
        writeln!(out, "\n## {title}\n\n| function | gives |\n| --- | --- |")?;
        for function in of(group) {
            let anchor = function.name.to_lowercase();
            writeln!(out, "| [`{}`](#{anchor}) | {} |", function.name, function.summary)?;
        }
        for function in of(group) {
            write_function(function, out)?;
        }
    }
    Ok(())
}

fn of(group: Group) -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.into_iter().filter(move |function| function.group == group)
}

fn write_function(function: &Function, out: &mut String) -> fmt::Result {
    let Function { name, signature, group, summary, doc, secrets, examples, arguments, .. } = function;
    writeln!(out, "\n### {name}\n\n```text\n{signature}\n```\n\n{summary}.\n\n{doc}")?;
    match secrets {
        Some(how) => writeln!(out, "\n**Secrets.** {how}")?,
        None if *group == Group::Reading || *arguments.end() == 0 => {}
        None => writeln!(out, "\n**Secrets.** None can go through.")?,
    }
    for example in *examples {
        write_example(example, out)?;
    }
    Ok(())
}

fn write_example(example: &Example, out: &mut String) -> fmt::Result {
    writeln!(out, "\n```jsonc")?;
    for (what, text) in example.given {
        writeln!(out, "// {what}: {text}")?;
    }
    writeln!(out, "{}\n// {}\n```", crate::Value::from(example.text), example.gives.replace('\n', "\\n"))
}
