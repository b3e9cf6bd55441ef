//! `${hash:ALGORITHM,X}`: a hash.

use super::operation::{Arguments, Operation, Site};
use super::{Example, Function, Group, Split};
use crate::eval::refused;
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::suggest;
use crate::template::{Algorithm, Content, Digest, Encoder, Template};
use crate::value::Value;

pub(super) static HASH: Function = Function {
    name: "hash",
    signature: "${hash:ALGORITHM,X}",
    group: Group::Signing,
    summary: "The hash of the text of X",
    doc: "ALGORITHM is `sha256`, `sha384`, `sha512` or `sha1`; the last for counterparties that ask for nothing better. It \
          gives lowercase hexadecimal digits; a second word asks for another form: `sha256 base64`, `sha256 base64Url`.\n\n\
          The bytes are those of the text in UTF-8. Numbers and booleans count as JSON writes them, objects and arrays as \
          compact JSON. Commas in X are its own. Null stays null.",
    secrets: Some("X may be a secret or hold one; the hash is computed when the request is sent."),
    examples: &[
        Example {
            text: "${hash:sha256,abc}",
            given: &[],
            gives: r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
        },
        Example { text: "${hash:sha1 base64,abc}", given: &[], gives: r#""qZk+NkcGgWq6PiVxeFDCbJzQ2J0=""# },
        Example {
            text: "sha-256=${hash:sha256 base64,${currentObject:input}}",
            given: &[("input", r#"{"id": 7}"#)],
            gives: r#""sha-256=o8kOO3RI0j2erOvQ6/FcrhAOIfmyxojz+dI47c0m1n8=""#,
        },
        Example {
            text: "${hash:sha512,${currentObject:input.id},{{secret:shop-key}}}",
            given: &[("input", r#"{"id": 7}"#)],
            gives: r#""{{hash:sha512 hex,7,{{secret:shop-key}}}}""#,
        },
        Example { text: "${hash:sha2,abc}", given: &[], gives: "error: there is no hash `sha2`" },
    ],
    split: Split::Most(2),
    arguments: 2..=2,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let of = site.carrying(1);
        match Method::of(&mut site) {
            Some(method) => site.apply(method, vec![of]),
            None => Plan::NULL,
        }
    },
};

const ALGORITHMS: [Algorithm; 4] = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512, Algorithm::Sha1];
const FORMS: [(&str, Encoder); 3] =
    [("hex", Encoder::Hex), ("base64", Encoder::Base64), ("base64Url", Encoder::Base64Url)];

/// A hash function, and the form of what it gives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method {
    algorithm: Algorithm,
    form: Encoder,
}

impl Method {
    /// The method that the first argument names; `None`, and told, if it is none.
    pub(super) fn of(site: &mut Site<'_, '_>) -> Option<Self> {
        let text = site.literal(0, "the algorithm")?;
        let (name, form) = text.split_once(char::is_whitespace).unwrap_or((text, "hex"));
        let form = form.trim();
        let algorithm = ALGORITHMS.into_iter().find(|algorithm| algorithm.name() == name);
        let known = FORMS.into_iter().find(|(known, _)| *known == form);
        if algorithm.is_none() {
            let help = suggest::proposal(name, ALGORITHMS.map(Algorithm::name));
            site.error("unknown-algorithm", 0, format!("there is no hash `{name}`"), Some(help));
        }
        if known.is_none() {
            let help = suggest::proposal(form, FORMS.map(|(name, _)| name));
            site.error("unknown-algorithm", 0, format!("there is no form `{form}`"), Some(help));
        }
        Some(Self { algorithm: algorithm?, form: known?.1 })
    }

    /// The digest: computed now from data, by the guarded client if there is a secret in it.
    pub(super) fn digest(
        self,
        key: Option<Template>,
        message: Template,
    ) -> Result<Rendered<'static>, EvalError> {
        let key_text = key.as_ref().map(Template::as_text);
        let (Some(text), None | Some(Some(_))) = (message.as_text(), key_text) else {
            key.iter().chain([&message]).try_for_each(Template::not_too_deep).map_err(refused)?;
            let digest = Digest { algorithm: self.algorithm, key, message };
            return Ok(Rendered::Text(Template::hole(Content::Digest(Box::new(digest)), self.form)));
        };
        let (mut bytes, mut out) = (Vec::with_capacity(Algorithm::LONGEST), Vec::new());
        self.algorithm.compute(key_text.flatten().map(str::as_bytes), text.as_bytes(), &mut bytes);
        self.form.encode(&bytes, &mut out).map_err(|error| EvalError::new(error.to_string()))?;
        Ok(Rendered::Own(Value::String(out.into_iter().map(char::from).collect())))
    }
}

impl Operation for Method {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        match arguments.template(0)? {
            Some(message) => self.digest(None, message),
            None => Ok(Rendered::NULL),
        }
    }
}
