use std::borrow::Cow;

use super::Context;
use crate::Value;
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::Run;

/// The check refuses every adapter that would bring a secret here; should it ever miss one, the run stops it.
#[test]
fn a_secret_never_becomes_a_value() {
    let run = Run::default();
    let context = Context::new(&run, &[]).unwrap();
    let secret = || Plan::Secret("key".to_owned());
    let text = Plan::Concat(vec![Plan::text("a "), secret()]);
    let plans = [secret(), text, Plan::Array(vec![secret()]), Plan::Object(vec![("a".to_owned(), secret())])];
    for plan in &plans {
        let error = context.result(plan).unwrap_err();
        assert!(error.message.contains("`key`"), "{error}");
    }
    assert!(context.eval(&Plan::IsTrue(Box::new(secret()))).is_err());
}

/// The same data may stand in a value many times: what is looked at to know its size ends where the steps do.
#[test]
fn looking_how_large_a_value_is_has_an_end() {
    let list = Value::from(vec![Value::Null; 1_000]);
    let many = Rendered::Array(vec![Rendered::Data(&list); 1_000]);
    let object = Rendered::Object(vec![(Cow::Borrowed("key"), many.clone()); 1_000]);
    for value in [many, object] {
        let looked_at = value.size(5_000).nodes;
        assert!((5_000..8_000).contains(&looked_at), "{looked_at} values");
    }
}
