//! A value is looked for in everything that the service leaves behind: the store's files, the log, and errors.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::Mutex,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::{HEXLOWER, HEXUPPER};
use store::SledStore;
use tracing_subscriber::fmt::MakeWriter;

use super::*;

/// How a value can be written: as it is, in hex of both cases, and in base64 as it looks at each offset within a
/// longer text (without the characters that its neighbours decide).
fn spellings(value: &str) -> Vec<Vec<u8>> {
    let mut all = vec![
        value.as_bytes().to_vec(),
        HEXLOWER.encode(value.as_bytes()).into_bytes(),
        HEXUPPER.encode(value.as_bytes()).into_bytes(),
        format!("{:?}", value.as_bytes()).trim_matches(['[', ']']).as_bytes().to_vec(),
    ];
    for offset in 0..3 {
        let text = STANDARD.encode([&b"\0\0\0"[..offset], value.as_bytes()].concat());
        let text = text.trim_end_matches('=');
        all.push(text.as_bytes()[(offset * 8).div_ceil(6)..text.len() - 1].to_vec());
    }
    all
}

fn find(hay: &[u8], value: &str) -> Option<String> {
    let found =
        spellings(value).into_iter().find(|needle| hay.windows(needle.len()).any(|part| part == needle));
    found.map(|needle| String::from_utf8_lossy(&needle).into_owned())
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found
}

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

#[test]
fn the_oracle_finds_every_spelling() {
    for (written, what) in [
        (CANARY.to_owned(), "raw"),
        (HEXLOWER.encode(format!("x{CANARY}x").as_bytes()), "hex"),
        (STANDARD.encode(CANARY), "base64"),
        (STANDARD.encode(format!("x{CANARY}y")), "base64, one in"),
        (STANDARD.encode(format!("xy{CANARY}z")), "base64, two in"),
        (format!("{:?}", bytes::Bytes::from(CANARY).to_vec()), "a list of bytes"),
    ] {
        assert!(find(written.as_bytes(), CANARY).is_some(), "{what}");
    }
    assert_eq!(find(b"nothing here", CANARY), None);
}

#[tokio::test]
async fn neither_the_store_nor_the_log_nor_an_error_holds_a_value() {
    let log = Log::of_the_process();
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let suite = Suite::over(store.clone());

    suite.put("crm", CANARY).await;
    suite.put("crm", &format!("{CANARY}, the second")).await;
    assert!(suite.release("crm", URL).await.unwrap().value.starts_with(CANARY.as_bytes()));
    let mut texts = Vec::new();
    for request in [
        put("crm", CANARY, "http://api.example.com"),
        put("crm", &CANARY.repeat(4096), URL),
        PutSecretRequest { etag: "\"0\"".into(), ..put("crm", CANARY, URL) },
        PutSecretRequest { name: "tenants/other/secrets/x".into(), ..put("", CANARY, URL) },
    ] {
        let shown = format!("{request:?}");
        let refused = suite.configurator().put_secret(request).await.unwrap_err();
        texts.push(format!("{shown} {refused:?} {refused} {:?}", refused.get_error_details()));
    }
    texts.push(format!("{:?}", suite.release("crm", "https://evil.example").await.unwrap_err()));
    texts.push(format!("{:?}", suite.release("crm", URL).await.unwrap()));
    suite.delete("crm", "").await.unwrap();
    suite.put("kept", CANARY).await;

    for text in &texts {
        assert_eq!(find(text.as_bytes(), CANARY), None, "{text}");
    }
    let written = log.0.lock().unwrap().clone();
    assert!(String::from_utf8_lossy(&written).contains("a secret was put"), "the log was not kept");
    assert_eq!(find(&written, CANARY), None);
    drop((suite, store));
    let mut kept = 0;
    for path in files(folder.path()) {
        let bytes = fs::read(&path).unwrap();
        kept += usize::from(find(&bytes, "secrets/records/acme/kept").is_some());
        assert_eq!(find(&bytes, CANARY), None, "{}", path.display());
    }
    assert!(kept > 0, "the scan does not see what the store wrote");
}
