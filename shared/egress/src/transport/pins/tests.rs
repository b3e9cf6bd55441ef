use std::{net::SocketAddr, sync::Arc};

use reqwest::dns::Resolve;
use tokio::sync::Barrier;

use super::{Pin, PinnedResolver};

/// A request for the host, vetted for one address.
fn pin(host: &str, address: &str) -> Pin {
    Pin::new(host, Arc::from([address.parse().unwrap()]))
}

/// What the client would be told.
async fn told(host: &str) -> Option<Vec<SocketAddr>> {
    PinnedResolver.resolve(host.parse().unwrap()).await.ok().map(Iterator::collect)
}

fn only(address: &str) -> Option<Vec<SocketAddr>> {
    Some(vec![address.parse().unwrap()])
}

#[tokio::test]
async fn a_name_resolves_to_what_was_vetted_while_the_request_runs_and_not_beyond() {
    assert_eq!(told("localhost").await, None, "not even a name that every machine knows");
    let during = pin("a.example", "192.0.2.1:443")
        .during(async { (told("a.example").await, told("b.example").await, told("localhost").await) });
    assert_eq!(during.await, (only("192.0.2.1:443"), None, None));
    assert_eq!(told("a.example").await, None, "nothing is kept beyond the request");
}

#[tokio::test]
async fn requests_to_one_host_at_the_same_time_never_use_each_others_addresses() {
    // Each is on its way while every other one asks, whatever the order.
    let under_way = Barrier::new(3);
    let ask = |address: &'static str| {
        pin("a.example", address).during(async {
            under_way.wait().await;
            let first = told("a.example").await;
            under_way.wait().await;
            (first, told("a.example").await)
        })
    };
    // One of them is for another port of the host.
    let (one, two, three) = tokio::join!(ask("192.0.2.1:443"), ask("192.0.2.2:443"), ask("192.0.2.1:44300"));
    assert_eq!(one, (only("192.0.2.1:443"), only("192.0.2.1:443")));
    assert_eq!(two, (only("192.0.2.2:443"), only("192.0.2.2:443")));
    assert_eq!(three, (only("192.0.2.1:44300"), only("192.0.2.1:44300")));
}
