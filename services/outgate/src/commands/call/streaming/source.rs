//! Where a streamed body comes from.

use std::{
    fs::File,
    future::pending,
    io::{self, Read},
    thread,
};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;

/// How much is read, and sent, at once.
const CHUNK: usize = 256 << 10;
/// The name that stands for standard input.
const STDIN: &str = "-";

/// A body, and word of it when it cannot be read to its end.
pub(super) struct Source {
    chunks: mpsc::Receiver<Bytes>,
    broken: oneshot::Receiver<Failure>,
}

impl Source {
    /// Begins to read: the text itself, or with `@` a file, or standard input.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(super) fn open(argument: Option<&str>) -> Result<Self, Failure> {
        let argument = argument.unwrap_or_default();
        let Some(path) = argument.strip_prefix('@') else {
            return Self::read("-d", io::Cursor::new(argument.to_owned()));
        };
        if path == STDIN {
            return Self::read("-d @-", io::stdin());
        }
        let name = format!("-d @{path}");
        let file = File::open(path).map_err(|error| Failure::file(format!("{name}: {error}")))?;
        Self::read(&name, file)
    }

    /// On a thread of its own, which nothing waits for: standard input may never end.
    fn read(name: &str, mut source: impl Read + Send + 'static) -> Result<Self, Failure> {
        let (sender, chunks) = mpsc::channel(2);
        let (breaks, broken) = oneshot::channel();
        let name = name.to_owned();
        let reading = move || {
            let mut buffer = vec![0; CHUNK];
            loop {
                match source.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(read) => {
                        let Some(read) = buffer.get(..read) else { return };
                        // Nobody takes it any more: the call is over.
                        if sender.blocking_send(Bytes::copy_from_slice(read)).is_err() {
                            return;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        let failure = Failure::file(format!("{name}: cannot be read to its end: {error}"));
                        let _ = breaks.send(failure);
                        // The channel stays open until the call has ended: a body that broke off must not look whole.
                        loop {
                            thread::park();
                        }
                    }
                }
            }
        };
        thread::Builder::new().name("body".to_owned()).spawn(reading).map_err(|error| {
            Failure::refused("INTERNAL", format!("this process gets no threads: {error}"))
        })?;
        Ok(Self { chunks, broken })
    }

    /// The chunks, for whoever asks first.
    pub(super) fn chunks(&mut self) -> impl Stream<Item = Bytes> + Send + 'static {
        let (_, none) = mpsc::channel(1);
        let chunks = std::mem::replace(&mut self.chunks, none);
        stream::unfold(chunks, |mut chunks| async { chunks.recv().await.map(|chunk| (chunk, chunks)) }).fuse()
    }

    /// Why the body could not be read to its end. Waits for good where it could.
    pub(super) async fn broken(&mut self) -> Failure {
        match (&mut self.broken).await {
            Ok(failure) => failure,
            Err(_) => pending().await,
        }
    }
}
