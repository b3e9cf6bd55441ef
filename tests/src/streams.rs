//! Bodies larger than any limit, through the binary: as a service, and as a command.

use std::{
    fs::{self, File, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::Stdio,
    sync::Arc,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use proto::integrations::v1::{
    Integration, Limits, StreamIntegrationRequest, StreamIntegrationRequestHead,
    stream_integration_request as outgoing, stream_integration_response::Part,
};
use ring::digest::{Context, SHA256, digest};
use rustls::ServerConfig;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, net::TcpListener};
use tokio_rustls::TlsAcceptor;

use crate::harness::{Answer, Authority, Canary, Counterpart, Output, Suite, anybody, bearer, command};

/// What passes each way.
const SIZE: usize = 64 << 20;
/// The most that the server may hold beyond what it held before, in bytes.
const MEMORY: u64 = 32 << 20;
/// Exit codes that `outgate --help` promises.
const REFUSED: i32 = 1;
const USAGE: i32 = 2;

/// A suite with the integration `FILES`, whose counterpart gives back what it gets. Every call carries a secret.
struct Scene {
    files: Counterpart,
    suite: Suite,
    canary: Canary,
    folder: TempDir,
    authority: Authority,
}

impl Scene {
    async fn new() -> Self {
        let authority = Authority::new();
        let files = Counterpart::start(&authority, |received| Answer::bytes(received.body.clone())).await;
        let suite = Suite::start(&authority).await;
        let canary = Canary::new();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let scene = Self { files, suite, canary, folder, authority };
        scene.open("FILES", &scene.files.url("")).await;
        scene
    }

    /// Opens everything of an origin, with a secret.
    async fn open(&self, id: &str, origin: &str) {
        let secret = format!("secret-of-{id}");
        self.suite.put_secret(&secret, format!("{origin}/"), self.canary.text()).await;
        // Every byte is logged by every part below, in a development build.
        let limits =
            Limits { timeout: Some(prost_types::Duration { seconds: 300, nanos: 0 }), ..Limits::default() };
        let integration =
            Integration { limits: Some(limits), ..anybody(format!("{origin}/**"), bearer(&secret)) };
        self.suite.create_integration(id, integration).await;
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.file(name);
        fs::write(&path, bytes).expect("a temporary file can be written");
        path
    }

    /// The names of all files that are there, hidden ones too.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("the folder is there");
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.expect("an entry").file_name().into_string().expect("a name is text")
        };
        let mut names: Vec<_> = entries.map(name).collect();
        names.sort();
        names
    }

    /// `outgate --json call …`
    async fn call(&self, integration: &str, url: &str, more: &[&str]) -> Output {
        self.suite.command(&[&["--json", "call", integration, "PUT", url], more].concat()).await
    }
}

/// Bytes that no buffer holds twice.
fn bytes(size: usize) -> Vec<u8> {
    (0_u32..).flat_map(|number| number.wrapping_mul(0x9E37_79B1).to_le_bytes()).take(size).collect()
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().expect("a temporary folder's name is text")
}

#[tokio::test]
async fn bodies_larger_than_the_server_s_memory_pass_both_ways() {
    let scene = Scene::new().await;
    let sent = Bytes::from(bytes(SIZE));
    let head = StreamIntegrationRequestHead {
        name: "tenants/default/integrations/FILES".to_owned(),
        method: "PUT".to_owned(),
        url: scene.files.url("/file"),
        ..Default::default()
    };
    let part = |part| StreamIntegrationRequest { part: Some(part) };
    let pieces: Vec<_> =
        (0..SIZE).step_by(128 << 10).map(|at| sent.slice(at..SIZE.min(at + (128 << 10)))).collect();
    let chunks = stream::iter(pieces).map(move |piece| part(outgoing::Part::Chunk(piece)));
    let messages = stream::iter([part(outgoing::Part::Head(head))]).chain(chunks);

    scene.suite.forget_peak();
    let idle = scene.suite.memory("VmRSS");
    let answer = scene.suite.integrations().stream_integration(messages).await.expect("it is passed on");
    let mut parts = answer.into_inner();
    let (mut context, mut got, mut trailer) = (Context::new(&SHA256), 0, None);
    while let Some(message) = parts.message().await.expect("the answer is whole") {
        match message.part.expect("a part") {
            Part::Head(head) => assert_eq!(head.status, 200),
            Part::Chunk(chunk) => {
                got += chunk.len();
                context.update(&chunk);
            }
            Part::Trailer(last) => trailer = Some(last),
        }
    }
    let most = scene.suite.memory("VmHWM");
    assert_eq!((got, trailer.expect("a trailer").body_bytes), (SIZE, SIZE as u64));
    assert_eq!(context.finish().as_ref(), digest(&SHA256, &sent).as_ref());
    let received = scene.files.only();
    assert!(received.body == sent, "the counterpart got what was sent");
    assert_eq!(received.header("authorization"), format!("Bearer {}", scene.canary.text()));
    let more = most.saturating_sub(idle);
    assert!(more <= MEMORY, "the server held {more} bytes more than before, for {SIZE} each way");
}

#[tokio::test]
async fn call_sends_a_file_and_writes_one() {
    let scene = Scene::new().await;
    let sent = bytes(SIZE);
    let (from, to) = (scene.write("from", &sent), scene.write("to", b"what was there before"));
    let private = Permissions::from_mode(0o600);
    fs::set_permissions(&to, private).expect("the mode can be set");
    let (url, body) = (scene.files.url("/file"), format!("@{}", text(&from)));
    let called = scene.call("FILES", &url, &["-d", &body, "--output", text(&to)]).await.success();
    assert_eq!((&called["status"], &called["bodyBytes"]), (&json!(200), &json!(SIZE)));
    assert_eq!((&called["output"], &called["body"]), (&json!(text(&to)), &Value::Null));
    let written = fs::read(&to).expect("the file is there");
    assert_eq!(digest(&SHA256, &written).as_ref(), digest(&SHA256, &sent).as_ref());
    assert_eq!(scene.names(), ["from", "to"], "nothing is left beside");
    let mode = fs::metadata(&to).expect("the file is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "who could not read it before cannot read it now");
}

#[tokio::test]
async fn call_passes_standard_input_to_standard_output() {
    let scene = Scene::new().await;
    let (url, data) = (scene.files.url("/file"), text(scene.suite.data()).to_owned());
    let mut process = command()
        .args(["call", "FILES", "PUT", &url, "-d", "@-", "--stream", "--data", &data])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let (mut input, sent) = (process.stdin.take().expect("it is piped"), bytes(3 << 20));
    let writing = async {
        input.write_all(&sent).await.expect("the command reads");
        drop(input);
    };
    let (ended, ()) = tokio::join!(process.wait_with_output(), writing);
    let ended = ended.expect("the command ends");
    assert!(ended.stdout == sent, "byte for byte");
    let notes = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success() && notes.starts_with("200 OK"), "{notes}");
}

#[tokio::test]
async fn a_file_is_never_half_written() {
    let scene = Scene::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let origin = format!("https://{}", listener.local_addr().expect("it is bound"));
    let mut config = ServerConfig::clone(&scene.authority.server());
    config.alpn_protocols.clear();
    let tls = TlsAcceptor::from(Arc::new(config));
    let breaking = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("the suite connects");
        let mut stream = tls.accept(stream).await.expect("the suite speaks TLS");
        let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nthe first of it";
        stream.write_all(begun).await.expect("the suite reads");
        stream.shutdown().await.expect("the suite reads");
    });
    scene.open("BREAKING", &origin).await;
    let to = scene.write("to", b"what was there before");
    let called = scene.call("BREAKING", &format!("{origin}/file"), &["-o", text(&to)]).await;
    assert_eq!(called.reason(REFUSED), "COUNTERPART_BROKE_OFF");
    breaking.await.expect("it answered");
    assert_eq!(fs::read(&to).expect("it is there"), b"what was there before");
    let called = scene.call("FILES", "https://other.example/", &["-o", text(&scene.file("new"))]).await;
    assert_eq!(called.reason(REFUSED), "ENDPOINT_NOT_LISTED");
    assert_eq!(scene.names(), ["to"], "nothing is left beside");
}

#[tokio::test]
async fn what_cannot_be_read_or_written_is_told_and_nothing_looks_whole() {
    let scene = Scene::new().await;
    let url = scene.files.url("/file");
    let called = scene.call("FILES", &url, &["--stream"]).await;
    assert_eq!(called.reason(USAGE), "USAGE", "one JSON value and a body do not fit on standard output");
    let called = scene.call("FILES", &url, &["--stream", "-d", "@/nowhere/at/all", "-o", "-"]).await;
    assert_eq!(called.code, USAGE);
    let none = scene.file("none").join("to");
    let called = scene.call("FILES", &url, &["-o", text(&none)]).await;
    assert_eq!(called.reason(USAGE), "FILE_INVALID");
    // A folder opens as a file does, and fails when it is read: by then the call is on its way.
    let folder = format!("@{}", text(scene.folder.path()));
    let called = scene.call("FILES", &url, &["-d", &folder, "-o", text(&scene.file("to"))]).await;
    assert_eq!(called.reason(USAGE), "FILE_INVALID");
    assert!(scene.names().is_empty(), "{:?}", scene.names());
    assert!(scene.files.received().iter().all(|received| received.body.is_empty()));
    let device = scene.call("FILES", &url, &["-d", "text", "-o", "/dev/null"]).await.success();
    assert_eq!(
        (&device["bodyBytes"], fs::metadata("/dev/null").is_ok_and(|there| !there.is_file())),
        (&json!(4), true)
    );
    let mut pipe = File::options().write(true).open("/dev/null").expect("it is a device still");
    pipe.write_all(b"x").expect("it takes everything");
}
