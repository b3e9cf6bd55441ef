//! Tokens and client secrets are looked for in everything that the service leaves behind: the store's files, and what
//! messages and errors say of themselves. The log and the answers are searched in every test.

use oracle::{Oracle, came_out};
use store::SledStore;

use super::{counterpart::Reply, *};

#[tokio::test]
async fn neither_the_store_nor_the_log_nor_an_error_holds_a_token_or_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let suite = Suite::with(Config::default(), store.clone());
    let counterpart = Counterpart::start(&suite.authority, |n, seen| match seen.target.as_str() {
        // It answers with what it was sent, in every place where an answer has room for text.
        "/echo" => Reply::Answer {
            status: 400,
            headers: vec![("x-echo".into(), seen.headers["authorization"].to_str().unwrap().to_owned())],
            body: format!(r#"{{"error":"{SECRET}","error_description":"{SECRET}"}}"#).into(),
        },
        _ => Reply::token(&Reply::nth(n), 3600),
    })
    .await;
    let good = credentials(&counterpart);
    let echo = ClientCredentials { token_url: counterpart.url("/echo"), ..good.clone() };

    let token = suite.get(&good).await.unwrap();
    let refused = suite.get(&echo).await.unwrap_err();
    assert_eq!(reason(&refused), "TOKEN_REFUSED");
    let literal = ClientCredentials { client_secret: SECRET.into(), ..good.clone() };
    let literal = suite.get(&literal).await.unwrap_err();
    let listed = suite.list(0, "").await.unwrap();
    for text in [format!("{token:?}"), format!("{refused:?}"), format!("{literal:?}"), format!("{listed:?}")]
    {
        came_out("what a message or an error says of itself", text.as_bytes());
    }
    assert!(oracle::log().contains("a token was got"), "the log was kept");

    drop((suite, store));
    oracle::search(&[folder.path()]);
    let names: &'static Oracle = Box::leak(Box::default());
    names.note("a name", good.token_url.as_bytes());
    assert!(!names.leaks(&[folder.path()]).is_empty(), "the search sees what the store wrote");
}
