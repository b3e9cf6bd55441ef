//! Rotations while the suite works, and through its death.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::{StreamExt, stream};
use proto::{
    keys::v1::{
        GetKeyStatusRequest, RetireKeysRequest, RotateKeysRequest, key_service_client::KeyServiceClient,
    },
    secrets::v1::{PutSecretRequest, secret_service_client::SecretServiceClient},
    tokens::v1::ClientAuthentication,
};
use tonic::Code;

use super::{Scene, active, ids_in, is_over};
use crate::harness::{
    Answer, Authority, Canary, Client, Counterpart, Known, OauthServer, Setup, Suite, anybody,
    client_credentials, reason, run, sealing_keys,
};

/// Secrets that are put at once.
const AT_ONCE: usize = 32;

/// Puts many secrets that nobody sends.
async fn put_many(scene: &Scene, count: usize) {
    let puts = stream::iter(0..count).map(|number| async move {
        let value = Canary::new();
        scene.suite.put_secret(&format!("many-{number}"), scene.witness.url("/"), value.text()).await;
    });
    puts.buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// Puts a new value again and again until told to stop, and answers the last one.
async fn write(connection: Client, id: String, url: String, stop: Arc<AtomicBool>) -> Canary {
    let mut secrets = SecretServiceClient::new(connection);
    loop {
        let value = Canary::new();
        let put = PutSecretRequest {
            name: format!("tenants/default/secrets/{id}"),
            value: value.text().to_owned().into(),
            url: url.clone(),
            ..Default::default()
        };
        secrets.put_secret(put).await.expect("a put does not fail while keys are rotated");
        if stop.load(Ordering::Relaxed) {
            return value;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_while_writers_write_and_callers_call() {
    let scene = Scene::new().await;
    let first = scene.file();
    let mut values = Vec::new();
    for number in 0..4 {
        let id = format!("read-{number}");
        values.push((id.clone(), scene.put(&id).await));
    }
    put_many(&scene, 150).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    for number in 0..3 {
        let id = format!("written-{number}");
        scene.put(&id).await;
        let (connection, url) = (scene.suite.connection(), scene.witness.url("/"));
        writers.push((id.clone(), tokio::spawn(write(connection, id, url, stop.clone()))));
    }
    let rotate = async {
        for _ in 0..3 {
            let rotated = scene.keys(&["rotate", "--wait"]).await.success();
            assert_eq!(rotated["keys"].as_array().map(Vec::len), Some(1), "{rotated}");
            assert_eq!(rotated["rewrap"]["left"], 0, "{rotated}");
        }
    };
    let call = async {
        while !stop.load(Ordering::Relaxed) {
            for (id, value) in &values {
                scene.check(id, value).await;
            }
        }
    };
    tokio::join!(call, async {
        rotate.await;
        stop.store(true, Ordering::Relaxed);
    });
    for (id, writer) in writers {
        values.push((id, writer.await.expect("a writer ends")));
    }
    for (id, value) in &values {
        scene.check(id, value).await;
    }

    let status = scene.suite.key_status().await;
    assert!(is_over(&status), "{status:?}");
    assert!(status.rewrap.is_some_and(|rewrap| rewrap.rewrapped >= 450), "every record, three times");
    assert_eq!(ids_in(&scene.file()).len(), 1);
    assert!(ids_in(&scene.file()).is_disjoint(&ids_in(&first)), "the old key is gone from the file");
    the_first_key_opens_nothing(scene, &first, &values).await;
}

/// A file from before a rotation is not the one that the store is sealed with.
async fn the_first_key_opens_nothing(mut scene: Scene, first: &str, values: &[(String, Canary)]) {
    scene.suite.terminate();
    assert!(scene.suite.ended().await.success());
    let (path, now) = (scene.key_file(), scene.file());
    fs::write(&path, first).expect("it is ours");
    let (data, config) = (scene.suite.data().display().to_string(), scene.suite.config_file());
    let started =
        run(&["serve", "--json", "--data", &data, "--config", &config.display().to_string()], "").await;
    assert_eq!(started.reason(1), "NOT_STARTED");
    assert!(started.stdout.contains("the store is sealed with key"), "{started:?}");
    fs::write(&path, now).expect("it is ours");
    scene.suite.restart().await;
    for (id, value) in values {
        scene.check(id, value).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_was_killed_goes_on_after_the_restart() {
    let mut scene = Scene::new().await;
    let value = scene.put("crm").await;
    put_many(&scene, 400).await;
    let before = active(&scene.suite.key_status().await);
    // Not by a command, whose output is searched before it is over.
    let rotated = scene.suite.keys().rotate_keys(RotateKeysRequest {}).await.expect("the operator may");
    assert_eq!(rotated.into_inner().keys.len(), 2, "it does not wait");
    let midst = scene
        .suite
        .keys_until("records are sealed anew", |status| {
            status.rewrap.as_ref().is_some_and(|rewrap| rewrap.rewrapped > 0)
        })
        .await;
    scene.suite.kill().await;
    sealing_keys(&scene.key_file());
    assert_eq!(midst.keys.len(), 2, "it was killed in the midst: {midst:?}");
    assert_eq!(
        ids_in(&scene.file()).len(),
        2,
        "as long as something is sealed with it, a key stays in the file"
    );

    scene.suite.restart().await;
    scene.check("crm", &value).await;
    let after = scene.suite.keys_until("the old key ends", is_over).await;
    assert_ne!(active(&after), before);
    let [earlier, later] = [midst, after].map(|status| status.rewrap.expect("it is told").rewrapped);
    assert!(later > 0 && earlier + later <= 401, "it went on where it was: {earlier}, {later}");
    assert!(!ids_in(&scene.file()).contains(&before));
    scene.check("crm", &value).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_tokens_are_sealed_anew_and_still_serve() {
    let authority = Authority::new();
    let secret = Canary::new();
    let mut oauth = OauthServer::start(&authority, secret.text()).await;
    let crm = Counterpart::start(&authority, |_| Answer::json(200, &serde_json::json!("hello"))).await;
    let suite = Suite::start(&authority).await;
    suite.put_client_secret("client", oauth.token_url(), secret.text(), vec![crm.url("/")]).await;
    let auth = client_credentials(oauth.token_url(), "basic", "client", ClientAuthentication::Basic);
    suite.create_integration("CRM", anybody(crm.url("/**"), auth)).await;
    suite.get("CRM", crm.url("/")).await.expect("the call goes through");

    let mut scene = Scene::with(authority, suite).await;
    let rotated = scene.keys(&["rotate", "--wait"]).await.success();
    assert_eq!(rotated["keys"][0]["records"], 2, "the secret and the token: {rotated}");
    assert_eq!(rotated["rewrap"]["rewrapped"], 2, "{rotated}");
    scene.suite.terminate();
    assert!(scene.suite.ended().await.success());
    scene.suite.restart().await;
    scene.suite.get("CRM", crm.url("/")).await.expect("the call goes through");
    assert_eq!(oauth.seen().await.token_requests.len(), 1, "the kept token opens with the new key");
}

#[tokio::test]
async fn the_keys_are_an_operators_affair() {
    let authority = Authority::new();
    let somebody = Known::new("somebody", &["caller", "configurator", "voucher"]);
    let suite = Setup::new(&authority).know(&somebody).start().await;
    let mut keys = KeyServiceClient::new(suite.client_of(somebody.token()));
    for refused in [
        keys.get_key_status(GetKeyStatusRequest {}).await,
        keys.rotate_keys(RotateKeysRequest {}).await,
        keys.retire_keys(RetireKeysRequest { forget_unreadable: true }).await,
    ] {
        let refused = refused.expect_err("only an operator may");
        assert_eq!((reason(&refused).as_str(), refused.code()), ("ROLE_MISSING", Code::PermissionDenied));
    }
}
