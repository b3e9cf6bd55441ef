//! What a script threw, in words that repeat no data.

use mapping::{ScriptError, ScriptErrorKind};
use rquickjs::{Ctx, Value};

use super::engine::OUT_OF_MEMORY;

/// What the engine calls the script in its traces.
pub(super) const FILE: &str = "authored";
/// The longest text that is shown, in bytes.
const LONGEST: usize = 300;

/// The kinds of error that the language has, and the engine.
const KINDS: [&str; 8] = [
    "Error",
    "AggregateError",
    "EvalError",
    "RangeError",
    "ReferenceError",
    "SyntaxError",
    "TypeError",
    "URIError",
];

/// The words of the engine's own messages. A text made of these and of the script's own words repeats no data.
const WORDS: &str = "
    a after and argument arguments argument's array arrow as assign assignment async at await base be before being bigint body
    break buffer by call called cannot case catch character circular class code compare const constructor continue convert
    converted could count create declaration default define defined delete derived descriptor destructuring detached did
    divide division do does duplicate element empty end error escape evaluate exceeded expected expecting exponent expression
    extensible field finally first flag flags for found from function generator get getter global group has have identifier if
    implement import in index infinite initialized initializer instance integer invalid is it iterable iterator iterator's key
    label large left length let lexical limit line list literal loop lookup many map match math mathrandom maximum may member
    message method missing mix module must name named negative new nil no non not nothing null number object octal of on one
    only operand operator or out outside overflow own parameter parameters pattern precision private promise properties
    property proto prototype proxy quantifier radix range read readonly redeclaration redefine reference regexp regular
    repeat repetition reserved resolve rest result return right same script sealed sequence set setter size space special
    spread stack statement static strict string structure such super surrogate symbol syntax target template terminated than
    that the there this throw time to token too try type typed types undefined unexpected unicode unknown unsupported
    unterminated use uri valid value values variable was week while wide with without yield zero each gives
";

/// The error for what was thrown while `source` was read, or running.
pub(super) fn read(ctx: &Ctx<'_>, thrown: &Value<'_>, source: &str, running: bool) -> ScriptError {
    let property = |name: &str| {
        let found = thrown.as_object().and_then(|object| object.get::<_, String>(name).ok());
        // A getter may have thrown in turn; that is not told.
        let _ = ctx.catch();
        found.unwrap_or_default()
    };
    let (name, text) = (property("name"), property("message"));
    let at = place(&property("stack"), source);
    match (name.as_str(), text.as_str()) {
        ("InternalError", "out of memory") => return ScriptError::new(ScriptErrorKind::Limit, OUT_OF_MEMORY),
        ("SyntaxError", _) if !running => {
            let text = if repeats_no_data(&text, source) { text } else { "not a script".to_owned() };
            return ScriptError { kind: ScriptErrorKind::Syntax, message: text, at };
        }
        _ => {}
    }
    let kind = KINDS.into_iter().find(|kind| *kind == name).unwrap_or("value");
    let article = if kind.starts_with(['A', 'E']) { "an" } else { "a" };
    let mut message = format!("the script threw {article} {kind}");
    if !text.is_empty() && repeats_no_data(&text, source) {
        message = format!("{message}: {text}");
    }
    ScriptError { kind: ScriptErrorKind::Thrown, message, at }
}

/// Whether every word of a text is the engine's or stands in the script.
fn repeats_no_data(text: &str, source: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let known = |word: &str| {
        source.split(|c| !is_word(c)).any(|own| own == word)
            || WORDS.split_whitespace().any(|known| known.eq_ignore_ascii_case(word))
    };
    text.len() <= LONGEST && text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).all(known)
}

/// The byte of the source that a trace names first: `authored:LINE:COLUMN`.
fn place(stack: &str, source: &str) -> Option<usize> {
    let prefix = format!("{FILE}:");
    let rest = stack.lines().find_map(|line| line.split_once(&prefix).map(|(_, rest)| rest))?;
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit()).map(str::parse::<usize>);
    let (line, column) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let start: usize = source.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let line = source.get(start..)?.lines().next().unwrap_or_default();
    let within = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    Some(start + within)
}
