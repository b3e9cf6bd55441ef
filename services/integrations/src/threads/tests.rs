use std::sync::{
    Mutex,
    mpsc::{self, Receiver},
};

use tokio::{sync::oneshot, task::yield_now};

use super::*;

/// Work that says when it begins and is over when it is told so.
fn work(
    name: &'static str,
    log: &Arc<Mutex<Vec<&'static str>>>,
    over: Receiver<()>,
) -> (oneshot::Receiver<()>, impl FnOnce() -> &'static str + Send + use<>) {
    let (begun, begins) = oneshot::channel();
    let log = Arc::clone(log);
    let work = move || {
        log.lock().unwrap().push(name);
        begun.send(()).ok();
        over.recv().ok();
        log.lock().unwrap().push("over");
        name
    };
    (begins, work)
}

#[tokio::test]
async fn other_tasks_go_on_and_no_more_is_begun_than_may_be() {
    let (threads, log) = (Threads::of(1), Arc::default());
    let (first_over, first) = mpsc::channel();
    let (second_over, second) = mpsc::channel();
    let (first_begins, first) = work("first", &log, first);
    let (second_begins, second) = work("second", &log, second);
    let first = tokio::spawn({
        let threads = threads.clone();
        async move { threads.run(first).await }
    });
    first_begins.await.unwrap();
    // A caller that goes away leaves its work behind, which still takes its place.
    first.abort();
    let second = tokio::spawn(async move { threads.run(second).await });
    yield_now().await;
    first_over.send(()).unwrap();
    second_begins.await.unwrap();
    second_over.send(()).unwrap();
    assert_eq!(second.await.unwrap().unwrap(), "second");
    assert_eq!(*log.lock().unwrap(), ["first", "over", "second", "over"]);
}

#[tokio::test]
async fn work_that_panics_is_a_refusal_and_gives_its_place_back() {
    let threads = Threads::of(1);
    let refusal = threads.run::<()>(|| panic!("not now")).await.unwrap_err();
    assert_eq!(refusal.reason(), Reason::Internal);
    assert_eq!(threads.run(|| 7).await.unwrap(), 7);
}
