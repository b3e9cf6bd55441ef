//! The other end of the link to the secrets service, for tests by a clock that stands still: it holds back, refuses and counts
//! as a test says, which the service itself does not.

use std::sync::Arc;

use proto::secrets::v1::{
    CheckReleaseRequest, CheckReleaseResponse, CheckTokenUseRequest, CheckTokenUseResponse,
    DescribeSecretsRequest, DescribeSecretsResponse, RecordUsesRequest, RecordUsesResponse,
    ReleaseSecretRequest, ReleaseSecretResponse, ReportUseRequest, ReportUseResponse, SaveSecretRequest,
    SaveSecretResponse,
    secret_release_service_server::{SecretReleaseService, SecretReleaseServiceServer},
};
use runtime::{Caller, Link, Refusal};
use tonic::{Request, Response, Status, service::Routes};

/// What a test takes in. What it does not say is not asked for, or the test fails.
#[tonic::async_trait]
pub(crate) trait Takes: Send + Sync + 'static {
    /// A value to save.
    async fn save(&self, _: SaveSecretRequest) -> Result<(), Refusal> {
        unreachable!("nothing is saved here")
    }

    /// Uses to write down.
    async fn record(&self, _: RecordUsesRequest) -> Result<(), Refusal> {
        unreachable!("no use is written down here")
    }
}

/// A link that ends there.
pub(crate) fn link(takes: Arc<impl Takes>) -> Link {
    let routes = Routes::new(SecretReleaseServiceServer::new(End(takes)));
    Link::in_process(routes, Caller::service("integrations"))
}

struct End<T>(Arc<T>);

#[tonic::async_trait]
impl<T: Takes> SecretReleaseService for End<T> {
    async fn save_secret(
        &self,
        request: Request<SaveSecretRequest>,
    ) -> Result<Response<SaveSecretResponse>, Status> {
        self.0.save(request.into_inner()).await?;
        Ok(Response::new(SaveSecretResponse::default()))
    }

    async fn record_uses(
        &self,
        request: Request<RecordUsesRequest>,
    ) -> Result<Response<RecordUsesResponse>, Status> {
        self.0.record(request.into_inner()).await?;
        Ok(Response::new(RecordUsesResponse::default()))
    }

    async fn release_secret(
        &self,
        _: Request<ReleaseSecretRequest>,
    ) -> Result<Response<ReleaseSecretResponse>, Status> {
        unreachable!("nothing is released here")
    }

    async fn check_release(
        &self,
        _: Request<CheckReleaseRequest>,
    ) -> Result<Response<CheckReleaseResponse>, Status> {
        unreachable!("nothing is released here")
    }

    async fn check_token_use(
        &self,
        _: Request<CheckTokenUseRequest>,
    ) -> Result<Response<CheckTokenUseResponse>, Status> {
        unreachable!("no token is used here")
    }

    async fn report_use(&self, _: Request<ReportUseRequest>) -> Result<Response<ReportUseResponse>, Status> {
        unreachable!("no answer says anything of a use here")
    }

    async fn describe_secrets(
        &self,
        _: Request<DescribeSecretsRequest>,
    ) -> Result<Response<DescribeSecretsResponse>, Status> {
        unreachable!("nobody asks what secrets there are here")
    }
}
