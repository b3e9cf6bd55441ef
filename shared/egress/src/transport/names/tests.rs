use super::*;
use crate::SystemResolver;

#[tokio::test]
async fn nothing_but_the_proxy_is_looked_up() {
    let resolver: Arc<dyn Resolver> = Arc::new(SystemResolver);
    let asked = |known: Option<&str>, name: &str| {
        let names = ProxyAlone { name: known.map(Arc::from), resolver: Arc::clone(&resolver) };
        names.resolve(name.parse().unwrap())
    };
    assert!(asked(Some("localhost"), "localhost").await.unwrap().all(|address| address.ip().is_loopback()));
    assert!(asked(Some("localhost"), "counterpart.example").await.is_err());
    assert!(asked(None, "localhost").await.is_err(), "a proxy with an address has no name");
}
