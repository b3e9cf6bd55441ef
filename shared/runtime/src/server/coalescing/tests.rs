use std::task::Waker;

use tokio::io::AsyncWriteExt;

use super::*;

/// A stream that takes what it has room for, and keeps each write apart.
#[derive(Clone)]
struct Wire(Arc<Mutex<Line>>);

struct Line {
    room: usize,
    writes: Vec<Vec<u8>>,
    waiting: Option<Waker>,
    broken: bool,
}

impl Wire {
    fn with_room(room: usize) -> Self {
        Self(Arc::new(Mutex::new(Line { room, writes: Vec::new(), waiting: None, broken: false })))
    }

    /// How long each write was.
    fn writes(&self) -> Vec<usize> {
        self.0.lock().unwrap().writes.iter().map(Vec::len).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().writes.concat()
    }

    /// Makes room, and wakes up who waits for it.
    fn make(&self, room: usize) {
        let mut line = self.0.lock().unwrap();
        line.room += room;
        line.waiting.take().unwrap().wake();
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut line = self.0.lock().unwrap();
        if line.broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if line.room == 0 {
            line.waiting = Some(context.waker().clone());
            return Poll::Pending;
        }
        let mut write: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        write.truncate(line.room);
        line.room -= write.len();
        let took = write.len();
        line.writes.push(write);
        Poll::Ready(Ok(took))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Bytes of which no two kibibytes are alike.
fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

/// A connection that writes the pieces, each flushed as h2 does, and then goes on as `then` says.
fn turns<F>(wire: &Wire, pieces: Vec<Vec<u8>>, then: F) -> impl Future<Output = Ended> + Send + 'static
where
    F: Future<Output = Ended> + Send + 'static,
{
    let stream = Coalescing::new(wire.clone());
    let mut output = stream.clone();
    let connection = async move {
        for piece in pieces {
            output.write_all(&piece).await?;
            output.flush().await?;
        }
        then.await
    };
    Turns::new(connection, stream)
}

#[tokio::test]
async fn what_is_said_in_one_turn_leaves_in_one_write_at_its_end() {
    let wire = Wire::with_room(usize::MAX);
    let turns = tokio::spawn(turns(&wire, vec![vec![b'x'; 100]; 100], std::future::pending()));
    tokio::task::yield_now().await;
    assert_eq!(wire.writes(), [100 * 100], "though the connection goes on");
    turns.abort();
}

#[tokio::test]
async fn a_large_write_takes_along_what_was_kept_before_it() {
    let wire = Wire::with_room(usize::MAX);
    let pieces = vec![vec![b'x'; 9], vec![b'y'; 4 * MOST], vec![b'z'; 9]];
    let turns = tokio::spawn(turns(&wire, pieces.clone(), std::future::pending()));
    tokio::task::yield_now().await;
    assert_eq!(wire.writes(), [9 + 4 * MOST, 9]);
    assert_eq!(wire.bytes(), pieces.concat());
    turns.abort();
}

#[tokio::test]
async fn a_peer_that_does_not_read_stops_the_writing_and_gets_everything_in_order() {
    let wire = Wire::with_room(0);
    let sent = bytes(40 * MOST / 3);
    // Small ones, large ones, and the largest that are still kept.
    let sizes = [1, 300, MOST, 17, MOST + 1, 16_393];
    let (mut pieces, mut rest) = (Vec::new(), &sent[..]);
    for size in sizes.into_iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, more) = rest.split_at(size.min(rest.len()));
        pieces.push(piece.to_vec());
        rest = more;
    }
    let stream = Coalescing::new(wire.clone());
    let mut output = stream.clone();
    let connection = async move {
        for piece in pieces {
            output.write_all(&piece).await?;
            output.flush().await?;
        }
        output.shutdown().await?;
        Ok(())
    };
    let kept = stream.clone();
    let turns = tokio::spawn(Turns::new(connection, stream));
    let mut took = 0;
    while took < sent.len() {
        tokio::task::yield_now().await;
        assert_eq!(wire.bytes().len(), took, "it takes what it has room for");
        assert!(kept.lock().bytes.len() <= MOST, "no more is kept, whatever the connection wants to say");
        let room = 20_011.min(sent.len() - took);
        wire.make(room);
        took += room;
    }
    turns.await.unwrap().unwrap();
    assert!(wire.bytes() == sent, "the last of it left before the connection was over");
}

#[tokio::test]
async fn a_connection_that_cannot_be_written_to_is_over() {
    let wire = Wire::with_room(usize::MAX);
    wire.0.lock().unwrap().broken = true;
    let ended = turns(&wire, vec![vec![b'x'; 100]], std::future::pending()).await;
    let error = ended.unwrap_err().downcast::<io::Error>().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn a_connection_that_ended_badly_waits_for_no_peer() {
    let wire = Wire::with_room(0);
    let silence = std::future::ready(Err("the peer shows no sign of life".into()));
    let error = turns(&wire, vec![vec![b'x'; 100]], silence).await.unwrap_err();
    assert_eq!(error.to_string(), "the peer shows no sign of life");
}
