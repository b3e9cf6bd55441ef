use super::*;

/// Compiling may wait for scripts: the watch tells of changes meanwhile.
#[test]
fn compiling_holds_up_no_change() {
    let view = View::default();
    view.replace(Snapshot::default(), Revision::default());
    let register = Id::parse("register", "A-B").unwrap();
    let delete = || view.delete(&None, &register, Revision::default());
    let mut kept = false;
    let made = view.compiled(
        |_| None,
        |_| {
            assert!(view.state.try_write().is_ok(), "the registers are locked");
            delete();
            7
        },
        |_, _| kept = true,
    );
    assert_eq!((made, kept), (7, false), "what changed meanwhile may have been read");

    let snapshot = view.snapshot();
    delete();
    assert!(!Arc::ptr_eq(&snapshot, &view.snapshot()), "what is read stays as it was");
}
