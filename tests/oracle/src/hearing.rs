//! Hears this process, where a part of the suite runs inside its test: all it logs, and what its panics say.

use std::{io, panic, process, sync::LazyLock, thread};

use tracing_subscriber::{
    Layer, Registry,
    fmt::{self, MakeWriter, format::FmtSpan},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{ORACLE, Sink, leak};

/// What a leak ends the process with: what the test harness itself fails with.
const FAILED: i32 = 101;

/// All that this process logs at TRACE: events, and spans as they begin and end, each with all its fields.
static LOG: LazyLock<Sink> = LazyLock::new(|| {
    let sink = ORACLE.sink("the log");
    tracing_subscriber::registry().with(layer_to(&sink)).try_init().expect("nothing else hears this process");
    let panics = ORACLE.sink("the text of a panic");
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        panics.write(format!("{panic}\n").as_bytes());
        tell(panic);
    }));
    sink
});

/// Held by whatever a test runs of the suite. From the first one on everything that the process says is kept, and whenever
/// one is dropped it is searched.
#[derive(Debug)]
#[must_use = "what is not held ends at once"]
pub struct Hearing(());

impl Hearing {
    /// Begins to listen.
    pub fn start() -> Self {
        LazyLock::force(&LOG);
        Self(())
    }
}

impl Drop for Hearing {
    /// A leak ends the process: a panic would be lost in any task or thread that nobody waits for.
    fn drop(&mut self) {
        let leaks = ORACLE.leaks(&[]);
        if !leaks.is_empty() {
            leak::write(&leaks);
            if !thread::panicking() {
                process::exit(FAILED);
            }
        }
    }
}

/// What was logged so far, since the first [`Hearing`].
pub fn log() -> String {
    LOG.text()
}

/// The same ear for a test that listens with a subscriber of its own, which takes the place of the process's.
pub fn layer() -> impl Layer<Registry> {
    layer_to(&LOG)
}

fn layer_to<S>(sink: &Sink) -> impl Layer<S> + use<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    fmt::layer()
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(Lines(sink.clone()))
}

/// A sink as something to write lines to.
struct Lines(Sink);

impl MakeWriter<'_> for Lines {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line(self.0.clone())
    }
}

struct Line(Sink);

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
