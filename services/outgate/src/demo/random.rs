//! Random text for secrets and tokens.

use ring::rand::{SecureRandom, SystemRandom};

use crate::failure::Failure;

/// 32 hexadecimal digits.
pub(super) fn text() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| {
        Failure::refused("INTERNAL", "the system gives no random bytes for the demo's secrets")
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
