//! What a record is bound to.

use crate::{KeyId, record::FORMAT};

/// What a record belongs to. It is not stored in the record: whoever opens it must name the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    /// The tenant that owns the record.
    pub tenant: &'a str,
    /// What kind of thing it is: `secret`, `token`.
    pub kind: &'a str,
    /// Its name within tenant and kind.
    pub name: &'a str,
    /// The version of the value, so that an old record cannot stand in for a new one.
    pub version: u64,
    /// What the value may be used for: for a secret, the origin of the URL it was made for and every other term of its use.
    pub scope: &'a str,
}

impl Context<'_> {
    /// The associated data: every field with its length before it, so that no two contexts share an encoding.
    pub(crate) fn associated_data(&self, key: KeyId) -> Vec<u8> {
        let version = self.version.to_be_bytes();
        let fields: [&[u8]; 8] = [
            b"outgate.seal",
            &[FORMAT],
            self.tenant.as_bytes(),
            self.kind.as_bytes(),
            self.name.as_bytes(),
            &version,
            self.scope.as_bytes(),
            key.as_bytes(),
        ];
        let mut data = Vec::with_capacity(fields.iter().map(|field| field.len() + 8).sum());
        for field in fields {
            data.extend_from_slice(&(field.len() as u64).to_be_bytes());
            data.extend_from_slice(field);
        }
        data
    }
}
