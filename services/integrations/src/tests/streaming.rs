//! StreamIntegration, over HTTP/2 from a listener as in production, to counterparts that are driven byte for byte.

mod counting;
mod direct;
mod ending;
mod exchange;
mod passing;
mod pressure;
mod raw;
mod refusing;
