//! `Debug` of the messages that hold a plaintext.

use std::fmt::{Debug, Formatter, Result};

use crate::{
    secrets::v1::{
        PatchSecretRequest, PutSecretRequest, ReleaseSecretResponse, SaveSecretRequest, VerifySecretRequest,
    },
    tokens::v1::Token,
};

/// What stands where a plaintext would.
const HIDDEN: &str = "[hidden]";

impl Debug for PutSecretRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { name, value: _, url, etag, token_urls, expire_time, overlap } = self;
        f.debug_struct("PutSecretRequest")
            .field("name", name)
            .field("value", &HIDDEN)
            .field("url", url)
            .field("etag", etag)
            .field("token_urls", token_urls)
            .field("expire_time", expire_time)
            .field("overlap", overlap)
            .finish()
    }
}

impl Debug for SaveSecretRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { name, value: _, url, answered_url, request_id, cause } = self;
        f.debug_struct("SaveSecretRequest")
            .field("name", name)
            .field("value", &HIDDEN)
            .field("url", url)
            .field("answered_url", answered_url)
            .field("request_id", request_id)
            .field("cause", cause)
            .finish()
    }
}

impl Debug for PatchSecretRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { name, member, value: _, remove, etag, overlap } = self;
        f.debug_struct("PatchSecretRequest")
            .field("name", name)
            .field("member", member)
            .field("value", &HIDDEN)
            .field("remove", remove)
            .field("etag", etag)
            .field("overlap", overlap)
            .finish()
    }
}

impl Debug for VerifySecretRequest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { name, candidate: _ } = self;
        f.debug_struct("VerifySecretRequest").field("name", name).field("candidate", &HIDDEN).finish()
    }
}

impl Debug for ReleaseSecretResponse {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { value: _, version, previous_version, name, previous_in_use, release } = self;
        f.debug_struct("ReleaseSecretResponse")
            .field("value", &HIDDEN)
            .field("version", version)
            .field("previous_version", previous_version)
            .field("name", name)
            .field("previous_in_use", previous_in_use)
            .field("release", release)
            .finish()
    }
}

impl Debug for Token {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { access_token: _, token_type, expire_time, generation, secret, secret_version } = self;
        f.debug_struct("Token")
            .field("access_token", &HIDDEN)
            .field("token_type", token_type)
            .field("expire_time", expire_time)
            .field("generation", generation)
            .field("secret", secret)
            .field("secret_version", secret_version)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plaintext_is_never_printed() {
        let value = prost::bytes::Bytes::from_static(b"canary");
        let put = PutSecretRequest { value: value.clone(), ..Default::default() };
        let released = ReleaseSecretResponse { value: value.clone(), ..Default::default() };
        let patch = PatchSecretRequest { value: value.clone(), ..Default::default() };
        let save = SaveSecretRequest { value: value.clone(), ..Default::default() };
        let verify = VerifySecretRequest { candidate: value.clone(), ..Default::default() };
        let token = Token { access_token: value, ..Default::default() };
        let asked = [format!("{put:?}"), format!("{patch:?}"), format!("{save:?}"), format!("{verify:?}")];
        for text in asked.into_iter().chain([format!("{released:?}"), format!("{token:?}")]) {
            assert!(text.contains(HIDDEN) && !text.contains("canary") && !text.contains("99, 97"), "{text}");
        }
    }
}
