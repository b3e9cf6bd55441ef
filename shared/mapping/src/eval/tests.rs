use super::Context;
use crate::plan::Plan;
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
