//! Hears what is answered over HTTP: headers, every frame of the body, trailers.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use tower_layer::Layer;
use tower_service::Service;

use crate::{ORACLE, Oracle, Sink};

/// An answer whose body is heard while it is read, in a sink named after what was asked for.
pub fn heard<B>(oracle: &'static Oracle, path: &str, response: Response<B>) -> Response<Heard<B>> {
    let sink = oracle.sink(format!("the answer of {path}"));
    sink.write(&text(response.headers()));
    response.map(|body| Heard { body, sink })
}

/// Headers or trailers as text, the values of binary ones as they are sent.
fn text(headers: &HeaderMap) -> Vec<u8> {
    headers
        .iter()
        .flat_map(|(name, value)| [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat())
        .collect()
}

/// A body that is heard while it is read.
#[derive(Debug)]
pub struct Heard<B> {
    body: B,
    sink: Sink,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Heard<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            if let Some(data) = frame.data_ref() {
                self.sink.write(data.chunk());
            }
            if let Some(trailers) = frame.trailers_ref() {
                self.sink.write(&text(trailers));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Around services that answer within the process of their test.
#[derive(Clone, Copy, Debug)]
pub struct Listening;

impl<S> Layer<S> for Listening {
    type Service = Listened<S>;

    fn layer(&self, inner: S) -> Listened<S> {
        Listened { inner }
    }
}

/// The service that [`Listening`] makes.
#[derive(Clone, Debug)]
pub struct Listened<S> {
    inner: S,
}

impl<S, A, B> Service<Request<A>> for Listened<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<Heard<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let path = request.uri().path().to_owned();
        let answer = self.inner.call(request);
        Box::pin(async move { Ok(heard(&ORACLE, &path, answer.await?)) })
    }
}
