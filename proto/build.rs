//! Generates the contract's Rust from the `.proto` files with protox, so that no protoc is needed on the machine.

use std::{env, error::Error, fs, path::PathBuf};

/// Every file with a service or a message of its own; imports come along.
const FILES: [&str; 9] = [
    "outgate/audit/v1/audit_service.proto",
    "outgate/backup/v1/backup_service.proto",
    "outgate/errors/v1/reason.proto",
    "outgate/integrations/v1/adapter_service.proto",
    "outgate/keys/v1/key_service.proto",
    "outgate/registers/v1/register_service.proto",
    "outgate/secrets/v1/secret_release_service.proto",
    "outgate/secrets/v1/secret_service.proto",
    "outgate/tokens/v1/token_service.proto",
];

/// Messages that hold a plaintext: their `Debug` is written by hand in `src/redacted.rs`.
const REDACTED: [&str; 6] = [
    ".outgate.secrets.v1.PatchSecretRequest",
    ".outgate.secrets.v1.PutSecretRequest",
    ".outgate.secrets.v1.ReleaseSecretResponse",
    ".outgate.secrets.v1.SaveSecretRequest",
    ".outgate.secrets.v1.VerifySecretRequest",
    ".outgate.tokens.v1.Token",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=outgate");
    println!("cargo:rerun-if-changed=build.rs");
    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    // Reflection serves these bytes: going through `prost_types` would drop options.
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure()
        .bytes(".")
        .skip_debug(REDACTED)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
