use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures::future::join_all;

use super::*;

const SLOW: &str = "slow.example";
const FAST: &str = "fast.example";
const SECOND: Duration = Duration::from_secs(1);

/// Answers for one name when it is told to, and at once for any other.
#[derive(Debug)]
struct Hanging {
    begun: AtomicUsize,
    told: Semaphore,
}

#[async_trait]
impl Resolver for Hanging {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        if host == SLOW {
            self.begun.fetch_add(1, Ordering::SeqCst);
            self.told.acquire().await.unwrap().forget();
        }
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

fn hanging() -> (Arc<Hanging>, Lookups) {
    let hanging = Arc::new(Hanging { begun: AtomicUsize::new(0), told: Semaphore::new(0) });
    let lookups = Lookups::new(Arc::<Hanging>::clone(&hanging));
    (hanging, lookups)
}

/// How many of so many look-ups of the slow name, all at once, were begun; the others must have been refused as busy.
async fn slow(lookups: &Lookups, tenant: &str, times: usize) -> usize {
    let all = (0..times).map(|_| lookups.resolve(tenant, SLOW, Time::starting(SECOND)));
    let kinds = join_all(all).await.into_iter().map(|one| one.unwrap_err());
    kinds.fold(0, |begun, error| match error.kind() {
        ErrorKind::Timeout => begun + 1,
        ErrorKind::LookupsBusy => begun,
        _ => panic!("{error:?}"),
    })
}

async fn is_busy(lookups: &Lookups, tenant: &str) -> bool {
    let found = lookups.resolve(tenant, FAST, Time::starting(SECOND)).await;
    found.is_err_and(|error| matches!(error.kind(), ErrorKind::LookupsBusy))
}

#[tokio::test(start_paused = true)]
async fn what_one_tenant_waits_for_takes_up_that_tenants_places_alone() {
    let (hanging, lookups) = hanging();
    // More calls than there are places in all: those that wait for one of their own take none of the others'.
    let many = slow(&lookups, "acme", ALL + OF_ONE_TENANT);
    let others = async {
        assert!(!is_busy(&lookups, "other").await);
        assert_eq!(hanging.begun.load(Ordering::SeqCst), OF_ONE_TENANT);
    };
    let (begun, ()) = tokio::join!(biased; many, others);
    assert_eq!(begun, OF_ONE_TENANT);

    // The calls are over and their look-ups are not: the places are still taken.
    assert!(is_busy(&lookups, "acme").await);
    assert!(!is_busy(&lookups, "other").await);
    assert_eq!(hanging.begun.load(Ordering::SeqCst), OF_ONE_TENANT);

    hanging.told.add_permits(1);
    assert!(!is_busy(&lookups, "acme").await, "one look-up has ended");
}

#[tokio::test(start_paused = true)]
async fn there_is_a_bound_for_all_tenants_together_and_the_operators_proxy() {
    let (hanging, lookups) = hanging();
    for tenant in 0..ALL / OF_ONE_TENANT {
        assert_eq!(slow(&lookups, &format!("tenant-{tenant}"), OF_ONE_TENANT).await, OF_ONE_TENANT);
    }
    assert!(is_busy(&lookups, "other").await);
    let proxy = tokio::time::timeout(SECOND, Resolver::resolve(&lookups, FAST)).await;
    assert!(proxy.is_err(), "a proxy's name is looked up within the same bound");
    assert_eq!(hanging.begun.load(Ordering::SeqCst), ALL);

    hanging.told.add_permits(1);
    assert!(!is_busy(&lookups, "other").await);
    Resolver::resolve(&lookups, FAST).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn tenants_without_a_look_up_are_forgotten() {
    let (hanging, lookups) = hanging();
    assert_eq!(slow(&lookups, "slow", 1).await, 1);
    for tenant in 0..100 {
        assert!(!is_busy(&lookups, &format!("tenant-{tenant}")).await);
    }
    let mut kept: Vec<_> = lookups.by_tenant.lock().unwrap().keys().cloned().collect();
    kept.sort_unstable();
    assert_eq!(kept, ["slow", "tenant-99"]);
    drop(hanging);
}

/// Fails as a part that panics does.
#[derive(Debug)]
struct Broken;

#[async_trait]
impl Resolver for Broken {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        panic!("canary")
    }
}

#[tokio::test]
async fn a_look_up_that_panics_is_one_that_failed_and_gives_its_place_back() {
    let lookups = Lookups::new(Arc::new(Broken));
    for _ in 0..=OF_ONE_TENANT {
        let error = lookups.resolve("acme", FAST, Time::starting(SECOND)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ResolveFailed), "{error:?}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}
