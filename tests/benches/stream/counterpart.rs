//! A TLS counterpart that sends and takes bytes as fast as it can.

use std::{convert::Infallible, fs, path::Path, sync::Arc};

use bytes::Bytes;
use futures::stream;
use http::{Method, Request, Response, header::CONTENT_LENGTH};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::Outcome;

/// What it sends at once.
const PIECE: usize = 128 << 10;

/// Serves until it is killed: `GET /N` is answered with N bytes, anything else with the number of bytes that came.
pub(crate) async fn run(folder: &Path) -> Outcome<()> {
    let tls = TlsAcceptor::from(certified(folder)?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let piece = piece();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (tls, piece) = (tls.clone(), piece.clone());
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request| answer(request, piece.clone()));
            // A client that breaks off is its own business.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    piece: Bytes,
) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
    if request.method() == Method::GET {
        let bytes = request.uri().path().trim_start_matches('/').parse().unwrap_or(0);
        let mut response = Response::new(pieces(piece, bytes));
        response.headers_mut().insert(CONTENT_LENGTH, bytes.into());
        return Ok(response);
    }
    let mut body = request.into_body();
    let mut taken = 0;
    while let Some(Ok(frame)) = body.frame().await {
        taken += frame.data_ref().map_or(0, Bytes::len);
    }
    Ok(Response::new(Full::from(taken.to_string()).boxed()))
}

fn pieces(piece: Bytes, bytes: u64) -> BoxBody<Bytes, Infallible> {
    let frames = stream::unfold(bytes, move |left| {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        let frame = (size > 0).then(|| (Ok(Frame::data(piece.slice(..size))), left - size as u64));
        async { frame }
    });
    StreamBody::new(frames).boxed()
}

/// Bytes without a pattern that anybody could make use of (xorshift).
fn piece() -> Bytes {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..PIECE / 8).flat_map(|_| next()).collect()
}

/// A certificate for 127.0.0.1 by an authority whose own is left in the folder.
fn certified(folder: &Path) -> Outcome<Arc<ServerConfig>> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    fs::write(folder.join("ca.pem"), issuer.pem())?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()])?.signed_by(&key, &issuer)?;
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    Ok(Arc::new(config))
}
