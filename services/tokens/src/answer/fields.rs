//! The members of an answer that matter, from JSON or from a form.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use zeroize::Zeroizing;

/// What a body is.
pub(super) enum Parsed {
    /// An object or a form.
    Fields(Fields),
    /// JSON that is broken, too deep, no object, or names a member twice that must be there once.
    Broken,
    /// Neither JSON nor a form: nothing at all, or a page for people.
    Foreign,
}

/// The members that matter. A member that is absent reads as null.
///
/// Everything else is read over, and wiped like them: a refresh token or an ID token that comes along is nobody's
/// business here. It is read all the same, so that the parser's limit of depth holds for it.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) access_token: Scalar,
    pub(super) token_type: Scalar,
    pub(super) expires_in: Scalar,
    pub(super) error: Scalar,
}

/// A member's value. Texts are wiped: one of them is the token.
#[derive(Default)]
pub(super) enum Scalar {
    #[default]
    Null,
    Text(Zeroizing<String>),
    Number(f64),
    /// An object, an array, or a boolean.
    Other,
}

/// Servers label their answers wrongly: what the body looks like decides, and the content type only between a form and
/// a page.
pub(super) fn parse(content_type: Option<&str>, body: &[u8]) -> Parsed {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    match body.first() {
        Some(b'{' | b'[') => serde_json::from_slice(body).map_or(Parsed::Broken, Parsed::Fields),
        Some(_) if is_form(content_type, body) => form(body).map_or(Parsed::Broken, Parsed::Fields),
        _ => Parsed::Foreign,
    }
}

fn is_form(content_type: Option<&str>, body: &[u8]) -> bool {
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return true;
    }
    let named = [&b"access_token="[..], b"error="].iter().any(|name| {
        body.starts_with(name) || body.windows(name.len() + 1).any(|w| w[0] == b'&' && &w[1..] == *name)
    });
    named && (kind.is_empty() || kind.eq_ignore_ascii_case("text/plain"))
}

fn form(body: &[u8]) -> Option<Fields> {
    let mut fields = Fields::default();
    for (name, value) in url::form_urlencoded::parse(body) {
        fields.set(&name, Scalar::Text(Zeroizing::new(value.into_owned())))?;
    }
    Some(fields)
}

impl Fields {
    /// Sets a member, if it matters. None where it is there already and must not be: which of two tokens is meant
    /// nobody knows. Of two lifetimes the shorter counts.
    fn set(&mut self, name: &str, value: Scalar) -> Option<()> {
        let place = match name {
            "access_token" => &mut self.access_token,
            "token_type" => &mut self.token_type,
            "error" => &mut self.error,
            "expires_in" => {
                let (old, new) = (super::life(&self.expires_in), super::life(&value));
                if old.is_none_or(|old| new.is_some_and(|new| new < old)) {
                    self.expires_in = value;
                }
                return Some(());
            }
            _ => return Some(()),
        };
        let free = matches!(place, Scalar::Null);
        free.then(|| *place = value)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some(name) = map.next_key::<String>()? {
                    let value = map.next_value()?;
                    fields.set(&name, value).ok_or_else(|| A::Error::custom("a member is there twice"))?;
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Members)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::Null)
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(Zeroizing::new(text.to_owned())))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number))
            }

            #[expect(
                clippy::cast_precision_loss,
                reason = "a lifetime of more than 2^53 seconds is cut anyway"
            )]
            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number as f64))
            }

            #[expect(
                clippy::cast_precision_loss,
                reason = "a lifetime of more than 2^53 seconds is cut anyway"
            )]
            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number as f64))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
                Ok(Scalar::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Scalar, A::Error> {
                while items.next_element::<Scalar>()?.is_some() {}
                Ok(Scalar::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Scalar, A::Error> {
                while members.next_entry::<IgnoredAny, Scalar>()?.is_some() {}
                Ok(Scalar::Other)
            }
        }

        deserializer.deserialize_any(Any)
    }
}
