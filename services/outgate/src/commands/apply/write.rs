//! The calls that make a change.

use proto::{
    integrations::v1::{CreateIntegrationRequest, DeleteIntegrationRequest, UpdateIntegrationRequest},
    registers::v1::{DeleteRegisterRequest, PutRegisterRequest},
};
use tonic::Status;

use super::plan::{Change, Write};
use crate::{client::Client, failure::Failure};

/// Makes every change in order.
///
/// # Errors
/// When the suite refuses one. What was changed before it stays, and the failure says so.
pub(super) async fn all(client: &Client, changes: &[Change]) -> Result<(), Failure> {
    let mut done = 0;
    for change in changes {
        if let Err(status) = one(client, change).await {
            let failure = client.failure(status).with("name", &change.name).with("changed", done);
            let rest = format!(
                "This was {} {}; {done} changes before it stay. Apply again to go on.",
                change.kind, change.name
            );
            return Err(failure.and(rest));
        }
        done += usize::from(!matches!(change.write, Write::Nothing));
    }
    Ok(())
}

async fn one(client: &Client, change: &Change) -> Result<(), Status> {
    let name = change.name.clone();
    match &change.write {
        Write::Nothing => {}
        Write::CreateIntegration(integration) => {
            let request = CreateIntegrationRequest {
                parent: client.tenant().to_string(),
                integration_id: change.key().to_owned(),
                integration: Some((**integration).clone()),
            };
            client.integrations().create_integration(client.request(request)).await?;
        }
        Write::UpdateIntegration(integration) => {
            let request = UpdateIntegrationRequest {
                integration: Some((**integration).clone()),
                update_mask: None,
                allow_missing: false,
            };
            client.integrations().update_integration(client.request(request)).await?;
        }
        Write::PutRegister { text, etag } => {
            let request = PutRegisterRequest { name, text: text.clone(), etag: etag.clone() };
            client.registers().put_register(client.request(request)).await?;
        }
        Write::DeleteIntegration { etag } => {
            let request = DeleteIntegrationRequest { name, etag: etag.clone() };
            client.integrations().delete_integration(client.request(request)).await?;
        }
        Write::DeleteRegister { etag } => {
            let request = DeleteRegisterRequest { name, etag: etag.clone() };
            client.registers().delete_register(client.request(request)).await?;
        }
    }
    Ok(())
}
