//! The ledger, for operators to read.

use std::sync::Arc;

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use proto::{
    audit::v1::{
        Entry, ExportEntriesRequest, ExportEntriesResponse, GetHeadRequest, GetHeadResponse,
        audit_service_server::AuditService,
    },
    errors::v1::Reason,
};
use runtime::{
    Caller, Refusal, Role,
    names::{Name, Parent},
};
use tokio::task;
use tonic::{Request, Response, Status};

use crate::{
    SECRETS,
    audit::Audit,
    ledger::{Broken, Lines},
};

/// How many lines are looked at for one message.
const BATCH: usize = 512;
/// A parent that stands for all (AIP-159).
const ALL: &str = "tenants/-";

/// The reading side.
pub(crate) struct Auditing(pub(crate) Arc<Audit>);

#[tonic::async_trait]
impl AuditService for Auditing {
    async fn get_head(&self, request: Request<GetHeadRequest>) -> Result<Response<GetHeadResponse>, Status> {
        Caller::of(&request)?.require_everywhere(Role::Operator)?;
        let head = self.0.ledger().head();
        Ok(Response::new(GetHeadResponse { sequence: head.sequence, hash: head.hash.to_string() }))
    }

    type ExportEntriesStream = BoxStream<'static, Result<ExportEntriesResponse, Status>>;

    async fn export_entries(
        &self,
        request: Request<ExportEntriesRequest>,
    ) -> Result<Response<Self::ExportEntriesStream>, Status> {
        let caller = Caller::of(&request)?;
        let request = request.into_inner();
        let wanted = Wanted::read(&caller, &request)?;
        let lines = self.0.ledger().lines(request.from_sequence).map_err(unreadable)?;
        Ok(Response::new(stream::try_unfold(Some((lines, wanted)), batch).boxed()))
    }
}

/// Which entries.
struct Wanted {
    /// What stands in the line of an entry of the tenant or the secret. Quotes within values are escaped, so it stands
    /// nowhere else.
    within: Option<String>,
    from: Option<prost_types::Timestamp>,
    to: Option<prost_types::Timestamp>,
    /// How many more.
    left: usize,
}

impl Wanted {
    fn read(caller: &Caller, request: &ExportEntriesRequest) -> Result<Self, Refusal> {
        let ExportEntriesRequest { parent, from_sequence: _, secret, start_time, end_time, limit } = request;
        let mut within = match parent.as_str() {
            ALL => {
                caller.require_everywhere(Role::Operator)?;
                None
            }
            parent => {
                let tenant = Parent::parse_tenant("parent", parent)?;
                caller.require(Role::Operator, &tenant)?;
                Some(format!(",\"secret\":\"{}/", Parent { tenant, unit: None }))
            }
        };
        if !secret.is_empty() {
            let name = Name::parse("secret", SECRETS, secret)?;
            let exact = format!(",\"secret\":\"{}\"", name.parent.child(SECRETS, &name.id));
            if within.is_some_and(|within| !exact.starts_with(&within)) {
                return Err(Refusal::field("secret", "is not within the parent"));
            }
            within = Some(exact);
        }
        let left = match usize::try_from(*limit) {
            Ok(0) => usize::MAX,
            Ok(limit) => limit,
            Err(_) => return Err(Refusal::field("limit", "is negative; send 0 for no bound")),
        };
        Ok(Self { within, from: *start_time, to: *end_time, left })
    }

    fn has(&self, line: &str) -> bool {
        if self.within.as_ref().is_some_and(|within| !line.contains(within)) {
            return false;
        }
        if self.from.is_none() && self.to.is_none() {
            return true;
        }
        let Some(time) = time(line) else { return true };
        let order = |time: &prost_types::Timestamp| (time.seconds, time.nanos);
        self.from.is_none_or(|from| order(&time) >= order(&from))
            && self.to.is_none_or(|to| order(&time) < order(&to))
    }
}

/// When an entry was written.
fn time(line: &str) -> Option<prost_types::Timestamp> {
    line.split_once(",\"time\":\"")?.1.split_once('"')?.0.parse().ok()
}

type Reading = Option<(Lines, Wanted)>;

/// The next message, read on a thread that may block.
async fn batch(reading: Reading) -> Result<Option<(ExportEntriesResponse, Reading)>, Status> {
    let Some(reading) = reading else { return Ok(None) };
    let read = task::spawn_blocking(move || read(reading)).await;
    read.map_err(|error| Refusal::new(Reason::Internal, "the ledger could not be read").because(error))?
        .map_err(|error| unreadable(error).into())
}

fn read(
    (mut lines, mut wanted): (Lines, Wanted),
) -> Result<Option<(ExportEntriesResponse, Reading)>, Broken> {
    let mut entries = Vec::new();
    let mut looked_at = 0;
    loop {
        if wanted.left == 0 {
            return Ok(Some((ExportEntriesResponse { entries }, None)));
        }
        // Also where nothing fits: whoever has gone away is noticed between two messages.
        if looked_at == BATCH {
            return Ok(Some((ExportEntriesResponse { entries }, Some((lines, wanted)))));
        }
        let Some(line) = lines.next() else {
            return Ok(Some((ExportEntriesResponse { entries }, None)));
        };
        let (sequence, line) = line?;
        looked_at += 1;
        if wanted.has(&line) {
            wanted.left -= 1;
            entries.push(Entry { sequence, line });
        }
    }
}

fn unreadable(error: Broken) -> Refusal {
    let text = "the audit ledger cannot be read; the log of the secrets service says why";
    Refusal::new(Reason::AuditUnavailable, text).because(error)
}
