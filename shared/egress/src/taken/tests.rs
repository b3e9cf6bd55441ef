use mapping::{Action, Adapter, Answer, Environment, Register, Run, Value};

use super::Taken;

struct Nothing;

impl Environment for Nothing {
    fn register(&self, _: &str) -> Option<Register> {
        None
    }
}

/// What is left of an answer when an adapter saved `value` of it.
fn left(value: &str, answer: &str) -> String {
    let text = format!(
        r#"{{ "requestMapping": {{ "url": "https://x.y/" }}, "onResponseActions": [{{ "action": "saveSecret",
            "data": {{ "key": "k", "value": {value}, "url": "https://x.y" }} }}] }}"#
    );
    let adapter = Adapter::compile("ADAPTER.TEST", &text, None, &Nothing).unwrap();
    let answer = Answer { response: Value::from_json(answer.as_bytes()).unwrap(), ..Answer::default() };
    let mapped = adapter.map(&Run::default(), &answer).unwrap();
    let actions = adapter.actions(&Run::default(), &answer, &mapped).unwrap().actions;
    let values = actions.iter().map(|due| match &due.action {
        Action::SaveSecret { value, .. } => value,
        Action::PatchRegister { .. } => panic!("a secret is saved"),
    });
    let taken = Taken::new(values);
    taken.out_of_answer(&answer).response.to_string()
}

#[test]
fn what_was_taken_is_in_no_part_of_the_answer_in_no_encoding() {
    let answer = r#"{"token":"s-7f\"é99","again":["<s-7f\"é99>",{"s-7f\"é99":1}],"base64":"cy03ZiLDqTk5","hex":"732d376622c3a93939",
        "url":"https://x.y/?s=s-7f%22%C3%A999","none":null,"yes":true,"other":17}"#;
    let mark = "[secret removed]";
    assert_eq!(
        left(r#""${currentObject:response.token}""#, answer),
        format!(
            r#"{{"token":"{mark}","again":["<{mark}>",{{"{mark}":1}}],"base64":"{mark}","hex":"{mark}","url":"https://x.y/?s={mark}","none":null,"yes":true,"other":17}}"#
        )
    );
}

#[test]
fn a_number_and_what_a_text_was_made_of_are_taken_too() {
    assert_eq!(
        left(r#""${currentObject:response.pin}""#, r#"{"pin":90210,"text":"pin 90210","near":9021}"#),
        r#"{"pin":"[secret removed]","text":"pin [secret removed]","near":9021}"#
    );
    assert_eq!(
        left(r#""Bearer ${currentObject:response.token}""#, r#"{"token":"tok-1","header":"Bearer tok-1"}"#),
        r#"{"token":"[secret removed]","header":"[secret removed]"}"#
    );
}
