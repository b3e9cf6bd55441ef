use std::{net::SocketAddr, sync::Arc};

use reqwest::dns::Resolve;

use super::{PinnedResolver, Pins};

fn address(text: &str) -> Arc<[SocketAddr]> {
    Arc::from([text.parse().unwrap()])
}

/// What the client would be told.
async fn told(pins: &Arc<Pins>, host: &str) -> Option<Vec<SocketAddr>> {
    PinnedResolver(Arc::clone(pins)).resolve(host.parse().unwrap()).await.ok().map(Iterator::collect)
}

#[tokio::test]
async fn a_name_resolves_to_what_was_vetted_for_as_long_as_a_request_needs_it() {
    let pins = Arc::new(Pins::default());
    assert_eq!(told(&pins, "localhost").await, None, "not even a name that every machine knows");

    let first = pins.hold("a.example", address("192.0.2.1:443"));
    let second = pins.hold("a.example", address("192.0.2.2:443"));
    assert_eq!(told(&pins, "a.example").await, Some(address("192.0.2.2:443").to_vec()));
    assert_eq!(told(&pins, "b.example").await, None);
    drop(second);
    assert_eq!(told(&pins, "a.example").await, Some(address("192.0.2.1:443").to_vec()));
    drop(first);
    assert_eq!(told(&pins, "a.example").await, None, "nothing is kept beyond the request");
    assert!(pins.lock().is_empty());
}
