//! From the configuration to who may call, each refusal naming its key.

use std::{path::Path, sync::Arc};

use egress::EgressPolicy;
use runtime::{
    config::{self, ClientAuth, Config, Stands},
    identity::{Binding, Grant, Identities, Identity, Match, Role, Subjects, Tenants, read_token},
    names::Id,
    quota::Meter,
};

use super::{ServeError, issuers};

/// Who may call which listener.
pub(super) struct Known {
    /// The public one.
    pub(super) callers: Identities,
    /// The internal one.
    pub(super) services: Identities,
}

/// Everybody whom the configuration names. `link_token` is what the suite's own processes know each other by.
///
/// # Errors
/// Where a value cannot be used, or a file does not hold what it should.
pub(super) fn read(
    config: &Config,
    operator: &Path,
    link_token: Option<&[u8]>,
    egress: &EgressPolicy,
    meter: Arc<Meter>,
) -> Result<Known, ServeError> {
    let issuers = issuers::read(&config.identity.issuers, egress, config.seal.group_readable)?;
    let mut bindings = bindings(config)?;
    let peers = peers(config)?;
    bindings.extend(peers.iter().map(|peer| of_the_suite(peer, &[Role::Caller])));
    let roles = [Role::Caller, Role::Operator, Role::Releaser];
    let services = link_token.map(|token| (token.to_vec(), service(&roles)));
    Ok(Known {
        callers: Identities::new(tokens(config, operator, link_token)?).and(issuers, bindings, Some(meter)),
        services: Identities::new(services).and(
            Vec::new(),
            peers.iter().map(|peer| of_the_suite(peer, &roles)).collect(),
            None,
        ),
    })
}

/// Those who have a token in a file, which is read now.
///
/// # Errors
/// As for [`read`].
pub(super) fn tokens(
    config: &Config,
    operator: &Path,
    link_token: Option<&[u8]>,
) -> Result<Vec<(Vec<u8>, Identity)>, ServeError> {
    let group = config.seal.group_readable;
    let everything = [Role::Caller, Role::Configurator, Role::Operator, Role::Voucher];
    let operator =
        (read_token(operator, group)?, Identity::with_roles("operator", Tenants::All, &everything));
    let mut known = vec![operator];
    for (at, entry) in config.identity.tokens.iter().enumerate() {
        let key = format!("identity.tokens[{at}]");
        let mut grants = vec![Grant {
            tenants: tenant(&key, "tenant", &entry.tenant)?,
            roles: entry.roles.clone().into(),
        }];
        for (at, binding) in config.identity.bindings.iter().enumerate() {
            if binding.token.as_deref() == Some(&entry.name) {
                grants.extend(self::grants(&format!("identity.bindings[{at}]"), binding)?);
            }
        }
        let token = read_token(&entry.token_file, group)?;
        if let Some((_, other)) = known.iter().find(|(other, _)| *other == token) {
            let text = format!("holds the token of `{}` too; give each a token of its own", other.name());
            return Err(wrong(&key, "token_file", text));
        }
        known.push((token, Identity::new(entry.name.as_str(), grants)));
    }
    // The other processes read registers and whatever else is served to callers.
    if let Some(link) = link_token {
        match known.iter_mut().find(|(token, _)| token == link) {
            Some((_, identity)) => *identity = identity.clone().of_the_suite(),
            None => known.push((link.to_vec(), service(&[Role::Caller]))),
        }
    }
    Ok(known)
}

/// One of the suite's own processes.
fn service(roles: &[Role]) -> Identity {
    Identity::with_roles("service", Tenants::All, roles).of_the_suite()
}

fn of_the_suite(peer: &Match, roles: &[Role]) -> Binding {
    let grant = Grant { tenants: Tenants::All, roles: roles.into() };
    Binding { matches: peer.clone(), grants: [grant].into(), of_the_suite: true }
}

/// The names that the suite's own processes have in their certificates.
fn peers(config: &Config) -> Result<Vec<Match>, ServeError> {
    let peers = &config.links.peers;
    if !peers.is_empty() && config.server.tls.client_auth == ClientAuth::Off {
        return Err(wrong("links", "peers", NO_CERTIFICATES));
    }
    let peer = |name: &String| match name.as_str() {
        "" => Err(wrong("links", "peers", "holds an empty name")),
        uri if uri.contains("://") => Ok(Match::CertificateUri(uri.to_owned())),
        name => Ok(Match::CertificateDns(name.to_owned())),
    };
    peers.iter().map(peer).collect()
}

const NO_CERTIFICATES: &str = "names a client certificate, and none is asked for; set server.tls.client_auth to \"optional\" or \"required\"";

/// What `[[identity.bindings]]` grants to tokens of issuers and to certificates.
fn bindings(config: &Config) -> Result<Vec<Binding>, ServeError> {
    let mut read: Vec<(Meant, Vec<Grant>)> = Vec::new();
    for (at, binding) in config.identity.bindings.iter().enumerate() {
        let key = format!("identity.bindings[{at}]");
        let (meant, grants) = (meant(&key, binding, config)?, grants(&key, binding)?);
        for (before, (other, granted)) in read.iter().enumerate() {
            let again = grants.iter().find(|new| granted.iter().any(|old| old.tenants == new.tenants));
            if let Some(again) = again.filter(|_| *other == meant) {
                let tenant = match &again.tenants {
                    Tenants::All => "*",
                    Tenants::One(tenant) => tenant.as_str(),
                };
                let text = format!(
                    "`{tenant}` is in identity.bindings[{before}] for the same already; put the roles together there"
                );
                return Err(wrong(&key, "tenants", text));
            }
        }
        read.push((meant, grants));
    }
    let bound = read.into_iter().filter_map(|(meant, grants)| match meant {
        Meant::Token(_) => None,
        Meant::Shown(matches) => Some(Binding { matches, grants: grants.into(), of_the_suite: false }),
    });
    Ok(bound.collect())
}

/// Who a binding is for.
#[derive(PartialEq, Eq)]
enum Meant {
    /// An identity with a token of its own: it is given the roles where its token is read.
    Token(String),
    /// Whoever shows a token of an issuer, or a certificate.
    Shown(Match),
}

fn meant(key: &str, binding: &config::Binding, config: &Config) -> Result<Meant, ServeError> {
    let config::Binding { subject, claim, certificate_uri, certificate_dns, certificate_cn, token, .. } =
        binding;
    let issuer = || issuer(key, binding, config);
    let certificate = |name: &str, matches| match config.server.tls.client_auth {
        ClientAuth::Off => Err(wrong(key, name, NO_CERTIFICATES)),
        ClientAuth::Optional | ClientAuth::Required => Ok(Meant::Shown(matches)),
    };
    if let Some(name) = binding.value.as_ref().map(|_| "value").filter(|_| claim.is_none()) {
        return Err(wrong(key, name, "belongs to no `claim`"));
    }
    if binding.issuer.is_some() && subject.is_none() && claim.is_none() {
        return Err(wrong(
            key,
            "subject",
            "is missing; name one of the issuer's subjects, or \"*\" for all, or a `claim`",
        ));
    }
    match (subject, claim, certificate_uri, certificate_dns, certificate_cn, token) {
        (Some(subject), None, None, None, None, None) => {
            let subjects = if subject == "*" { Subjects::All } else { Subjects::One(subject.clone()) };
            Ok(Meant::Shown(Match::Subject { issuer: issuer()?, subjects }))
        }
        (None, Some(claim), None, None, None, None) => {
            let value =
                binding.value.clone().ok_or_else(|| wrong(key, "value", "is missing beside `claim`"))?;
            Ok(Meant::Shown(Match::Claim { issuer: issuer()?, claim: claim.clone(), value }))
        }
        (None, None, Some(uri), None, None, None) => {
            certificate("certificate_uri", Match::CertificateUri(uri.clone()))
        }
        (None, None, None, Some(name), None, None) => {
            certificate("certificate_dns", Match::CertificateDns(name.to_ascii_lowercase()))
        }
        (None, None, None, None, Some(name), None) => {
            certificate("certificate_cn", Match::CertificateCommonName(name.clone()))
        }
        (None, None, None, None, None, Some(name)) => {
            if !config.identity.tokens.iter().any(|entry| entry.name == *name) {
                return Err(wrong(key, "token", format!("`{name}` is no name in identity.tokens")));
            }
            Ok(Meant::Token(name.clone()))
        }
        _ => Err(wrong(
            key,
            "",
            "says who is meant by exactly one of subject, claim, certificate_uri, certificate_dns, certificate_cn and token",
        )),
    }
}

/// The issuer that a binding names, whose tokens must stand for what the binding's roles are for.
fn issuer(key: &str, binding: &config::Binding, config: &Config) -> Result<Arc<str>, ServeError> {
    let name = binding
        .issuer
        .as_deref()
        .ok_or_else(|| wrong(key, "issuer", "is missing beside `subject` or `claim`"))?;
    let issuer = config.identity.issuers.iter().find(|issuer| issuer.name == name);
    let issuer =
        issuer.ok_or_else(|| wrong(key, "issuer", format!("`{name}` is no name in identity.issuers")))?;
    for role in &binding.roles {
        let (stands, text) = match role {
            Role::User => (Stands::Users, "users"),
            _ => (Stands::Callers, "callers"),
        };
        if !issuer.stands_for.contains(&stands) {
            let text = format!(
                "`{}` is a role of {text}, and tokens of `{name}` do not stand for them (`stands_for`)",
                role.as_str()
            );
            return Err(wrong(key, "roles", text));
        }
    }
    Ok(name.into())
}

fn grants(key: &str, binding: &config::Binding) -> Result<Vec<Grant>, ServeError> {
    if binding.tenants.is_empty() {
        return Err(wrong(key, "tenants", "is empty; name a tenant, or \"*\" for all"));
    }
    if binding.roles.is_empty() {
        return Err(wrong(key, "roles", "is empty; name what they may do"));
    }
    let grant = |text: &String| {
        Ok(Grant { tenants: tenant(key, "tenants", text)?, roles: binding.roles.clone().into() })
    };
    binding.tenants.iter().map(grant).collect()
}

fn tenant(key: &str, name: &str, text: &str) -> Result<Tenants, ServeError> {
    match text {
        "*" => Ok(Tenants::All),
        one => Id::parse(name, one)
            .map(Tenants::One)
            .map_err(|refusal| ServeError::Config { key: key.to_owned(), text: refusal.to_string() }),
    }
}

fn wrong(key: &str, name: &str, text: impl Into<String>) -> ServeError {
    let key = if name.is_empty() { key.to_owned() } else { format!("{key}.{name}") };
    ServeError::Config { key, text: text.into() }
}

#[cfg(test)]
mod tests;
