//! Tokens and client secrets are looked for in everything that the service leaves behind.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use store::SledStore;
use tracing_subscriber::fmt::MakeWriter;

use super::{counterpart::Reply, *};

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything that this test and those beside it log, at every level. A subscriber for one thread alone would miss
    /// what other threads were the first to reach.
    fn of_the_process() -> Self {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(log.clone())
            .with_ansi(false)
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Which of the values stands in the text: as it is, in hex, as a list of bytes, or in base64 at any offset.
fn find(hay: &[u8], values: &[&str]) -> Option<String> {
    let contains = |needle: &[u8]| hay.windows(needle.len()).any(|part| part == needle);
    values.iter().find_map(|value| {
        let mut spellings = vec![
            value.as_bytes().to_vec(),
            data_encoding::HEXLOWER.encode(value.as_bytes()).into_bytes(),
            format!("{:?}", value.as_bytes()).trim_matches(['[', ']']).as_bytes().to_vec(),
        ];
        for offset in 0..3 {
            let text = STANDARD.encode([&b"\0\0\0"[..offset], value.as_bytes()].concat());
            let text = text.trim_end_matches('=');
            spellings.push(text.as_bytes()[(offset * 8).div_ceil(6)..text.len() - 1].to_vec());
        }
        spellings.iter().any(|spelling| contains(spelling)).then(|| (*value).to_owned())
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found
}

#[tokio::test]
async fn neither_the_store_nor_the_log_nor_an_error_holds_a_token_or_a_secret() {
    let log = Log::of_the_process();
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
    let value = String::from_utf8(token.access_token.to_vec()).unwrap();
    let values = [value.as_str(), SECRET];
    assert_eq!(find(value.as_bytes(), &values), Some(value.clone()));
    assert_eq!(
        find(STANDARD.encode(format!("outgate:{SECRET}")).as_bytes(), &values),
        Some(SECRET.to_owned())
    );

    let refused = suite.get(&echo).await.unwrap_err();
    assert_eq!(reason(&refused), "TOKEN_REFUSED");
    let literal = ClientCredentials { client_secret: SECRET.into(), ..good.clone() };
    let literal = suite.get(&literal).await.unwrap_err();
    let listed = suite.list(0, "").await.unwrap();
    for text in [format!("{token:?}"), format!("{refused:?}"), format!("{literal:?}"), format!("{listed:?}")]
    {
        assert_eq!(find(text.as_bytes(), &values), None, "{text}");
    }
    let written = log.0.lock().unwrap().clone();
    assert!(String::from_utf8_lossy(&written).contains("a token was got"), "the log was not kept");
    assert_eq!(find(&written, &values), None);

    drop((suite.service, suite.store, store));
    let mut kept = 0;
    for path in files(folder.path()) {
        let bytes = fs::read(&path).unwrap();
        kept += usize::from(find(&bytes, &[good.token_url.as_str()]).is_some());
        assert_eq!(find(&bytes, &values), None, "{}", path.display());
    }
    assert!(kept > 0, "the scan does not see what the store wrote");
}
