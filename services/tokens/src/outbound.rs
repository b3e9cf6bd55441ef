//! The request to a token endpoint (RFC 6749, 4.4.2), its client secret still a hole.

use std::time::Duration;

use egress::{Body, Outbound};
use mapping::{Content, EncodeError, Encoder, Template};
use runtime::names::Id;

use crate::grant::{Authentication, Grant};

/// The request for a grant of a tenant.
///
/// # Errors
/// When a text of the grant cannot be encoded. A parsed grant holds none.
pub(crate) fn request(
    tenant: &Id,
    grant: &Grant,
    timeout: Duration,
    answer_bytes: usize,
) -> Result<Outbound, EncodeError> {
    let secret = Content::Secret(grant.secret.as_str().to_owned());
    let mut form = Form::default();
    form.add("grant_type", "client_credentials")?;
    let mut credentials = Vec::new();
    match grant.authentication {
        Authentication::Basic => {
            credentials.push(("authorization".to_owned(), basic(&grant.client_id, secret)?))
        }
        Authentication::Body => {
            form.add("client_id", &grant.client_id)?;
            form.add_hole("client_secret", secret);
        }
    }
    if !grant.scope.is_empty() {
        form.add("scope", &grant.scope.join(" "))?;
    }
    if let Some(audience) = &grant.audience {
        form.add("audience", audience)?;
    }
    for resource in &grant.resource {
        form.add("resource", resource)?;
    }
    let header = |name: &str, value: &str| (name.to_owned(), Template::text(value));
    Ok(Outbound {
        tenant: tenant.as_str().to_owned(),
        integration: String::new(),
        method: "POST".to_owned(),
        url: Template::text(&grant.token_url),
        headers: vec![
            header("accept", "application/json"),
            header("content-type", "application/x-www-form-urlencoded"),
        ],
        credentials,
        query_credentials: Vec::new(),
        trace_headers: Vec::new(),
        body: Body::Template(form.0),
        endpoints: [grant.endpoint.clone()].into(),
        redirects: 0,
        client_certificate: None,
        timeout,
        response_bytes: answer_bytes,
    })
}

/// `Basic base64(form(id) ":" form(secret))`: both are form-encoded first (RFC 6749, 2.3.1 and appendix B).
fn basic(client_id: &str, secret: Content) -> Result<Template, EncodeError> {
    let mut pair = encoded(client_id)?;
    pair.push_text(":");
    pair.push_hole(secret, Encoder::Form);
    let mut header = Template::text("Basic ");
    header.push_hole(Content::Template(Box::new(pair)), Encoder::Base64);
    Ok(header)
}

/// The body of the request (`application/x-www-form-urlencoded`).
#[derive(Default)]
struct Form(Template);

impl Form {
    fn add(&mut self, name: &str, value: &str) -> Result<(), EncodeError> {
        self.name(name);
        self.0.push_template(encoded(value)?);
        Ok(())
    }

    fn add_hole(&mut self, name: &str, content: Content) {
        self.name(name);
        self.0.push_hole(content, Encoder::Form);
    }

    fn name(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push_text("&");
        }
        self.0.push_text(name);
        self.0.push_text("=");
    }
}

fn encoded(text: &str) -> Result<Template, EncodeError> {
    let mut template = Template::default();
    template.place(Template::text(text), Encoder::Form)?;
    Ok(template)
}

#[cfg(test)]
mod tests;
