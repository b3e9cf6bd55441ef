//! What scripts pay for.

use crate::{Adapter, Answer, Run, Value};

/// The steps that a script takes on data of a size. `$x` stands for `${currentObject:input.x}`.
fn steps(script: &str, size: usize) -> u64 {
    let script = script.replace('$', "${currentObject:input.").replace('~', "}");
    let text = format!(
        "{{ \"requestMapping\": {{ \"url\": \"https://x.y/\" }}, \"responseMapping\": {} }}",
        Value::from(format!("${{evaluate:{script}}}"))
    );
    let adapter = Adapter::compile("A", &text, None, &()).unwrap();
    let input = Value::from([
        ("text", "\u{e9}".repeat(size / 2).into()),
        ("json", format!("[{}1]", "1,".repeat(size / 2)).into()),
        ("number", Value::from_json(format!("0.{}", "7".repeat(size)).as_bytes()).unwrap()),
        ("list", vec![Value::from(7_i64); size].into()),
        ("object", Value::object()),
    ]);
    let run = Run { input, ..Run::default() };
    adapter.map(&run, &Answer::default()).unwrap_or_else(|error| panic!("{script}: {error}")).used.fuel
}

const SMALL: usize = 1_000;
const LARGE: usize = 33_000;

/// How many steps more the large data takes.
fn more(script: &str) -> u64 {
    steps(script, LARGE) - steps(script, SMALL)
}

#[test]
fn going_over_text_takes_steps() {
    let scripts = [
        "$text~.length",
        "$text~[1]",
        "$text~.at(0)",
        "$text~.charAt(0)",
        "$text~.includes('z')",
        "$text~.startsWith('z')",
        "$text~.endsWith('z')",
        "$text~.indexOf('z', 2)",
        "$text~.lastIndexOf('z')",
        "$text~.slice(0, 1)",
        "$text~.substring(1, 0)",
        "$text~.split('z').length",
        "$text~.trim().length",
        "$text~.replaceAll('z', '').length",
        "$text~.toUpperCase().length",
        "'x'.includes($text~)",
        "$text~ === $text~",
        "$text~ == $text~",
        "$text~ < $text~",
        "$text~ * 1",
        "+$text~",
        "-$text~",
        "Number($text~)",
        "isNaN($text~)",
        "Math.abs($text~)",
        "parseInt($text~)",
        "parseFloat($text~)",
        "$object~[$text~]",
        "JSON.parse($json~)[0]",
        "$number~ > 1",
        "!$number~",
        "typeof $number~",
        "$list~.slice(0, 1)[0] === $number~",
    ];
    for script in scripts {
        assert!(more(script) >= (LARGE - SMALL) as u64 / 64, "{script}: {} steps", more(script));
    }
}

#[test]
fn copying_and_making_takes_steps() {
    let scripts = [
        "$text~",
        "[$text~].length",
        "({ a: $text~ }).b",
        "`$text~`.length",
        "($text~ + 1).length",
        "''.concat($text~).length",
        "[].concat($text~).length",
        "'x'.padEnd(2 + $list~.length)[0]",
        "'x'.repeat($list~.length)[0]",
        "JSON.stringify($text~).length",
        "String($number~).length",
        "$list~.at(0) === $number~",
    ];
    for script in scripts {
        assert!(more(script) >= (LARGE - SMALL) as u64 / 64, "{script}: {} steps", more(script));
    }
}

#[test]
fn looking_at_values_takes_a_step_for_each() {
    let scripts = [
        "$list~.includes(1)",
        "$list~.indexOf(1)",
        "$list~.join('')[0]",
        "$list~ == ''",
        "$list~ < ''",
        "$list~ * 1",
        "String($list~)[0]",
        "$list~.slice(1)[0]",
        "$list~.concat([])[0]",
        "[$list~].length",
        "JSON.stringify($list~)[0]",
        "$list~",
    ];
    for script in scripts {
        assert!(more(script) >= (LARGE - SMALL) as u64, "{script}: {} steps", more(script));
    }
}

/// Whether something is there, and what it is, costs the same whatever its size.
#[test]
fn what_is_not_gone_over_takes_no_steps() {
    let scripts = [
        "$text~ ? 1 : 2",
        "typeof $text~",
        "$text~ === null",
        "$list~ === null",
        "$list~ && 1",
        "$list~.length",
        "$list~[3]",
        "$list~.at(-1)",
        "Array.isArray($list~)",
        "$list~?.length ?? 0",
    ];
    for script in scripts {
        assert!(more(script) < 8, "{script}: {} steps", more(script));
    }
}
