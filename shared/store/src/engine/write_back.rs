//! The one thread that writes back what is in the full half of the log.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use super::{Backend, Shared};
use crate::Error;

/// Its owner's end. Dropping it waits for what is under way.
pub(super) struct WriteBack {
    begin: Option<Sender<()>>,
    ended: Receiver<()>,
    is_under_way: bool,
    thread: Option<JoinHandle<()>>,
}

impl WriteBack {
    pub(super) fn start<B: Backend>(shared: Arc<Shared<B>>) -> Result<Self, Error> {
        let (begin, begun) = channel();
        let (end, ended) = channel();
        let work = move || {
            while begun.recv().is_ok() {
                if let Err(error) = shared.view.write_back(&shared.backend) {
                    shared.fail(error);
                }
                let _ = end.send(());
            }
        };
        let thread = thread::Builder::new().name("store-write-back".to_owned()).spawn(work);
        let thread =
            thread.map_err(|error| Error::io("the store's second thread could not be started", error))?;
        Ok(Self { begin: Some(begin), ended, is_under_way: false, thread: Some(thread) })
    }

    /// Returns when nothing is under way. False: the thread is gone.
    pub(super) fn wait(&mut self) -> bool {
        !std::mem::take(&mut self.is_under_way) || self.ended.recv().is_ok()
    }

    /// Begins with what [`View::turn`](super::View::turn) has put aside.
    pub(super) fn begin(&mut self) {
        let sent = self.begin.as_ref().map(|begin| begin.send(()));
        self.is_under_way = matches!(sent, Some(Ok(())));
    }
}

impl Drop for WriteBack {
    fn drop(&mut self) {
        self.begin = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
