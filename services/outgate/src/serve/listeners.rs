//! The listeners: bound before anything is served, loopback unless the operator says otherwise.

use std::{io, net::SocketAddr};

use runtime::{
    config::Config,
    identity::Identities,
    server::{self, Limits, tls},
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::service::{Routes, RoutesBuilder};
use tonic_health::pb::health_server::{Health, HealthServer};

use super::{
    ServeError,
    compose::{Composed, Side},
    keep::Keep,
};

/// Bound addresses.
pub(super) struct Listeners {
    public: TcpListener,
    internal: Option<TcpListener>,
    health: Option<TcpListener>,
    tls: Option<TlsAcceptor>,
}

impl Listeners {
    pub(super) async fn bind(config: &Config) -> Result<Self, ServeError> {
        let server = &config.server;
        let tls = match (&server.tls.cert, &server.tls.key) {
            (None, None) => None,
            (Some(cert), Some(key)) => Some(tls::acceptor(cert, key)?),
            _ => {
                return Err(ServeError::Config {
                    key: "server.tls".to_owned(),
                    text: "cert and key go together; name both or neither".to_owned(),
                });
            }
        };
        let private = tls.is_some() || server.plaintext_beyond_loopback;
        let public = bind("server.listen", server.listen, private).await?;
        let internal = match server.internal_listen {
            None => None,
            Some(_) if config.links.token_file.is_none() => {
                return Err(ServeError::Config {
                    key: "links.token_file".to_owned(),
                    text: "is empty, and secrets are released on server.internal_listen to its holders only"
                        .to_owned(),
                });
            }
            Some(address) => Some(bind("server.internal_listen", address, private).await?),
        };
        let health = match server.health_listen {
            None => None,
            // It says whether the process is well, to whomever asks.
            Some(address) => Some(bind("server.health_listen", address, true).await?),
        };
        Ok(Self { public, internal, health, tls })
    }

    pub(super) fn public_address(&self) -> Result<SocketAddr, ServeError> {
        let unbound = SocketAddr::from(([0, 0, 0, 0], 0));
        self.public.local_addr().map_err(|source| ServeError::Bind {
            key: "server.listen",
            address: unbound,
            source,
        })
    }

    /// Starts every listener; each ends after the drain.
    pub(super) fn serve(
        self,
        composed: Composed,
        health: HealthServer<impl Health>,
        keep: &Keep,
        limits: &Limits,
        drain: &CancellationToken,
    ) -> Result<JoinSet<io::Result<()>>, ServeError> {
        let Self { public, internal, health: probes, tls } = self;
        let mut servers = JoinSet::new();
        let mut start = |listener, tls, routes, identities: Option<Identities>| {
            let app = server::app(routes, limits, identities, drain.clone());
            servers.spawn(server::serve(listener, tls, app, limits.clone(), drain.clone()));
        };
        let callers = Some(keep.callers.clone());
        start(public, tls.clone(), composed.public.complete(health.clone())?, callers);
        if let Some(listener) = internal {
            start(listener, tls, composed.internal.complete(health.clone())?, Some(keep.services.clone()));
        }
        if let Some(listener) = probes {
            start(listener, None, Side::default().complete(health)?, None);
        }
        Ok(servers)
    }
}

async fn bind(key: &'static str, address: SocketAddr, private: bool) -> Result<TcpListener, ServeError> {
    if !private && !address.ip().is_loopback() {
        return Err(ServeError::Config {
            key: key.to_owned(),
            text: format!(
                "{address} is beyond loopback, where tokens and answers would travel in the clear; configure \
                 [server.tls], or say server.plaintext_beyond_loopback = true if something else encrypts"
            ),
        });
    }
    TcpListener::bind(address).await.map_err(|source| ServeError::Bind { key, address, source })
}

impl Side {
    /// The routes with health and reflection, which every listener has.
    fn complete(self, health: HealthServer<impl Health>) -> Result<Routes, ServeError> {
        let Self { mut routes, names } = self;
        routes.add_service(health);
        reflect(&mut routes, &names)?;
        Ok(routes.routes())
    }
}

/// Reflection of what this listener answers, in both versions that clients ask for.
fn reflect(routes: &mut RoutesBuilder, names: &[&'static str]) -> Result<(), ServeError> {
    let builder = || {
        let builder = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .with_service_name("grpc.health.v1.Health");
        names.iter().fold(builder, |builder, name| builder.with_service_name(*name))
    };
    routes.add_service(builder().build_v1()?);
    routes.add_service(builder().build_v1alpha()?);
    Ok(())
}
