//! The contracts of the suite, generated from the `.proto` files beside this crate.
//!
//! It holds messages, clients and servers, and nothing that decides anything. A message that carries a plaintext
//! does not print it.

mod redacted;

/// Everything a package generates: messages, `*_client` and `*_server`.
macro_rules! package {
    ($(#[$doc:meta])* $name:ident, $package:literal) => {
        $(#[$doc])*
        pub mod $name {
            /// Version 1.
            #[allow(missing_docs, clippy::all, clippy::allow_attributes_without_reason, unused_qualifications, reason = "generated; the documentation is in the .proto files")]
            pub mod v1 {
                tonic::include_proto!($package);
            }
        }
    };
}

package!(
    /// `outgate.audit.v1`: the ledger of releases and uses.
    audit, "outgate.audit.v1");
package!(
    /// `outgate.backup.v1`: backups of what a suite keeps.
    backup, "outgate.backup.v1");
package!(
    /// `outgate.errors.v1`: why a call was refused or failed.
    errors, "outgate.errors.v1");
package!(
    /// `outgate.integrations.v1`: integrations and adapters.
    integrations, "outgate.integrations.v1");
package!(
    /// `outgate.keys.v1`: the sealing keys.
    keys, "outgate.keys.v1");
package!(
    /// `outgate.registers.v1`: configuration documents.
    registers, "outgate.registers.v1");
package!(
    /// `outgate.secrets.v1`: the write side of secrets, and their release.
    secrets, "outgate.secrets.v1");
package!(
    /// `outgate.tokens.v1`: access tokens.
    tokens, "outgate.tokens.v1");

/// The contracts as an encoded `google.protobuf.FileDescriptorSet`, comments and options included, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
