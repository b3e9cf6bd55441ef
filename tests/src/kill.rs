//! SIGKILL in the midst of writes: whatever was acknowledged is there after the restart, as it was written.

use std::{collections::BTreeMap, env, io::Write, time::Duration};

use futures::{StreamExt, stream};
use proto::{
    registers::v1::{GetRegisterRequest, PutRegisterRequest, register_service_client::RegisterServiceClient},
    secrets::v1::{ListSecretsRequest, PutSecretRequest, secret_service_client::SecretServiceClient},
};
use serde_json::json;
use tonic::Status;

use crate::harness::{Answer, Authority, Canary, Client, Counterpart, Suite, anybody, bearer, random};

/// Rounds of an ordinary run; `OUTGATE_KILL_ROUNDS` asks for another number.
const ROUNDS: usize = 10;
/// Connections that write at once.
const WRITERS: usize = 4;
/// The longest that a round writes.
const LONGEST_MS: u64 = 300;
/// Reads at once when everything is looked at again.
const READERS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_during_writes_loses_nothing_acknowledged() {
    let rounds =
        env::var("OUTGATE_KILL_ROUNDS").map_or(ROUNDS, |text| text.parse().expect("a number of rounds"));
    let authority = Authority::new();
    let witness = Counterpart::start(&authority, |_| Answer::json(200, &json!("seen"))).await;
    let mut suite = Suite::start(&authority).await;
    for writer in 0..WRITERS {
        let secret = format!("w{writer}");
        suite.create_integration(&secret, anybody(witness.url("/**"), bearer(&secret))).await;
    }

    let mut all = Written::default();
    for round in 0..rounds {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(write(suite.connection(), round, writer, witness.url("/"))))
            .collect();
        // Not to wait for anything: this is the moment that the round is about.
        tokio::time::sleep(Duration::from_millis(random() % LONGEST_MS)).await;
        suite.kill().await;
        let mut this = Written::default();
        for writer in writers {
            this.merge(writer.await.expect("a writer ends"));
        }
        suite.restart().await;
        let written: Vec<_> = this.registers.keys().cloned().collect();
        all.merge(this);
        all.check_registers(&suite, written.iter()).await;
        all.check_secrets(&suite, &witness).await;
    }
    all.check_registers(&suite, all.registers.keys()).await;

    assert!(all.acknowledged > rounds, "the rounds were too short to write anything");
    let _ =
        writeln!(std::io::stderr(), "{rounds} kills; {} writes acknowledged, none lost", all.acknowledged);
}

/// What a key may hold: the last value that was acknowledged, or one that was on its way when the process died since.
#[derive(Debug, Default)]
struct Values {
    acknowledged: Option<String>,
    under_way: Vec<String>,
}

impl Values {
    fn may_be(&self, value: &str) -> bool {
        self.acknowledged.iter().chain(&self.under_way).any(|one| one == value)
    }

    /// What was acknowledged later counts alone; what was only on its way may have come to be, or not.
    fn merge(&mut self, later: Self) {
        if later.acknowledged.is_some() {
            *self = later;
        } else {
            self.under_way.extend(later.under_way);
        }
    }
}

/// Everything that was written.
#[derive(Debug, Default)]
struct Written {
    registers: BTreeMap<String, Values>,
    secrets: BTreeMap<String, Values>,
    acknowledged: usize,
}

impl Written {
    fn merge(&mut self, later: Self) {
        for (mine, theirs) in [(&mut self.registers, later.registers), (&mut self.secrets, later.secrets)] {
            for (key, values) in theirs {
                mine.entry(key).or_default().merge(values);
            }
        }
        self.acknowledged += later.acknowledged;
    }

    async fn check_registers(&self, suite: &Suite, keys: impl Iterator<Item = &String>) {
        let reads =
            stream::iter(keys.map(|key| (key, &self.registers[key]))).map(|(key, values)| async move {
                let name = format!("tenants/default/registers/{key}");
                let read =
                    suite.registers().get_register(GetRegisterRequest { name, ..Default::default() }).await;
                (key, values, read)
            });
        let mut reads = reads.buffer_unordered(READERS);
        while let Some((key, values, read)) = reads.next().await {
            match read {
                Ok(register) => {
                    let text = String::from_utf8(register.into_inner().text.to_vec()).expect("text");
                    assert!(values.may_be(&text), "{key} holds {text}, and {values:?} was written");
                }
                Err(status) => assert_eq!(values.acknowledged, None, "{key} is lost: {status:?}"),
            }
        }
    }

    /// Secrets cannot be read: that they are there shows in the list, and what they hold at the witness.
    async fn check_secrets(&self, suite: &Suite, witness: &Counterpart) {
        let listed = list_secrets(suite).await;
        for (id, values) in &self.secrets {
            assert!(values.acknowledged.is_none() || listed.contains(id), "the secret {id} is lost");
        }
        for id in (0..WRITERS).map(|writer| format!("w{writer}")) {
            let Some(values) = self.secrets.get(&id).filter(|values| values.acknowledged.is_some()) else {
                continue;
            };
            suite.get(&id, witness.url("/")).await.expect("a call with the secret works");
            let received = witness.last();
            let value = received.header("authorization").trim_start_matches("Bearer ");
            assert!(values.may_be(value), "the secret {id} holds {value}, and {values:?} was written");
        }
    }
}

async fn list_secrets(suite: &Suite) -> Vec<String> {
    let mut ids = Vec::new();
    let mut page_token = String::new();
    loop {
        let list = ListSecretsRequest { parent: "tenants/default".to_owned(), page_size: 1000, page_token };
        let page = suite.secrets().list_secrets(list).await.expect("the secrets are listed").into_inner();
        ids.extend(
            page.secrets.iter().filter_map(|secret| secret.name.rsplit('/').next()).map(str::to_owned),
        );
        if page.next_page_token.is_empty() {
            return ids;
        }
        page_token = page.next_page_token;
    }
}

/// Writes until the connection breaks: new registers and secrets, and one of each over and over.
async fn write(connection: Client, round: usize, writer: usize, url: String) -> Written {
    let registers = RegisterServiceClient::new(connection.clone());
    let secrets = SecretServiceClient::new(connection);
    let mut written = Written::default();
    for number in 0.. {
        let value = format!("{round}-{writer}-{number}");
        let keys = [format!("NEW.{value}"), format!("HOT.{writer}")];
        let ids = [format!("new-{value}"), format!("w{writer}")];
        for key in keys {
            let text = format!("{{ \"key\": \"{key}\", \"value\": \"{value}\" }}");
            let put = put_register(registers.clone(), &key, &text).await;
            if !written.note(put, false, key, text) {
                return written;
            }
        }
        for id in ids {
            let value = Canary::new();
            let put = put_secret(secrets.clone(), &id, value.text(), &url).await;
            if !written.note(put, true, id, value.text().to_owned()) {
                return written;
            }
        }
    }
    written
}

impl Written {
    /// Takes down how a write ended, and says whether the connection still stands.
    fn note(&mut self, put: Result<(), Status>, secret: bool, key: String, value: String) -> bool {
        let kept = if secret { &mut self.secrets } else { &mut self.registers };
        let values = kept.entry(key).or_default();
        match put {
            Ok(()) => {
                *values = Values { acknowledged: Some(value), under_way: Vec::new() };
                self.acknowledged += 1;
                true
            }
            Err(_) => {
                values.under_way.push(value);
                false
            }
        }
    }
}

async fn put_register(
    mut registers: RegisterServiceClient<Client>,
    key: &str,
    text: &str,
) -> Result<(), Status> {
    let name = format!("tenants/default/registers/{key}");
    let put = PutRegisterRequest { name, text: text.to_owned().into(), etag: String::new() };
    registers.put_register(put).await.map(drop)
}

async fn put_secret(
    mut secrets: SecretServiceClient<Client>,
    id: &str,
    value: &str,
    url: &str,
) -> Result<(), Status> {
    let name = format!("tenants/default/secrets/{id}");
    let value = value.to_owned().into();
    secrets
        .put_secret(PutSecretRequest { name, value, url: url.to_owned(), ..Default::default() })
        .await
        .map(drop)
}
