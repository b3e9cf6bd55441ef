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
    grants::Grants,
    health::Check,
    identity::{create_token, read_token},
    quota::{Meter, Quotas},
};
use secrets::ledger::{self, Ledger};
use store::{Folder, Store};
use tokio::task::spawn_blocking;

use super::{
    ServeError, ServiceName, default_token_file, grants,
    identities::{self, Known},
    keys::{self, Keys},
    policies, quotas,
};

/// The services that seal what they keep.
const SEALING: [ServiceName; 2] = [ServiceName::Secrets, ServiceName::Tokens];

/// The folder of the audit ledger, in the data folder.
pub(crate) const LEDGER: &str = "ledger";
/// The sealing keys that an embedded suite makes itself, in the data folder.
pub(crate) const SEAL_KEY: &str = "seal.key";

/// Everything that is opened once and shared by the services of this process.
pub(super) struct Keep {
    pub(super) store: Arc<dyn Store>,
    /// Only where a service of this process seals.
    pub(super) keys: Option<Arc<Keys>>,
    /// What is released is written down in it; only where this process keeps secrets.
    pub(super) ledger: Option<Arc<Ledger>>,
    /// What may leave.
    pub(super) policies: Policies,
    /// The way out, made with those policies.
    pub(super) door: Arc<Door>,
    /// Who may call.
    pub(super) known: Known,
    /// What each tenant may have.
    pub(super) quotas: Quotas,
    /// What answers of other origins may become secrets for.
    pub(super) grants: Grants,
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
        let operator_token_file = operator(data, config, &mut made)?;
        let link_token = match &config.links.token_file {
            None => None,
            Some(path) => Some(read_token(path, config.seal.group_readable)?),
        };
        let policies = policies::read(&config.egress, config.seal.group_readable)?;
        let egress = policies::operator(&config.egress, config.seal.group_readable)?;
        let quotas = quotas::read(&config.quotas)?;
        let grants = grants::read(&config.save_secret)?;
        let meter = Meter::new(quotas.clone());
        let known = identities::read(config, &operator_token_file, link_token.as_deref(), &egress, meter)?;
        let ledger = services.contains(&ServiceName::Secrets).then(|| data.join(LEDGER));
        let (store, keys, ledger) = open(folder, ledger, opened).await?;
        Ok(Self {
            store,
            keys,
            ledger,
            door: Arc::new(Door::new(policies.clone(), Arc::new(SystemResolver))?),
            policies,
            known,
            quotas,
            grants,
            link_token,
            operator_token_file,
            made,
        })
    }
}

impl Keep {
    /// What health follows.
    pub(super) fn checks(&self) -> Vec<Check> {
        let store = Arc::clone(&self.store);
        let mut checks: Vec<Check> = vec![Box::new(move || {
            let store = Arc::clone(&store);
            Box::pin(async move { Ok(store.check().await?) })
        })];
        if let Some(ledger) = self.ledger.clone() {
            checks.push(Box::new(move || {
                let ledger = Arc::clone(&ledger);
                Box::pin(async move { Ok(ledger.check().await?) })
            }));
        }
        checks
    }
}

/// What is kept on the disk: store, keys and ledger, the last two where this process has them.
type Kept = (Arc<dyn Store>, Option<Arc<Keys>>, Option<Arc<Ledger>>);

/// Opens what is kept on the disk. The ledger is proved while the store is opened, and written to when all else is known to be
/// good. Of several errors it is the store's, else that of the keys, else the ledger's.
async fn open(
    folder: PathBuf,
    ledger: Option<PathBuf>,
    opened: Option<keys::Opened>,
) -> Result<Kept, ServeError> {
    let unopened = |source| ServeError::Store { path: folder.clone(), source };
    // It keeps other processes away from the ledger, too.
    let taken = Folder::take(&folder).map_err(unopened)?;
    let proving = ledger.zip(opened.as_ref().map(keys::Opened::ring));
    let proving = proving.map(|(ledger, ring)| spawn_blocking(move || Ledger::prove(&ledger, ring)));
    let store: Arc<dyn Store> = Arc::new(taken.open(&store::Options::default()).map_err(unopened)?);
    let keys = match opened {
        None => None,
        Some(opened) => Some(Arc::new(opened.over(store.clone()).await?)),
    };
    let ledger = match proving {
        None => None,
        Some(proving) => Some(Arc::new(proving.await??.open(ledger::Options::default())?)),
    };
    if let Some((keys, ledger)) = keys.as_ref().zip(ledger.clone()) {
        keys.seal_ledger(ledger);
    }
    Ok((store, keys, ledger))
}

/// Where the operator's token is; it is made in the data folder where the configuration names none.
fn operator(data: &Path, config: &Config, made: &mut Vec<PathBuf>) -> Result<PathBuf, ServeError> {
    if let Some(path) = &config.identity.operator_token_file {
        return Ok(path.clone());
    }
    let path = default_token_file(data);
    if !path.exists() {
        create_token(&path)?;
        made.push(path.clone());
    }
    Ok(path)
}

#[cfg(test)]
mod tests;
