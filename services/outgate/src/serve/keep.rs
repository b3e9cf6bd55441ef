//! What the services stand on: the store, the sealing keys, the identities, and the guarded door.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use egress::{Door, Policies, SystemResolver};
use runtime::{
    config::Config,
    identity::{Identities, Identity, Role, Tenants, create_token, read_token},
    names::Id,
};
use store::{SledStore, Store};

use super::{
    ServeError, ServiceName, default_token_file,
    keys::{self, Keys},
    policies,
};

/// The services that seal what they keep.
const SEALING: [ServiceName; 2] = [ServiceName::Secrets, ServiceName::Tokens];

/// Everything that is opened once and shared by the services of this process.
pub(super) struct Keep {
    pub(super) store: Arc<dyn Store>,
    /// Only where a service of this process seals.
    pub(super) keys: Option<Arc<Keys>>,
    /// What may leave.
    pub(super) policies: Policies,
    /// The way out, made with those policies.
    pub(super) door: Arc<Door>,
    /// Who may call the public listener.
    pub(super) callers: Identities,
    /// Who may call the internal listener.
    pub(super) services: Identities,
    /// The token that the other services know this process by.
    pub(super) link_token: Option<Vec<u8>>,
    pub(super) operator_token_file: PathBuf,
    /// Files that were made because they were not there.
    pub(super) made: Vec<PathBuf>,
}

impl Keep {
    pub(super) async fn open(
        services: &[ServiceName],
        data: &Path,
        config: &Config,
    ) -> Result<Self, ServeError> {
        let wrong = |source| ServeError::Data { path: data.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(wrong)?;
        let mut made = Vec::new();
        let folder = data.join("store");
        let sealing = services.iter().filter(|name| SEALING.contains(name)).count();
        // Before the store: a store is never there without its key.
        let opened = match sealing {
            0 => None,
            _ => {
                let all = sealing == SEALING.len();
                Some(keys::Opened::read(data, &folder, &config.seal, all, &mut made).await?)
            }
        };
        let (operator, operator_token_file) = operator(data, config, &mut made)?;
        let link_token = match &config.links.token_file {
            None => None,
            Some(path) => Some(read_token(path, config.seal.group_readable)?),
        };
        let policies = policies::read(&config.egress, config.seal.group_readable)?;
        let store =
            SledStore::open(&folder).map_err(|source| ServeError::Store { path: folder.clone(), source })?;
        let store: Arc<dyn Store> = Arc::new(store);
        let keys = match opened {
            None => None,
            Some(opened) => Some(Arc::new(opened.over(store.clone()).await?)),
        };
        Ok(Self {
            store,
            keys,
            door: Arc::new(Door::new(policies.clone(), Arc::new(SystemResolver))?),
            policies,
            callers: callers(operator, config)?,
            services: Identities::new(link_token.clone().map(|token| (token, service()))),
            link_token,
            operator_token_file,
            made,
        })
    }
}

fn operator(data: &Path, config: &Config, made: &mut Vec<PathBuf>) -> Result<(Vec<u8>, PathBuf), ServeError> {
    let path = match &config.identity.operator_token_file {
        Some(path) => path.clone(),
        None => {
            let path = default_token_file(data);
            if !path.exists() {
                create_token(&path)?;
                made.push(path.clone());
            }
            path
        }
    };
    Ok((read_token(&path, config.seal.group_readable)?, path))
}

fn callers(operator: Vec<u8>, config: &Config) -> Result<Identities, ServeError> {
    let everything = [Role::Caller, Role::Configurator, Role::Operator, Role::Voucher];
    let mut known = vec![(
        operator,
        Identity { name: "operator".into(), tenants: Tenants::All, roles: everything.into() },
    )];
    for token in &config.identity.tokens {
        let tenants = match token.tenant.as_str() {
            "*" => Tenants::All,
            one => Tenants::One(Id::parse("tenant", one).map_err(|refusal| ServeError::Config {
                key: "identity.tokens".to_owned(),
                text: format!("`{}`: {refusal}", token.name),
            })?),
        };
        let identity =
            Identity { name: token.name.as_str().into(), tenants, roles: token.roles.clone().into() };
        known.push((read_token(&token.token_file, config.seal.group_readable)?, identity));
    }
    Ok(Identities::new(known))
}

/// What the suite's own services may do with each other.
fn service() -> Identity {
    let roles = [Role::Caller, Role::Operator, Role::Releaser];
    Identity { name: "service".into(), tenants: Tenants::All, roles: roles.into() }
}
