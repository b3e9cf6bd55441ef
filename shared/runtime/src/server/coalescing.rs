//! Puts the writes of a connection together: what it has to say in one turn leaves at its end, in one system call.
//!
//! h2 flushes behind every DATA frame of 256 bytes or more, so that each answer, and each piece of a body, would be a
//! system call of its own and a wake-up of the peer. Here a flush does nothing: small writes are copied and kept until
//! the connection has nothing more to do for now, or enough is there. Nothing waits for time to pass.

use std::{
    error,
    future::Future,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much is kept, in bytes. What would make it more is written at once and not copied.
const MOST: usize = 64 * 1024;
/// What a connection holds on to between its turns, in bytes.
const IDLE: usize = 4 * 1024;
/// The most slices that one write takes.
const SLICES: usize = 64;

/// A stream whose writes are kept until its [`Turns`] end. Clones are the same stream.
pub(super) struct Coalescing<S>(Arc<Mutex<Kept<S>>>);

/// The stream, and what is still to be written to it.
struct Kept<S> {
    stream: S,
    bytes: Vec<u8>,
    /// How many of the bytes are written.
    written: usize,
}

impl<S> Coalescing<S> {
    pub(super) fn new(stream: S) -> Self {
        Self(Arc::new(Mutex::new(Kept { stream, bytes: Vec::new(), written: 0 })))
    }

    fn lock(&self) -> MutexGuard<'_, Kept<S>> {
        // Nothing that could panic leaves what is kept half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Clone for Coalescing<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: AsyncWrite + Unpin> Kept<S> {
    /// Takes the slices, or as much of them as the stream takes behind what is kept.
    fn poll_take(&mut self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let more = slices.iter().map(|slice| slice.len()).sum();
        if self.bytes.len() + more <= MOST {
            slices.iter().for_each(|slice| self.bytes.extend_from_slice(slice));
            return Poll::Ready(Ok(more));
        }
        loop {
            let own = self.bytes.len() - self.written;
            let took = ready!(self.poll_write(context, slices))?;
            // Zero says that the stream takes nothing any more.
            if took == 0 || took > own {
                return Poll::Ready(Ok(took.saturating_sub(own)));
            }
        }
    }

    /// Writes once: what is kept, and the slices behind it.
    fn poll_write(&mut self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let kept = &self.bytes[self.written..];
        let mut all = [IoSlice::new(&[]); SLICES];
        let slices = slices.iter().map(|slice| IoSlice::new(slice));
        let parts = std::iter::once(IoSlice::new(kept)).chain(slices).filter(|slice| !slice.is_empty());
        let count = all.iter_mut().zip(parts).map(|(place, part)| *place = part).count();
        let took = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, &all[..count]))?;
        self.written += took.min(kept.len());
        if self.written == self.bytes.len() {
            self.written = 0;
            self.bytes.clear();
        }
        Poll::Ready(Ok(took))
    }

    /// Writes everything that is kept.
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.bytes.is_empty() {
            if ready!(self.poll_write(context, &[]))? == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
        }
        if self.bytes.capacity() > IDLE {
            self.bytes = Vec::new();
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Coalescing<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lock().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Coalescing<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.lock().poll_take(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.lock().poll_take(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut kept = self.lock();
        ready!(kept.poll_drain(context))?;
        Pin::new(&mut kept.stream).poll_shutdown(context)
    }
}

type Ended = Result<(), Box<dyn error::Error + Send + Sync>>;

/// A connection over a [`Coalescing`] stream, turn by turn: at the end of each, what it wrote leaves.
pub(super) struct Turns<C, S> {
    connection: Pin<Box<C>>,
    stream: Coalescing<S>,
}

impl<C, S> Turns<C, S> {
    /// `connection` is what `stream` was handed to.
    pub(super) fn new(connection: C, stream: Coalescing<S>) -> Self {
        Self { connection: Box::pin(connection), stream }
    }

    /// The connection, to be told something between two turns.
    pub(super) fn connection(&mut self) -> Pin<&mut C> {
        self.connection.as_mut()
    }
}

impl<C, S> Future for Turns<C, S>
where
    C: Future<Output = Ended>,
    S: AsyncWrite + Unpin,
{
    type Output = Ended;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended> {
        let ended = self.connection.as_mut().poll(context);
        let drained = self.stream.lock().poll_drain(context);
        match (ended, drained) {
            // One that ended well has shut its stream down, which drained it. One that did not, because its peer shows no
            // sign of life, say, waits for no peer.
            (Poll::Ready(ended), _) => Poll::Ready(ended),
            // What cannot be written to is over, whatever it waits for.
            (Poll::Pending, Poll::Ready(Err(error))) => Poll::Ready(Err(error.into())),
            (Poll::Pending, _) => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests;
