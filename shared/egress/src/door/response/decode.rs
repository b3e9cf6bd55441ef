//! Content encodings: taken off one after another, as the body is read, within bounds.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use async_compression::{
    tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder},
    zstd::DParameter,
};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderMap, header::CONTENT_ENCODING};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader, ReadBuf};
use tokio_util::io::StreamReader;

use super::Chunks;
use crate::{Error, ErrorKind};

/// The most encodings that are taken off. More than one is rare, and each has a window of its own.
const MOST: usize = 3;
/// What may be decoded of the fewest bytes: the first of it is often far longer than what it came from.
const FREE: u64 = 64 * 1024;
/// How many decoded bytes one byte may stand for beyond that.
const EXPANSION: u64 = 100;
/// Binary logarithm of the widest window of zstd, in bytes (RFC 9659). Brotli's and gzip's have their bound in the format:
/// 16 MiB (RFC 7932, 9.1) and 32 KiB.
const ZSTD_WINDOW: u32 = 23;
/// The bytes that are decoded at once.
const CHUNK: usize = 32 * 1024;

/// A content encoding that can be taken off (RFC 9110, 8.4.1; RFC 7932; RFC 8878).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// What an answer's body is encoded in, in the order it was applied. None, if it is in one that is not known, or in
/// too many.
pub(super) fn codings(headers: &HeaderMap) -> Option<Vec<Coding>> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            codings.push(match name.to_ascii_lowercase().as_slice() {
                b"" | b"identity" => continue,
                b"gzip" | b"x-gzip" => Coding::Gzip,
                b"deflate" => Coding::Deflate,
                b"br" => Coding::Brotli,
                b"zstd" => Coding::Zstd,
                _ => return None,
            });
        }
    }
    (codings.len() <= MOST).then_some(codings)
}

/// The body with its encodings taken off. One that is empty stays so, as the answer to a HEAD.
pub(super) fn decoded(body: Chunks, codings: Vec<Coding>) -> Chunks {
    let reading = Reading::Encoded(body, codings);
    Box::pin(stream::try_unfold(reading, |reading| async move {
        let mut decoder = match reading {
            Reading::Encoded(mut body, codings) => {
                let Some(first) = body.try_next().await? else { return Ok(None) };
                let whole = stream::once(async { Ok(first) }).chain(body);
                Decoder::new(Box::pin(whole), codings).await?
            }
            Reading::Decoding(decoder) => decoder,
        };
        let chunk = decoder.read().await?;
        Ok(chunk.map(|chunk| (chunk, Reading::Decoding(decoder))))
    }))
}

/// How far a body is.
enum Reading {
    /// Nothing of it was read.
    Encoded(Chunks, Vec<Coding>),
    /// There is something of it.
    Decoding(Decoder),
}

type Layer = Box<dyn AsyncBufRead + Send + Unpin>;

/// The layers around a body, from the outermost encoding to what is within.
struct Decoder {
    innermost: Layer,
}

impl Decoder {
    async fn new(body: Chunks, codings: Vec<Coding>) -> Result<Self, Error> {
        let received = Arc::new(AtomicU64::new(0));
        let wire = StreamReader::new(body.map_err(io::Error::other));
        let mut layer: Layer = Box::new(Counted { inner: wire, received: Arc::clone(&received) });
        for coding in codings.into_iter().rev() {
            let decoder = decoder(coding, layer).await.map_err(failure)?;
            let bounded = Bounded { inner: decoder, received: Arc::clone(&received), decoded: 0 };
            layer = Box::new(BufReader::with_capacity(CHUNK, bounded));
        }
        Ok(Self { innermost: layer })
    }

    async fn read(&mut self) -> Result<Option<Bytes>, Error> {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        match self.innermost.read_buf(&mut chunk).await {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(chunk.freeze())),
            Err(error) => Err(failure(error)),
        }
    }
}

/// The reader that takes one encoding off.
///
/// Several members one behind another are one body, as gzip has it (RFC 1952, 2.2), and whatever else follows the last one
/// is an error: bytes that nobody decodes are bytes that nobody searches.
async fn decoder(coding: Coding, mut layer: Layer) -> io::Result<Box<dyn AsyncRead + Send + Unpin>> {
    macro_rules! members {
        ($decoder:expr) => {{
            let mut decoder = $decoder;
            decoder.multiple_members(true);
            Box::new(decoder)
        }};
    }
    Ok(match coding {
        Coding::Gzip => members!(GzipDecoder::new(layer)),
        // By its name it is zlib's format, and some send what is within that alone. A zlib stream has 8 in the lower half
        // of its first byte (RFC 1950, 2.2); a deflate stream would have bits set there that mean nothing.
        Coding::Deflate => match layer.fill_buf().await?.first() {
            Some(first) if first & 0x0f == 8 => members!(ZlibDecoder::new(layer)),
            _ => members!(DeflateDecoder::new(layer)),
        },
        Coding::Brotli => members!(BrotliDecoder::new(layer)),
        Coding::Zstd => {
            members!(ZstdDecoder::with_params(layer, &[DParameter::window_log_max(ZSTD_WINDOW)]))
        }
    })
}

/// Counts the bytes that were taken of what the counterpart sent.
struct Counted<R> {
    inner: R,
    received: Arc<AtomicU64>,
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Counted<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Pin::new(&mut self.get_mut().inner).poll_fill_buf(context)
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        self.received.fetch_add(to_u64(count), Ordering::Relaxed);
        Pin::new(&mut self.inner).consume(count);
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Counted<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let available = ready!(self.as_mut().poll_fill_buf(context))?;
        let count = available.len().min(buffer.remaining());
        buffer.put_slice(&available[..count]);
        self.consume(count);
        Poll::Ready(Ok(()))
    }
}

/// Ends a body that grows out of all proportion to what was received. Every layer has one, since what is large between two
/// layers may be small again behind them.
struct Bounded<R> {
    inner: R,
    received: Arc<AtomicU64>,
    decoded: u64,
}

impl<R: AsyncRead + Unpin> AsyncRead for Bounded<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(context, buffer))?;
        this.decoded += to_u64(buffer.filled().len() - before);
        let limit = FREE.max(this.received.load(Ordering::Relaxed).saturating_mul(EXPANSION));
        if this.decoded > limit {
            return Poll::Ready(Err(io::Error::other(expands(limit))));
        }
        Poll::Ready(Ok(()))
    }
}

fn expands(limit: u64) -> Error {
    let message = format!(
        "the answer is more than {EXPANSION} times larger than what was received; ask for less, or without compression"
    );
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Error::new(ErrorKind::ResponseTooLarge { limit }, message)
}

fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn failure(error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(own) => own,
        Err(broken) => {
            let message = "the answer is not in the content encoding that it names, or ends too early in it";
            Error::new(ErrorKind::ResponseEncoded, message).with_source(broken)
        }
    }
}
