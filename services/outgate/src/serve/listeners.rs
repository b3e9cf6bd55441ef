//! The listeners: bound before anything is served, loopback unless the operator says otherwise.

use std::{io, net::SocketAddr, sync::Arc};

use runtime::{
    config::{self, Config},
    identity::Identities,
    server::{
        self, Limits,
        tls::{ClientAuth, Files, Tls},
    },
};
use tokio::{net::TcpListener, task::JoinSet};
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
    tls: Option<Arc<Tls>>,
    health_tls: Option<Arc<Tls>>,
}

impl Listeners {
    pub(super) async fn bind(config: &Config) -> Result<Self, ServeError> {
        let server = &config.server;
        let files = files(&server.tls)?;
        let tls = files.clone().map(Tls::open).transpose()?;
        // Probes have no certificates.
        let of_probes = files.filter(|_| server.tls.health).map(|files| Files {
            clients: ClientAuth::Off,
            revoked: None,
            ..files
        });
        let health_tls = of_probes.map(Tls::open).transpose()?;
        let private = tls.is_some() || server.plaintext_beyond_loopback;
        let public = bind("server.listen", server.listen, private).await?;
        let internal = match server.internal_listen {
            None => None,
            Some(_) if config.links.token_file.is_none() && config.links.peers.is_empty() => {
                return Err(ServeError::Config {
                    key: "links.token_file".to_owned(),
                    text: "is empty, and secrets are released on server.internal_listen to its holders only (or to those \
                           whose certificates links.peers names)"
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
        Ok(Self { public, internal, health, tls, health_tls })
    }

    /// The certificates that are renewed while the listeners serve.
    pub(super) fn tls(&self) -> Vec<Arc<Tls>> {
        self.tls.iter().chain(&self.health_tls).cloned().collect()
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
        let Self { public, internal, health: probes, tls, health_tls } = self;
        let mut servers = JoinSet::new();
        let mut start = |listener, tls, routes, identities: Option<Identities>| {
            let app = server::app(routes, limits, identities, drain.clone());
            servers.spawn(server::serve(listener, tls, app, limits.clone(), drain.clone()));
        };
        let callers = Some(keep.known.callers.clone());
        start(public, tls.clone(), composed.public.complete(health.clone())?, callers);
        if let Some(listener) = internal {
            let services = Some(keep.known.services.clone());
            start(listener, tls, composed.internal.complete(health.clone())?, services);
        }
        if let Some(listener) = probes {
            start(listener, health_tls, Side::default().complete(health)?, None);
        }
        Ok(servers)
    }
}

/// The files of the listeners' TLS; none: there is no TLS.
fn files(tls: &config::Tls) -> Result<Option<Files>, ServeError> {
    let wrong = |key: &str, text: &str| ServeError::Config { key: key.to_owned(), text: text.to_owned() };
    let clients = match (tls.client_auth, &tls.client_ca_file) {
        (config::ClientAuth::Off, None) => ClientAuth::Off,
        (config::ClientAuth::Optional, Some(path)) => ClientAuth::Optional(path.clone()),
        (config::ClientAuth::Required, Some(path)) => ClientAuth::Required(path.clone()),
        (config::ClientAuth::Off, Some(_)) => {
            let text = "is \"off\", and client_ca_file is there; say \"optional\" or \"required\"";
            return Err(wrong("server.tls.client_auth", text));
        }
        (_, None) => {
            let text = "is empty, and server.tls.client_auth asks for certificates; name who issues them";
            return Err(wrong("server.tls.client_ca_file", text));
        }
    };
    if tls.client_crl_file.is_some() && clients == ClientAuth::Off {
        let text = "is there, and nobody is asked for a certificate; say whom with client_auth";
        return Err(wrong("server.tls.client_crl_file", text));
    }
    match (&tls.cert, &tls.key) {
        (Some(cert), Some(key)) => {
            let revoked = tls.client_crl_file.clone();
            Ok(Some(Files { certificates: cert.clone(), key: key.clone(), clients, revoked }))
        }
        (None, None) if clients == ClientAuth::Off && !tls.health => Ok(None),
        (None, None) => Err(wrong("server.tls.cert", "is empty, and server.tls asks for TLS")),
        _ => Err(wrong("server.tls", "cert and key go together; name both or neither")),
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
