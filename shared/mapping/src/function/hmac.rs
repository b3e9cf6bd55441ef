//! `${hmac:ALGORITHM,KEY,MESSAGE}`: a signature with a shared key.

use super::hash::Method;
use super::operation::{Arguments, Operation, Site};
use super::{Example, Function, Group, Split};
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::EvalError;

pub(super) static HMAC: Function = Function {
    name: "hmac",
    signature: "${hmac:ALGORITHM,KEY,MESSAGE}",
    group: Group::Signing,
    summary: "The HMAC of the text of MESSAGE under KEY",
    doc: "ALGORITHM is as for [`hash`](#hash): `sha256`, `sha384`, `sha512` or `sha1`, in hexadecimal digits, or with the \
          form behind it: `sha256 base64` (RFC 2104).\n\n\
          Key and message are the bytes of their text in UTF-8; a key that was handed out in base64 or hex counts as that \
          text. Commas in MESSAGE are its own; a line break in a message \
          that is signed line by line is written `\\n`, as in any JSON string. A MESSAGE that is null gives null; a KEY that is \
          null or empty is an error, because everybody could sign with it.",
    secrets: Some(
        "KEY and MESSAGE may be secrets or hold some. The HMAC is then computed when the request is sent; until then, and \
         wherever the request is shown, its place says what it is made of.",
    ),
    examples: &[
        Example {
            text: "${hmac:sha256,{{secret:shop-key}},${currentObject:input.id}\n${computed:timestamp}}",
            given: &[("input", r#"{"id": 7}"#)],
            gives: "\"{{hmac:sha256 hex,{{secret:shop-key}},7\n1795298644120}}\"",
        },
        Example {
            text: "${hmac:sha256,Jefe,what do ya want for nothing?}",
            given: &[],
            gives: r#""5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843""#,
        },
        Example {
            text: "Signature ${hmac:sha512 base64,key-{{secret:shop-key}},GET,/orders}",
            given: &[],
            gives: r#""Signature {{hmac:sha512 base64,key-{{secret:shop-key}},GET,/orders}}""#,
        },
        Example {
            text: "${hmac:sha256,${currentObject:input.key},text}",
            given: &[("input", "{}")],
            gives: "error: hmac: the key is empty",
        },
    ],
    split: Split::Most(3),
    arguments: 3..=3,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let (key, message) = (site.carrying(1), site.carrying(2));
        match Method::of(&mut site) {
            Some(method) => site.apply(Hmac(method), vec![key, message]),
            None => Plan::NULL,
        }
    },
};

#[derive(Debug)]
struct Hmac(Method);

impl Operation for Hmac {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        let Some(key) = arguments.template(0)?.filter(|key| !key.is_empty()) else {
            return Err(EvalError::new("the key is empty"));
        };
        match arguments.template(1)? {
            Some(message) => self.0.digest(Some(key), message),
            None => Ok(Rendered::NULL),
        }
    }
}
