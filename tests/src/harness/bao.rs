//! A real transit engine: OpenBao, over TLS on loopback, with nothing kept on disk.

use std::{
    fs,
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
    time::{Instant, sleep},
};

use oracle::Canary;

use super::{
    Authority, free_port,
    process::{LOOK, PATIENCE},
    tool,
};

/// What the suite may do with the engine, and nothing else.
const POLICY: &str = r#"
path "transit/encrypt/outgate" { capabilities = ["update"] }
path "transit/decrypt/outgate" { capabilities = ["update"] }
"#;

/// The engine. It is killed when it is dropped.
pub(crate) struct Bao {
    address: String,
    ca_file: PathBuf,
    root: String,
    unseal: String,
    folder: TempDir,
    process: Child,
}

impl Bao {
    /// Starts one with a key `outgate`, and a token that may use it.
    pub(crate) async fn start(authority: &Authority) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let config = format!(
            "storage \"inmem\" {{}}\nlistener \"tcp\" {{\n  address = \"127.0.0.1:{port}\"\n  tls_cert_file = {:?}\n  \
             tls_key_file = {:?}\n}}\napi_addr = \"https://127.0.0.1:{port}\"\n",
            authority.cert_file(),
            authority.key_file()
        );
        fs::write(folder.path().join("bao.hcl"), config).expect("a temporary file can be written");
        let process = Command::new(tool("bao"))
            .args(["server", "-config"])
            .arg(folder.path().join("bao.hcl"))
            .env("HOME", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("bao starts");
        listens(port).await;
        let address = format!("https://127.0.0.1:{port}");
        let (root, unseal) = (String::new(), String::new());
        let mut bao = Self { address, ca_file: authority.ca_file(), root, unseal, folder, process };
        bao.set_up().await;
        bao
    }

    async fn set_up(&mut self) {
        let text =
            self.run(&["operator", "init", "-key-shares=1", "-key-threshold=1", "-format=json"], "").await;
        let made: Value = serde_json::from_str(&text).expect("bao answers JSON");
        self.root = made["root_token"].as_str().expect("a token").to_owned();
        self.unseal = made["unseal_keys_b64"][0].as_str().expect("a key").to_owned();
        self.unseal().await;
        self.run(&["secrets", "enable", "transit"], "").await;
        self.run(&["write", "-f", "transit/keys/outgate"], "").await;
        self.run(&["policy", "write", "outgate", "-"], POLICY).await;
        let token =
            self.run(&["token", "create", "-policy=outgate", "-no-default-policy", "-field=token"], "").await;
        self.keep_token(&token);
    }

    /// Seals the engine: it answers, and does nothing.
    pub(crate) async fn seal(&self) {
        self.run(&["operator", "seal"], "").await;
    }

    /// Undoes that.
    pub(crate) async fn unseal(&self) {
        self.run(&["operator", "unseal", &self.unseal], "").await;
    }

    /// Ends the engine.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.expect("the process can be killed");
    }

    /// Leaves another token where the suite reads it.
    pub(crate) fn keep_token(&self, token: &str) {
        let path = self.token_file();
        fs::write(&path, token).expect("a temporary file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode can be set");
        Canary::known("the token of the transit engine", token)
            .may_be_in(path.display().to_string(), "it is the file that the configuration names for it");
    }

    /// The token that the suite has now.
    pub(crate) fn token(&self) -> String {
        fs::read_to_string(self.token_file()).expect("it was written")
    }

    fn token_file(&self) -> PathBuf {
        self.folder.path().join("token")
    }

    /// The lines of the configuration that name it, with this key.
    pub(crate) fn config(&self, key: &str) -> String {
        format!(
            "[seal.transit]\naddress = {:?}\nkey = {key:?}\ntoken_file = {:?}\nca_file = {:?}\n",
            self.address,
            self.token_file(),
            self.ca_file
        )
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Makes canaries of the keys that are wrapped in a key file.
    pub(crate) async fn canaries_in(&self, keys: &Path) {
        let text = fs::read_to_string(keys).expect("there is a key file");
        for wrapped in text.lines().filter_map(|line| line.strip_prefix("wrapped ")?.split(' ').nth(1)) {
            let ciphertext = format!("ciphertext={wrapped}");
            let plain =
                self.run(&["write", "-field=plaintext", "transit/decrypt/outgate", &ciphertext], "").await;
            Canary::known("a wrapped sealing key", &plain);
            Canary::known(
                "a wrapped sealing key",
                data_encoding::BASE64.decode(plain.as_bytes()).expect("base64"),
            );
        }
    }

    async fn run(&self, arguments: &[&str], stdin: &str) -> String {
        let mut process = Command::new(tool("bao"))
            .args(arguments)
            .env("BAO_ADDR", &self.address)
            .env("BAO_CACERT", &self.ca_file)
            .env("BAO_TOKEN", &self.root)
            .env("HOME", self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("bao starts");
        let mut input = process.stdin.take().expect("it is piped");
        // A command that reads no input may have ended already.
        let _ = input.write_all(stdin.as_bytes()).await;
        drop(input);
        let ended = process.wait_with_output().await.expect("the command ends");
        assert!(ended.status.success(), "bao {arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).expect("its words are text").trim().to_owned()
    }
}

async fn listens(port: u16) {
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "bao does not listen");
        sleep(LOOK).await;
    }
}
