//! How a command reaches the suite: its address, who calls, and for whom.

use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
};

use proto::{
    audit::v1::audit_service_client::AuditServiceClient,
    backup::v1::backup_service_client::BackupServiceClient,
    integrations::v1::{
        adapter_service_client::AdapterServiceClient, integration_service_client::IntegrationServiceClient,
    },
    keys::v1::key_service_client::KeyServiceClient,
    registers::v1::register_service_client::RegisterServiceClient,
    secrets::v1::secret_service_client::SecretServiceClient,
};
use runtime::{
    Link,
    identity::{self, USER_HEADER, USER_TOKEN_HEADER, check_private, read_token},
    link::Credentials,
    names::{Id, Parent},
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
};
use tonic_health::pb::health_client::HealthClient;

use crate::{
    cli::Common,
    failure::Failure,
    serve::{ServerFile, default_token_file},
};

/// Where a suite listens that nothing was configured for.
const DEFAULT_SERVER: &str = "http://127.0.0.1:7600";
/// The largest answer that is taken: a body of 64 MiB, the most an integration may allow, and what stands around it.
const MAX_ANSWER: usize = 80 << 20;

/// A suite to call, and on whose behalf.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    link: Link,
    server: String,
    parent: Parent,
    user: Option<(&'static str, MetadataValue<Ascii>)>,
}

impl Client {
    /// Reads address, token, tenant and end user from the command line. Nothing is sent yet.
    ///
    /// # Errors
    /// When an address, an id or a file cannot be used.
    pub(crate) fn new(common: &Common) -> Result<Self, Failure> {
        let server = address(common)?;
        let token = token_file(common).map(|path| token(&path)).transpose()?;
        let ca = common.ca_file.as_deref().map(|path| read(path, "certificate authority")).transpose()?;
        let shown = certificate(common, &server)?;
        let certificate = shown.as_ref().map(|Shown { certificate, key }| (&certificate[..], &key[..]));
        let credentials = Credentials { token: token.as_deref(), ca: ca.as_deref(), certificate };
        let link = Link::remote(&server, credentials).map_err(|error| Failure::usage(error.to_string()))?;
        let id =
            |flag, text: &str| Id::parse(flag, text).map_err(|refusal| Failure::usage(refusal.message()));
        let unit = common.unit.as_deref().map(|unit| id("--unit", unit)).transpose()?;
        let parent = Parent { tenant: id("--tenant", &common.tenant)?, unit };
        Ok(Self { link, server, parent, user: user(common)? })
    }

    /// The service of integrations.
    pub(crate) fn integrations(&self) -> IntegrationServiceClient<Link> {
        IntegrationServiceClient::new(self.link.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// The service of adapters.
    pub(crate) fn adapters(&self) -> AdapterServiceClient<Link> {
        AdapterServiceClient::new(self.link.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// The service of registers.
    pub(crate) fn registers(&self) -> RegisterServiceClient<Link> {
        RegisterServiceClient::new(self.link.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// The write side of secrets.
    pub(crate) fn secrets(&self) -> SecretServiceClient<Link> {
        SecretServiceClient::new(self.link.clone())
    }

    /// The sealing keys.
    pub(crate) fn keys(&self) -> KeyServiceClient<Link> {
        KeyServiceClient::new(self.link.clone())
    }

    /// The service of backups.
    pub(crate) fn backups(&self) -> BackupServiceClient<Link> {
        BackupServiceClient::new(self.link.clone())
    }

    /// The audit ledger.
    pub(crate) fn audit(&self) -> AuditServiceClient<Link> {
        AuditServiceClient::new(self.link.clone())
    }

    /// Health.
    pub(crate) fn health(&self) -> HealthClient<Link> {
        HealthClient::new(self.link.clone())
    }

    /// Whose things are meant: the tenant, and the business unit where one was named.
    pub(crate) fn parent(&self) -> &Parent {
        &self.parent
    }

    /// The tenant alone, for what business units have no copies of.
    pub(crate) fn tenant(&self) -> Parent {
        Parent { tenant: self.parent.tenant.clone(), unit: None }
    }

    /// A request, with the end user that it acts for.
    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some((key, value)) = &self.user {
            request.metadata_mut().insert(*key, value.clone());
        }
        request
    }

    /// Why a call did not work.
    pub(crate) fn failure(&self, status: Status) -> Failure {
        Failure::of_status(&status, &self.server)
    }
}

/// An id on the command line.
pub(crate) fn id(argument: &str, text: &str) -> Result<Id, Failure> {
    Id::parse(argument, text).map_err(|refusal| Failure::usage(refusal.message()))
}

/// `--server`, else what a suite on this machine left in its data folder, else the default.
fn address(common: &Common) -> Result<String, Failure> {
    match (&common.server, &common.data) {
        (Some(server), _) => with_scheme(server),
        (None, None) => Ok(DEFAULT_SERVER.to_owned()),
        (None, Some(data)) => {
            let path = ServerFile::path(data);
            let text = fs::read(&path).map_err(|error| {
                Failure::file(format!(
                    "{}: {error}; start the suite there with `outgate serve --data {}`, or name another with --server",
                    path.display(),
                    data.display()
                ))
            })?;
            let file: ServerFile = serde_json::from_slice(&text).map_err(|error| {
                Failure::file(format!("{}: {error}; restart the suite, which writes it", path.display()))
            })?;
            Ok(format!("{}://{}", file.scheme, file.address))
        }
    }
}

/// An address without a scheme is https, but on loopback, where a token cannot be overheard.
fn with_scheme(server: &str) -> Result<String, Failure> {
    if server.contains("://") {
        return Ok(server.to_owned());
    }
    let authority: http::uri::Authority = server
        .parse()
        .map_err(|_| Failure::usage(format!("--server {server}: is no address; write https://host:port")))?;
    let host = authority.host().trim_matches(['[', ']']);
    let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    Ok(format!("{}://{authority}", if loopback { "http" } else { "https" }))
}

/// `--token-file`, else the operator's token in the data folder. None: the call goes without, and may be refused.
fn token_file(common: &Common) -> Option<PathBuf> {
    common.token_file.clone().or_else(|| common.data.as_deref().map(default_token_file))
}

/// A client certificate and its key, in PEM.
struct Shown {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// `--client-cert` and `--client-key`. The key's file may be readable as a token's.
fn certificate(common: &Common, server: &str) -> Result<Option<Shown>, Failure> {
    let (Some(cert), Some(key)) = (&common.client_cert, &common.client_key) else { return Ok(None) };
    if !server.starts_with("https://") {
        return Err(Failure::usage(format!(
            "--client-cert: is shown over https:// alone, and the suite is {server}"
        )));
    }
    check_private(key, true).map_err(not_private)?;
    let certificate = read(cert, "client certificate")?;
    Ok(Some(Shown { certificate, key: read(key, "key of the client certificate")? }))
}

/// A token's file may be readable by its group, as Kubernetes mounts it, and by nobody else.
fn token(path: &Path) -> Result<Vec<u8>, Failure> {
    read_token(path, true).map_err(not_private)
}

fn not_private(error: identity::TokenError) -> Failure {
    let cause = match &error {
        identity::TokenError::Io { source, .. } => format!(": {source}"),
        _ => String::new(),
    };
    Failure::file(format!("{error}{cause}"))
}

fn user(common: &Common) -> Result<Option<(&'static str, MetadataValue<Ascii>)>, Failure> {
    let value = |bytes: &[u8], what: &str| {
        MetadataValue::try_from(bytes)
            .map_err(|_| Failure::usage(format!("{what}: holds more than visible ASCII characters")))
    };
    match (&common.user_token_file, &common.user) {
        (Some(path), _) => {
            let mut value = value(&token(path)?, "--user-token-file")?;
            value.set_sensitive(true);
            Ok(Some((USER_TOKEN_HEADER, value)))
        }
        (None, Some(user)) => Ok(Some((USER_HEADER, value(user.as_bytes(), "--user")?))),
        (None, None) => Ok(None),
    }
}

/// Reads a file that the command line names.
pub(crate) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::file(format!("{what} {}: {error}", path.display())))
}

#[cfg(test)]
mod tests;
