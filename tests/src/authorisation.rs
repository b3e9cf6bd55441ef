//! Authorise first, then look: whoever may not is told so in the same words, whether what they name is there or not.
//!
//! The contracts are walked, so that an RPC that is added is asked too; a service that is added says here what it names.

use std::net::SocketAddr;

use bytes::{Buf, BufMut, Bytes};
use futures::stream;
use prost::Message;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};
use serde_json::json;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};
use tonic_types::StatusExt;

use crate::harness::{
    Answer, Authority, Canary, Counterpart, Known, Setup, Suite, Tap, anybody, free_port, reason,
};

/// The tenant that has everything.
const TENANT: &str = "default";
/// What is there, in every collection.
const THERE: &str = "crm";
/// What is not.
const GONE: &str = "gone";
/// The services of the internal listener.
const INTERNAL: [&str; 2] = ["outgate.secrets.v1.SecretReleaseService", "outgate.tokens.v1.TokenService"];

/// The collection of what a service names; none where it is about the whole suite.
fn collection(service: &str) -> Option<&'static str> {
    let collection = match service {
        "outgate.integrations.v1.IntegrationService" => "integrations",
        "outgate.integrations.v1.AdapterService" | "outgate.registers.v1.RegisterService" => "registers",
        "outgate.secrets.v1.SecretService"
        | "outgate.secrets.v1.SecretReleaseService"
        | "outgate.audit.v1.AuditService" => "secrets",
        "outgate.tokens.v1.TokenService" => "tokens",
        "outgate.backup.v1.BackupService" | "outgate.keys.v1.KeyService" => return None,
        other => panic!("{other} is new: say here which collection it names"),
    };
    Some(collection)
}

/// One RPC, and how to ask it.
#[derive(Debug)]
struct Rpc {
    service: String,
    path: String,
    input: String,
}

/// Every contract there is.
struct Contracts(FileDescriptorSet);

impl Contracts {
    fn new() -> Self {
        Self(FileDescriptorSet::decode(proto::DESCRIPTORS).expect("the contracts describe themselves"))
    }

    fn rpcs(&self) -> Vec<Rpc> {
        let services = self.0.file.iter().flat_map(|file| {
            file.service
                .iter()
                .map(move |service| (format!("{}.{}", file.package(), service.name()), service))
        });
        let rpcs = services.flat_map(|(service, described)| {
            described.method.iter().map(move |method| Rpc {
                path: format!("/{service}/{}", method.name()),
                service: service.clone(),
                input: method.input_type().to_owned(),
            })
        });
        rpcs.filter(|rpc| rpc.service.starts_with("outgate.")).collect()
    }

    fn message(&self, name: &str) -> &DescriptorProto {
        let found = self.0.file.iter().find_map(|file| {
            let message = name.strip_prefix(&format!(".{}.", file.package()))?;
            file.message_type.iter().find(|described| described.name() == message)
        });
        found.unwrap_or_else(|| panic!("no message {name}"))
    }

    /// The least that an RPC takes: everything in it that names something, and nothing else.
    fn request(&self, rpc: &Rpc, tenant: &str, id: &str) -> Vec<u8> {
        let parent = format!("tenants/{tenant}");
        let message = self.message(&rpc.input);
        let Some(collection) = collection(&rpc.service) else { return Vec::new() };
        let name = format!("{parent}/{collection}/{id}");
        let mut request = self.fill(message, &parent, &name, id, false);
        if request.is_empty() {
            request = self.fill(message, &parent, &name, id, true);
        }
        let names_something = !request.is_empty() || message.field.is_empty();
        assert!(names_something, "{} names nothing: say here how it is asked", rpc.path);
        request
    }

    /// What stands in lists is not what a request is about, unless there is nothing else in it.
    fn fill(&self, message: &DescriptorProto, parent: &str, name: &str, id: &str, lists: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        for field in &message.field {
            let value = match (field.r#type(), field.name()) {
                (Type::String, "name" | "names") => name.as_bytes().to_vec(),
                (Type::String, "parent") => parent.as_bytes().to_vec(),
                (Type::String, other) if other.ends_with("_id") => id.as_bytes().to_vec(),
                (Type::Message, _) if (lists || field.label() != Label::Repeated) && is_ours(field) => {
                    self.fill(self.message(field.type_name()), parent, name, id, lists)
                }
                _ => continue,
            };
            if !value.is_empty() {
                let tag = u32::try_from(field.number()).expect("a number") << 3 | 2;
                prost::encoding::encode_varint(tag.into(), &mut bytes);
                prost::encoding::encode_varint(value.len() as u64, &mut bytes);
                bytes.extend(value);
            }
        }
        bytes
    }
}

fn is_ours(field: &FieldDescriptorProto) -> bool {
    field.type_name().starts_with(".outgate.")
}

/// Messages as their bytes.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// Asks an RPC with one message, and waits for the first message or the end of the answer.
async fn ask(connection: Tap, rpc: &Rpc, message: Vec<u8>, token: Option<&str>) -> Result<(), Status> {
    let mut request = Request::new(stream::iter([message]));
    if let Some(token) = token {
        request
            .metadata_mut()
            .insert("authorization", format!("Bearer {token}").parse().expect("visible text"));
    }
    let mut client = Grpc::new(connection);
    client.ready().await.expect("the suite listens");
    let path = rpc.path.parse().expect("a path");
    client.streaming(request, path, Raw).await?.into_inner().message().await.map(drop)
}

/// A refusal as its caller sees it.
fn seen(answer: Result<(), Status>) -> (String, String) {
    let refusal = answer.expect_err("this must be refused");
    (reason(&refusal), refusal.message().to_owned())
}

/// A suite in which everything called [`THERE`] exists, and those who ask.
struct Scene {
    suite: Suite,
    internal: SocketAddr,
    /// What the suite's own services know each other by.
    link: Known,
    /// Known, and without any role.
    nobody: Known,
    /// Everything but the suite itself, in another tenant.
    foreigner: Known,
    _crm: Counterpart,
    _authority: Authority,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let authority = Authority::new();
        let crm = Counterpart::start(&authority, |_| Answer::json(200, &json!("hello"))).await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let internal = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let link = Known::new("link", &[]);
        let nobody = Known::new("nobody", &[]);
        let foreigner =
            Known::new("foreigner", &["caller", "configurator", "operator", "voucher"]).of("elsewhere");
        let suite = Setup::new(&authority)
            .config(&format!(
                "[server]\ninternal_listen = \"{internal}\"\n[links]\ntoken_file = {:?}\n",
                link.token_file(folder.path())
            ))
            .know(&nobody)
            .know(&foreigner)
            .start()
            .await;
        suite.put_secret(THERE, crm.url("/"), Canary::new().text()).await;
        suite.put_register(THERE, "{}").await.expect("a register");
        suite.create_integration(THERE, anybody(crm.url("/**"), None)).await;
        Self { suite, internal, link, nobody, foreigner, _crm: crm, _authority: authority, _folder: folder }
    }

    fn connection(&self, rpc: &Rpc) -> Tap {
        if INTERNAL.contains(&rpc.service.as_str()) { Tap::to(self.internal) } else { self.suite.channel() }
    }
}

#[tokio::test]
async fn whoever_may_not_hears_the_same_of_what_is_there_and_of_what_is_not() {
    let (scene, contracts) = (Scene::new().await, Contracts::new());
    let rpcs = contracts.rpcs();
    assert!(rpcs.len() >= 20, "the contracts are read: {rpcs:?}");
    for rpc in &rpcs {
        let hear = async |tenant: &str, id: &str, token: Option<&str>| {
            seen(ask(scene.connection(rpc), rpc, contracts.request(rpc, tenant, id), token).await)
        };
        let is_internal = INTERNAL.contains(&rpc.service.as_str());
        for (who, token, expected) in [
            ("without a token", None, "UNAUTHENTICATED"),
            ("with a token of nobody", Some("somebody-or-other-000"), "UNAUTHENTICATED"),
            ("without a role", Some(scene.nobody.token()), "ROLE_MISSING"),
            ("with roles elsewhere", Some(scene.foreigner.token()), "ROLE_MISSING"),
        ] {
            // The internal listener knows nobody but the suite.
            let expected = if is_internal { "UNAUTHENTICATED" } else { expected };
            let there = hear(TENANT, THERE, token).await;
            assert_eq!(there.0, expected, "{} {who}: {there:?}", rpc.path);
            assert_eq!(hear(TENANT, GONE, token).await, there, "{} {who}", rpc.path);
            assert_eq!(hear("no-such-tenant", GONE, token).await, there, "{} {who}", rpc.path);
        }
    }
}

#[tokio::test]
async fn whoever_may_is_let_through_to_what_the_request_names() {
    let (scene, contracts) = (Scene::new().await, Contracts::new());
    for rpc in &contracts.rpcs() {
        let is_internal = INTERNAL.contains(&rpc.service.as_str());
        let token = if is_internal { scene.link.token() } else { scene.suite.token() };
        let request = contracts.request(rpc, TENANT, GONE);
        if let Err(refusal) = ask(scene.connection(rpc), rpc, request, Some(token)).await {
            let (reason, details) = (reason(&refusal), refusal.get_error_details());
            assert!(
                !["UNAUTHENTICATED", "ROLE_MISSING"].contains(&reason.as_str()),
                "{}: {refusal:?}",
                rpc.path
            );
            let field = details.error_info().and_then(|info| info.metadata.get("field"));
            let names = ["name", "names", "parent"];
            assert!(!field.is_some_and(|field| names.contains(&field.as_str())), "{}: {refusal:?}", rpc.path);
        }
    }
}
