//! The write side cannot express a value on the way out: read from the contract's own descriptors.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet, field_descriptor_proto::Type};

/// Every message of the contracts, by its full name.
fn messages(files: &FileDescriptorSet) -> BTreeMap<String, &DescriptorProto> {
    fn add<'a>(scope: &str, message: &'a DescriptorProto, into: &mut BTreeMap<String, &'a DescriptorProto>) {
        let name = format!("{scope}.{}", message.name());
        for nested in &message.nested_type {
            add(&name, nested, into);
        }
        into.insert(name, message);
    }
    let mut all = BTreeMap::new();
    for file in &files.file {
        for message in &file.message_type {
            add(&format!(".{}", file.package()), message, &mut all);
        }
    }
    all
}

/// The messages that a service's answers are made of.
fn reachable(files: &FileDescriptorSet, service: &str) -> BTreeSet<String> {
    let all = messages(files);
    let mut open: Vec<String> = files
        .file
        .iter()
        .filter(|file| file.package() == "outgate.secrets.v1")
        .flat_map(|file| &file.service)
        .filter(|found| found.name() == service)
        .flat_map(|found| &found.method)
        .map(|method| method.output_type().to_owned())
        .collect();
    let mut reached = BTreeSet::new();
    while let Some(name) = open.pop() {
        if reached.insert(name.clone()) {
            open.extend(
                all[&name]
                    .field
                    .iter()
                    .filter(|f| f.r#type() == Type::Message)
                    .map(|f| f.type_name().to_owned()),
            );
        }
    }
    reached
}

fn bytes_fields(service: &str) -> (BTreeSet<String>, Vec<String>) {
    let files = FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
    let all = messages(&files);
    let reached = reachable(&files, service);
    let fields = reached
        .iter()
        .flat_map(|name| all[name].field.iter().map(move |field| (name, field)))
        .filter(|(_, field)| field.r#type() == Type::Bytes)
        .map(|(name, field)| format!("{name}.{}", field.name()))
        .collect();
    (reached, fields)
}

#[test]
fn no_answer_of_the_write_side_has_a_field_for_a_value() {
    let (reached, fields) = bytes_fields("SecretService");
    assert_eq!(fields, [] as [String; 0]);
    assert_eq!(
        reached.iter().map(String::as_str).collect::<Vec<_>>(),
        [
            ".google.protobuf.Empty",
            ".google.protobuf.Timestamp",
            ".outgate.secrets.v1.ListSecretsResponse",
            ".outgate.secrets.v1.Secret",
            ".outgate.secrets.v1.VerifySecretResponse",
        ]
    );
}

#[test]
fn the_walk_finds_a_field_for_a_value_where_there_is_one() {
    let (_, fields) = bytes_fields("SecretReleaseService");
    assert_eq!(fields, [".outgate.secrets.v1.ReleaseSecretResponse.value"]);
}

#[test]
fn a_description_tells_name_and_scope_alone() {
    let files = FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
    let all = messages(&files);
    let fields = |message: &str| all[message].field.iter().map(|f| f.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(fields(".outgate.secrets.v1.SecretDescription"), ["secret_id", "scope"]);
    assert_eq!(fields(".outgate.secrets.v1.DescribeSecretsResponse"), ["secrets", "others"]);
}

#[test]
fn a_candidate_is_told_one_thing() {
    let files = FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
    let fields = &messages(&files)[".outgate.secrets.v1.VerifySecretResponse"].field;
    assert_eq!(fields.iter().map(|f| (f.name(), f.r#type())).collect::<Vec<_>>(), [("matches", Type::Bool)]);
}

#[test]
fn what_may_be_known_of_a_secret_is_laid_down() {
    let files = FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
    let fields: Vec<&str> =
        messages(&files)[".outgate.secrets.v1.Secret"].field.iter().map(|f| f.name()).collect();
    assert_eq!(
        fields,
        [
            "name",
            "scope",
            "version",
            "etag",
            "create_time",
            "update_time",
            "updated_by",
            "token_origins",
            "expire_time",
            "previous_version",
            "previous_end_time",
            "damaged",
            "previous_use_time",
            "previous_in_use",
            "saved_by",
        ]
    );
}
