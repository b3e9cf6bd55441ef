//! HTTP/1.1 by hand, for counterparts that misbehave.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

pub(super) type Wire = TlsStream<TcpStream>;

/// The head of a request, in lower case; nothing behind it is read.
pub(super) async fn head(wire: &mut Wire) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match wire.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return String::new(),
        }
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

/// Sends text; a peer that is gone does not mind.
pub(super) async fn say(wire: &mut Wire, text: &str) {
    drop(wire.write_all(text.as_bytes()).await);
    drop(wire.flush().await);
}

/// One chunk of a body that is framed in chunks (RFC 9112, 7.1).
pub(super) async fn say_chunk(wire: &mut Wire, chunk: &str) {
    say(wire, &format!("{:x}\r\n{chunk}\r\n", chunk.len())).await;
}

/// Reads until the peer is gone, and answers what came.
pub(super) async fn rest(wire: &mut Wire) -> Vec<u8> {
    let mut rest = Vec::new();
    drop(wire.read_to_end(&mut rest).await);
    rest
}
