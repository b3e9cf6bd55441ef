//! An upstream proxy: it makes tunnels (RFC 9110, 9.3.6) and writes down what it was asked for.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

/// A proxy on loopback. It stops when it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    accepting: AbortHandle,
}

impl Proxy {
    /// Starts one that wants this credential, if any, as `Proxy-Authorization` carries it.
    pub(crate) async fn start(credential: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let log = heads.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // A client that breaks off is its own business.
                tokio::spawn(serve(client, credential, log.clone()));
            }
        });
        Self { address, heads, accepting: accepting.abort_handle() }
    }

    /// Its address, as a configuration names it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of all requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no proxy panics while it writes").clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(
    mut client: TcpStream,
    credential: Option<&'static str>,
    log: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    log.lock().expect("no proxy panics while it writes").push(head.clone());
    let known = credential.is_none_or(|credential| {
        head.to_lowercase().contains(&format!("\r\nproxy-authorization: {}\r\n", credential.to_lowercase()))
    });
    let Some(target) =
        head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).filter(|_| known)
    else {
        return client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
    };
    let mut server = TcpStream::connect(target).await?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}
