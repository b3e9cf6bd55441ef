//! Puts over the contract.

use proto::secrets::v1::{PutSecretRequest, secret_service_client::SecretServiceClient};
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

use crate::{Outcome, Writer};

#[derive(Clone)]
pub(crate) struct Client {
    client: SecretServiceClient<Channel>,
    token: MetadataValue<Ascii>,
}

/// One connection for all writers, as a backend has.
pub(crate) async fn connect(server: &str, token: &str) -> Outcome<Client> {
    let token = format!("Bearer {token}").parse()?;
    let channel = Endpoint::from_shared(server.to_owned())?.tcp_nodelay(true).connect().await?;
    Ok(Client { client: SecretServiceClient::new(channel), token })
}

impl Writer for Client {
    async fn put(&mut self, name: String, value: String) -> Outcome<()> {
        let mut request = Request::new(PutSecretRequest {
            name: format!("tenants/default/secrets/{name}"),
            value: value.into(),
            url: "https://api.example.com".to_owned(),
            ..PutSecretRequest::default()
        });
        request.metadata_mut().insert("authorization", self.token.clone());
        self.client.put_secret(request).await?;
        Ok(())
    }
}
