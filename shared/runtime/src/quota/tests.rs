use super::*;
use crate::{
    Role,
    identity::{Caller, Identities, Identity, Tenants},
};

fn id(text: &str) -> Id {
    Id::parse("tenant", text).unwrap()
}

fn rate(rate: u32) -> Limits {
    Limits { requests_per_second: NonZeroU32::new(rate), ..Limits::default() }
}

/// Somebody's next call.
async fn call(identities: &Identities) -> Caller {
    let mut headers = http::HeaderMap::new();
    headers.insert(http::header::AUTHORIZATION, http::HeaderValue::from_static("Bearer token"));
    identities.authenticate(&headers, None).await.unwrap()
}

fn identities(identity: Identity, quotas: Quotas) -> Identities {
    Identities::new([(b"token".to_vec(), identity)]).and(Vec::new(), Vec::new(), Some(Meter::new(quotas)))
}

fn ada() -> Identity {
    Identity::with_roles("ada", Tenants::All, &[Role::Caller])
}

#[tokio::test]
async fn what_is_over_a_tenants_rate_is_refused_and_says_which_and_until_when() {
    let identities = identities(ada(), Quotas::new(rate(2), BTreeMap::from([(id("big"), rate(3))])));
    for (tenant, limit) in [("a", 2), ("b", 2), ("big", 3)] {
        for _ in 0..limit {
            call(&identities).await.require(Role::Caller, &id(tenant)).unwrap();
        }
        let refusal = call(&identities).await.require(Role::Caller, &id(tenant)).unwrap_err();
        assert_eq!(refusal.reason(), Reason::QuotaExceeded);
        assert_eq!(refusal.metadata("quota"), Some("requests_per_second"));
        assert_eq!(refusal.metadata("limit"), Some(&*limit.to_string()));
        assert!(refusal.message().contains(&format!("tenant `{tenant}`")), "{refusal}");
        assert!(refusal.message().contains(&format!("requests_per_second = {limit}")), "{refusal}");
        let details = tonic_types::StatusExt::get_error_details(&tonic::Status::from(refusal));
        let delay = details.retry_info().unwrap().retry_delay.unwrap();
        assert!(delay > std::time::Duration::ZERO && delay <= std::time::Duration::from_secs(1), "{delay:?}");
    }
}

#[tokio::test]
async fn a_call_counts_once_and_only_where_it_may() {
    let identities = identities(
        Identity::with_roles("ada", Tenants::One(id("a")), &[Role::Caller]),
        Quotas::new(rate(1), BTreeMap::new()),
    );
    for _ in 0..5 {
        call(&identities).await.require(Role::Operator, &id("a")).unwrap_err();
        call(&identities).await.require(Role::Caller, &id("b")).unwrap_err();
    }
    let first = call(&identities).await;
    for _ in 0..5 {
        first.clone().require(Role::Caller, &id("a")).unwrap();
    }
    let second = call(&identities).await;
    for _ in 0..2 {
        second.require(Role::Caller, &id("a")).unwrap_err();
    }
}

#[tokio::test]
async fn a_burst_is_let_through_and_no_bound_is_none() {
    let limits = Limits { burst: NonZeroU32::new(10), ..rate(1) };
    let identities =
        identities(ada(), Quotas::new(limits, BTreeMap::from([(id("free"), Limits::default())])));
    for _ in 0..10 {
        call(&identities).await.require(Role::Caller, &id("a")).unwrap();
    }
    call(&identities).await.require(Role::Caller, &id("a")).unwrap_err();
    for _ in 0..1000 {
        call(&identities).await.require(Role::Caller, &id("free")).unwrap();
    }
}

#[tokio::test]
async fn the_suites_own_services_use_up_nobodys_quota() {
    let identities = identities(ada().of_the_suite(), Quotas::new(rate(1), BTreeMap::new()));
    for _ in 0..100 {
        call(&identities).await.require(Role::Caller, &id("a")).unwrap();
    }
}
