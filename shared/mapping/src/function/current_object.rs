//! `${currentObject:PATH}`: the data of the step.

use super::{Example, Function, Group, Split};

pub(super) static CURRENT_OBJECT: Function = Function {
    name: "currentObject",
    signature: "${currentObject:PATH}",
    group: Group::Reading,
    summary: "A place in the data of the step",
    doc: "PATH begins with a section:\n\n\
          | section | holds | can be read from |\n| --- | --- | --- |\n\
          | `constants` | the adapter's constants, and those of the integration that have other names | everywhere; in `constants` those above |\n\
          | `input` | what the caller, or the step before, handed over | everywhere |\n\
          | `variables` | short for `input.variables` | everywhere |\n\
          | `meta` | `error`, `message`, `status` of the answer | `preResponseMapping` on |\n\
          | `response` | the body of the answer, as JSON | `preResponseMapping` on |\n\
          | `preResponse` | what `preResponseMapping` gave | `responseMapping` on |\n\
          | `responseMapping` | the result | `onResponseActions` and `onResponseConnector` |\n\n\
          A path is written `a.b.c`, `a.0.b`, `a[0].b`, `a[\"odd.key\"]`; a name in it may be an expression, whose value is one \
          name whatever it holds. What is not there gives null.",
    secrets: Some("A constant may hold secrets, if the place it is read in may."),
    examples: &[
        Example {
            text: "${currentObject:input.order.lines[0].sku}",
            given: &[("input", r#"{"order": {"lines": [{"sku": "A-1"}]}}"#)],
            gives: r#""A-1""#,
        },
        Example {
            text: "${currentObject:input.order}",
            given: &[("input", r#"{"order": {"id": 7, "price": 0.10}}"#)],
            gives: r#"{"id":7,"price":0.10}"#,
        },
        Example {
            text: "Order ${currentObject:input.order.id}${currentObject:input.order.none}",
            given: &[("input", r#"{"order": {"id": 7}}"#)],
            gives: r#""Order 7""#,
        },
        Example {
            text: "${currentObject:input.names.${currentObject:input.language}}",
            given: &[("input", r#"{"names": {"nb": "Kunde", "en": "Customer"}, "language": "nb"}"#)],
            gives: r#""Kunde""#,
        },
        Example {
            text: "${currentObject:inputs.id}",
            given: &[],
            gives: "error: there is no section `inputs`",
        },
    ],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| compiler.current_object(&call.arguments[0], text, scope),
};
