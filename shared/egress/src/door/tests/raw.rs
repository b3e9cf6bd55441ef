//! A counterpart that does, byte for byte, what its test says, and keeps every byte it was sent.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::Notify,
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::{
    HOST, Peer,
    authority::{Authority, params},
};

/// How it is spoken to.
#[derive(Clone)]
pub(super) enum Dress {
    /// It is expected to speak TLS; whether it does is the script's affair.
    ByHand,
    Tls(Arc<ServerConfig>),
}

pub(super) struct Raw {
    address: SocketAddr,
    authority: Authority,
    /// What came over each connection, once it was decrypted.
    received: Arc<Mutex<Vec<Vec<u8>>>>,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Raw {
    /// One with a trusted certificate, over HTTP/1.1.
    pub(super) async fn start<F: Future<Output = ()> + Send>(
        script: impl Fn(Wire) -> F + Send + Sync + 'static,
    ) -> Self {
        let authority = Authority::new();
        let config = authority.chain(&params()).server(rustls::ALL_VERSIONS);
        Self::start_as(authority, Dress::Tls(config), script).await
    }

    /// One with a trusted certificate, over HTTP/2.
    pub(super) async fn start_http2<F: Future<Output = ()> + Send>(
        script: impl Fn(Wire) -> F + Send + Sync + 'static,
    ) -> Self {
        let authority = Authority::new();
        let config = authority.chain(&params()).server_http2();
        Self::start_as(authority, Dress::Tls(config), script).await
    }

    /// One behind an `https` URL whose script writes TLS itself, if it does.
    pub(super) async fn start_by_hand<F: Future<Output = ()> + Send>(
        script: impl Fn(Wire) -> F + Send + Sync + 'static,
    ) -> Self {
        Self::start_as(Authority::new(), Dress::ByHand, script).await
    }

    pub(super) async fn start_as<F: Future<Output = ()> + Send>(
        authority: Authority,
        dress: Dress,
        script: impl Fn(Wire) -> F + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self::listen(listener, authority, dress, script)
    }

    /// Runs the script for each connection that could be agreed on.
    pub(super) fn listen<F: Future<Output = ()> + Send>(
        listener: TcpListener,
        authority: Authority,
        dress: Dress,
        script: impl Fn(Wire) -> F + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let (received, connections) = (Arc::<Mutex<Vec<Vec<u8>>>>::default(), Arc::new(AtomicUsize::new(0)));
        let (kept, counted, script) = (Arc::clone(&received), Arc::clone(&connections), Arc::new(script));
        let accepting = tokio::spawn(async move {
            // Connections end with this task: the set aborts what is in it.
            let mut open = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let (kept, script, dress) = (Arc::clone(&kept), Arc::clone(&script), dress.clone());
                open.spawn(async move {
                    let stream: Box<dyn Stream> = match dress {
                        Dress::ByHand => Box::new(socket),
                        Dress::Tls(config) => match TlsAcceptor::from(config).accept(socket).await {
                            Ok(stream) => Box::new(stream),
                            Err(_) => return,
                        },
                    };
                    let place = {
                        let mut kept = kept.lock().unwrap();
                        kept.push(Vec::new());
                        kept.len() - 1
                    };
                    script(Wire { stream, kept, place }).await;
                });
            }
        });
        Self { address, authority, received, connections, accepting }
    }

    /// What came over each connection whose handshake was agreed on, decrypted.
    pub(super) fn received(&self) -> Vec<Vec<u8>> {
        self.received.lock().unwrap().clone()
    }

    /// Connections that were made, agreed on or not.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Peer for Raw {
    fn port(&self) -> u16 {
        self.address.port()
    }

    fn origin(&self) -> String {
        format!("https://{HOST}:{}", self.address.port())
    }

    fn ca_file(&self) -> PathBuf {
        self.authority.file()
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One connection, seen from the counterpart.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
    place: usize,
}

impl Wire {
    /// Reads something; nothing when the client is gone.
    pub(super) async fn read(&mut self) -> Vec<u8> {
        let mut chunk = vec![0; 16 * 1024];
        let length = self.stream.read(&mut chunk).await.unwrap_or(0);
        chunk.truncate(length);
        self.kept.lock().unwrap()[self.place].extend_from_slice(&chunk);
        chunk
    }

    /// Everything that was read.
    pub(super) fn taken(&self) -> Vec<u8> {
        self.kept.lock().unwrap()[self.place].clone()
    }

    /// Reads until these bytes came, or the client is gone.
    pub(super) async fn read_until(&mut self, end: &[u8]) {
        let mut seen = Vec::new();
        while !seen.windows(end.len()).any(|window| window == end) {
            match &*self.read().await {
                [] => return,
                chunk => seen.extend_from_slice(chunk),
            }
        }
    }

    /// Reads a head. These requests have no body.
    pub(super) async fn request(&mut self) {
        self.read_until(b"\r\n\r\n").await;
    }

    /// Reads until the client is gone.
    pub(super) async fn until_closed(&mut self) {
        while !self.read().await.is_empty() {}
    }

    /// Writes and flushes; whether the client still took it.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Writes again and again until the client takes no more; how many bytes it took.
    pub(super) async fn flood(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while self.write(bytes).await {
            taken += bytes.len();
        }
        taken
    }

    /// Says nothing more, and waits for the client to go.
    pub(super) async fn stall(mut self) {
        self.until_closed().await;
    }

    pub(super) async fn close(mut self) {
        // The client may be gone.
        let _ = self.stream.shutdown().await;
    }
}

/// What some work comes to whose counterpart stalls once it says so: from then on the clock jumps wherever nobody works.
pub(super) async fn stalled<T>(work: impl Future<Output = T>, stalls: &Notify) -> T {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        result = &mut work => result,
        () = stalls.notified() => {
            tokio::time::pause();
            let result = work.await;
            tokio::time::resume();
            result
        }
    }
}
