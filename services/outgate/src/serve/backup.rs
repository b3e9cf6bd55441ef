//! The service of backups: this process's store and audit ledger, sealed with its key ring.

use std::sync::Arc;

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use proto::{
    backup::v1::{
        CreateBackupRequest, CreateBackupResponse,
        backup_service_server::{BackupService, BackupServiceServer, SERVICE_NAME},
    },
    errors::v1::Reason,
};
use runtime::{Caller, Refusal, Role};
use seal::KeyRing;
use secrets::ledger::Ledger;
use store::Store;
use tonic::{Request, Response, Status, service::RoutesBuilder};

use crate::backup::{Backup, BackupError};

struct Backups {
    store: Arc<dyn Store>,
    keys: Arc<KeyRing>,
    ledger: Option<Arc<Ledger>>,
}

/// Adds the service to the public listener; its full name.
pub(super) fn public(
    store: Arc<dyn Store>,
    keys: Arc<KeyRing>,
    ledger: Option<Arc<Ledger>>,
    routes: &mut RoutesBuilder,
) -> Vec<&'static str> {
    routes.add_service(BackupServiceServer::new(Backups { store, keys, ledger }));
    vec![SERVICE_NAME]
}

#[tonic::async_trait]
impl BackupService for Backups {
    type CreateBackupStream = BoxStream<'static, Result<CreateBackupResponse, Status>>;

    async fn create_backup(
        &self,
        request: Request<CreateBackupRequest>,
    ) -> Result<Response<Self::CreateBackupStream>, Status> {
        let caller = Caller::of(&request)?;
        caller.require_everywhere(Role::Operator)?;
        let (store, keys, ledger) = (self.store.clone(), self.keys.clone(), self.ledger.clone());
        let backup = Backup::begin(store, keys, ledger).await.map_err(refusal)?;
        tracing::info!(by = caller.name(), "a backup is being made");
        let pieces = stream::try_unfold(backup, |mut backup| async {
            let piece = backup.next().await.map_err(refusal)?;
            Ok(piece.map(|data| (CreateBackupResponse { data }, backup)))
        });
        Ok(Response::new(pieces.boxed()))
    }
}

fn refusal(error: BackupError) -> Refusal {
    match error {
        BackupError::Store(error) => error.into(),
        BackupError::Seal(error) => {
            Refusal::new(Reason::Internal, "the backup could not be sealed").because(error)
        }
        BackupError::Ledger(_) | BackupError::File(_) => Refusal::new(
            Reason::AuditUnavailable,
            "the audit ledger cannot be read for the backup; see the log",
        )
        .because(error),
    }
}
