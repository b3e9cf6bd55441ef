use std::{
    sync::{
        Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use super::*;

/// How long a script waits for a task that cannot run before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Scripts that are over when another task says so.
#[derive(Debug)]
struct Waiting(Mutex<Receiver<()>>);

/// Such scripts, and what ends one of them.
fn waiting_scripts() -> (Sender<()>, Arc<dyn Scripts>) {
    let (over, told) = channel();
    (over, off_the_loop(Arc::new(Waiting(Mutex::new(told)))))
}

impl Waiting {
    fn wait(&self) {
        self.0.lock().unwrap().recv_timeout(PATIENCE).expect("the other task goes on");
    }
}

impl Scripts for Waiting {
    fn check(&self, _: &str) -> Result<(), ScriptError> {
        self.wait();
        Ok(())
    }

    fn evaluate(&self, _: &Program, _: &[Value], _: i64) -> Result<Value, ScriptError> {
        self.wait();
        Ok(Value::Bool(true))
    }
}

/// Runs `script` on the one thread of the runtime, where a task waits already that ends it.
async fn while_another_task_goes_on<T: Send + 'static>(
    script: impl FnOnce(&dyn Scripts) -> T + Send + 'static,
) -> T {
    let (over, scripts) = waiting_scripts();
    let call = tokio::spawn(async move {
        let other = tokio::spawn(async move { over.send(()) });
        let result = script(&*scripts);
        other.await.unwrap().unwrap();
        result
    });
    call.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn other_calls_go_on_while_a_script_runs() {
    let program = Program::new("true", []);
    let result = while_another_task_goes_on(move |scripts| scripts.evaluate(&program, &[], 0)).await;
    assert_eq!(result.unwrap(), Value::Bool(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn other_calls_go_on_while_a_script_is_checked() {
    while_another_task_goes_on(|scripts| scripts.check("true")).await.unwrap();
}

#[tokio::test]
async fn a_runtime_of_one_thread_waits() {
    let (over, scripts) = waiting_scripts();
    over.send(()).unwrap();
    scripts.check("true").unwrap();
}
