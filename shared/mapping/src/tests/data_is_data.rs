//! Data is never evaluated.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::hostile;
use crate::{Adapter, Answer, Run, Value};

static ADAPTER: LazyLock<Adapter> = LazyLock::new(|| {
    let text = r#"{ "constants": { "key": "{{secret:key}}" }, "requestMapping": { "url": "https://x.y/" }, "responseMapping": {
        "whole": "${currentObject:input.v}", "text": "<${currentObjectPure:input.v}>",
        "script": "${evaluate:${currentObject:input.v} + ''}", "quoted": "${evaluate:'<${currentObject:input.v}>'}",
        "chosen": "${if:true,${currentObject:input.v},no}", "response": "${currentObject:response}" } }"#;
    Adapter::compile("A", text, None, &()).unwrap()
});

proptest! {
    #![proptest_config(hostile::many())]

    #[test]
    fn text_renders_to_itself_in_a_result(values in hostile::texts()) {
        for value in values {
            let answer = Answer { response: Value::from(value.as_str()), meta: Value::Null };
            let run = Run { input: Value::from([("v", value.as_str().into())]), ..Run::default() };
            let result = ADAPTER.respond(&run, &answer).unwrap();
            let around = Value::from(format!("<{value}>"));
            let value = Value::from(value);
            for (member, expected) in [("whole", &value), ("text", &around), ("script", &value), ("quoted", &around),
                                       ("chosen", &value), ("response", &value)] {
                prop_assert_eq!(result.get(member), Some(expected));
            }
        }
    }
}
