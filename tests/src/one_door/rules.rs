//! What reaches out or opens a secret, and who may do it for which reason.

use super::sites::Site;

/// Something that only named files may do.
pub(super) struct Rule {
    pub(super) what: &'static str,
    pub(super) meets: fn(&Site) -> bool,
    pub(super) allowed: &'static [Allowed],
}

/// A file that may, or a folder whose files may.
pub(super) struct Allowed {
    /// From the project's folder; a folder ends in a slash.
    pub(super) path: &'static str,
    /// How often a file may.
    pub(super) times: usize,
    #[expect(dead_code, reason = "it is there to be read by people")]
    pub(super) because: &'static str,
}

impl Allowed {
    pub(super) fn covers(&self, path: &str) -> bool {
        path == self.path || self.path.ends_with('/') && path.starts_with(self.path)
    }
}

const fn file(path: &'static str, times: usize, because: &'static str) -> Allowed {
    Allowed { path, times, because }
}

const MANY: usize = usize::MAX;

pub(super) const RULES: &[Rule] = &[
    Rule {
        what: "uses reqwest",
        meets: |site| site.begins(&["reqwest"]),
        allowed: &[file("shared/egress/src/transport/", MANY, "the door's own client")],
    },
    Rule {
        what: "uses the client of hyper",
        meets: |site| site.begins(&["hyper", "client"]) || site.begins(&["hyper_util", "client"]),
        allowed: &[],
    },
    Rule {
        what: "opens a connection",
        meets: |site| {
            ["connect", "connect_timeout", "connect_std"].iter().any(|end| site.ends(&["TcpStream", end]))
                || ["TcpSocket", "UdpSocket", "UnixStream", "UnixDatagram", "TlsConnector"]
                    .iter()
                    .any(|name| site.names(name))
                || site.globs(&["tokio", "net"])
                || site.globs(&["std", "net"])
                || site.begins(&["rustix", "net"])
                || site.begins(&["nix", "sys", "socket"])
                || site.begins(&["libc", "socket"])
                || site.begins(&["socket2"])
        },
        allowed: &[],
    },
    Rule {
        what: "looks names up",
        meets: |site| {
            site.names("lookup_host") || site.names("ToSocketAddrs") || site.calls("to_socket_addrs", 0)
        },
        allowed: &[file("shared/egress/src/resolve.rs", 1, "the door's resolver, whose answers are vetted")],
    },
    Rule {
        // A library that makes itself a client over HTTP/2, so that no other rule sees the connection.
        what: "exports telemetry",
        meets: |site| site.begins(&["opentelemetry_otlp"]),
        allowed: &[file(
            "shared/runtime/src/telemetry.rs",
            2,
            "traces, without anything secret in them, to the operator's own endpoint: an `OTEL_` variable of the process names \
             it, and no request or tenant can; the other place is the error of building it",
        )],
    },
    Rule {
        what: "calls another process over gRPC",
        meets: |site| {
            site.begins(&["tonic", "transport"])
                || matches!(&site.path[..], [.., client, end] if end == "connect" && client.ends_with("Client"))
        },
        allowed: &[file(
            "shared/runtime/src/link.rs",
            MANY,
            "the suite's own services and its commands, at addresses of the configuration",
        )],
    },
    Rule {
        what: "starts a program",
        meets: |site| {
            site.begins(&["std", "process", "Command"])
                || site.begins(&["tokio", "process"])
                || site.globs(&["std", "process"])
        },
        allowed: &[file("shared/scripts/src/process.rs", MANY, "this same binary, confined, for one script")],
    },
    Rule {
        what: "opens a secret of a source, or a sealed record",
        meets: |site| {
            site.calls("open", 2)
                || ["SecretSource", "KeyRing", "KeySet"].iter().any(|opener| site.ends(&[opener, "open"]))
        },
        allowed: &[
            file("shared/egress/src/door.rs", 1, "the guarded send, after the destination was vetted"),
            file(
                "services/secrets/src/vault/release.rs",
                1,
                "the record, for a release to the origin in its scope, or to see that where its tokens go is as it was sealed",
            ),
            file(
                "services/secrets/src/ledger/checkpoint.rs",
                1,
                "the seal of the ledger's head, which holds nothing",
            ),
            file(
                "shared/seal/src/record.rs",
                2,
                "the ring by its keys of now, and a record that is sealed anew",
            ),
            file(
                "services/outgate/src/serve/keys/proof.rs",
                1,
                "a known text that shows which key a store is sealed with",
            ),
            file("services/tokens/src/shelf.rs", 1, "a kept token, for GetToken"),
            file(
                "services/outgate/src/backup/opening.rs",
                2,
                "a chunk of a backup, whose secrets are sealed within it, as the last or as another one",
            ),
            file("shared/mapping/src/answer/xml.rs", 1, "an element of a tree, no secret"),
        ],
    },
    Rule {
        what: "knows the source of secrets",
        meets: |site| site.names("SecretSource"),
        allowed: &[
            file("shared/egress/", MANY, "the door, which alone calls it"),
            file("services/integrations/src/credentials/source.rs", MANY, "releases for calls"),
            file(
                "services/integrations/src/explain.rs",
                MANY,
                "the source that has nothing, for explaining without sending",
            ),
            file("services/tokens/src/release.rs", MANY, "releases for token requests"),
            file(
                "services/outgate/src/serve/keys/transit.rs",
                MANY,
                "the token of the transit engine and the key that it is to wrap, for the engine alone",
            ),
            file(
                "services/outgate/src/serve/issuers.rs",
                MANY,
                "the token that this process shows an issuer of tokens, from the file that the configuration names",
            ),
        ],
    },
    Rule {
        what: "asks for a secret or a token in the clear",
        meets: |site| site.calls("release_secret", 1) || site.calls("get_token", 1),
        allowed: &[
            file(
                "services/integrations/src/credentials/source.rs",
                2,
                "the source of a call's secrets and of its token",
            ),
            file("services/tokens/src/release.rs", 1, "the source of a token request's secret"),
        ],
    },
    Rule {
        what: "hands over what is to become a secret",
        meets: |site| site.calls("save_secret", 1),
        allowed: &[file("services/integrations/src/saving.rs", 1, "what an adapter saves of an answer")],
    },
    Rule {
        what: "takes a sealing key out of the seal",
        meets: |site| site.calls("plaintext", 0) || site.ends(&["Key", "plaintext"]),
        allowed: &[file(
            "services/outgate/src/serve/keys/transit.rs",
            1,
            "the key that the transit engine is to wrap, as a hole of a request to it",
        )],
    },
    Rule {
        what: "takes the bytes out of a plaintext",
        meets: |site| {
            ["expose", "expose_sources"].iter().any(|taker| {
                site.calls(taker, 0) || ["Plaintext", "Tainted"].iter().any(|kind| site.ends(&[kind, taker]))
            })
        },
        allowed: &[
            file("shared/egress/src/fill.rs", 1, "fills a hole"),
            file("shared/egress/src/door/trail.rs", 1, "what the scrubber looks for in the answer"),
            file("shared/egress/src/taken.rs", 1, "what is looked for in the answer that it came with"),
            file(
                "shared/mapping/src/tainted.rs",
                1,
                "lists what a saved value was made of, itself among it, for the door's scrubber",
            ),
            file(
                "services/integrations/src/saving.rs",
                1,
                "the request that has a saved value sealed, on the internal side",
            ),
            file("shared/seal/src/record.rs", 1, "seals it"),
            file("services/secrets/src/grpc.rs", 1, "the answer of a release, on the internal side"),
            file(
                "services/secrets/src/grpc/put.rs",
                1,
                "reads the text that a member is set to, on its way in",
            ),
            file(
                "services/secrets/src/vault/patch.rs",
                1,
                "changes one member of a value, which is sealed again",
            ),
            file(
                "services/secrets/src/vault/verify.rs",
                2,
                "compares a value with a candidate, and tells whether they are the same",
            ),
            file("services/tokens/src/grpc.rs", 1, "the answer of GetToken, on the internal side"),
            file(
                "services/outgate/src/backup/opening.rs",
                1,
                "a chunk of a backup, whose secrets are sealed within it",
            ),
        ],
    },
];

/// Packages that make requests or connections, and the one part that may be built with them.
pub(super) const ALONE: &[(&str, &str)] = &[("reqwest", "egress")];

/// Other packages that make requests, connections or look-ups: none is anywhere in the tree.
pub(super) const BANNED: &[&str] = &[
    "async-std",
    "attohttpc",
    "awc",
    "curl",
    "hickory-resolver",
    "isahc",
    "minreq",
    "smol",
    "surf",
    "trust-dns-resolver",
    "ureq",
];
