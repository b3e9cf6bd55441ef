use super::*;
use crate::grant::tests::grant;

fn request_of(grant: &Grant) -> Outbound {
    request(&Id::parse("tenant", "acme").unwrap(), grant, Duration::from_secs(1), 1).unwrap()
}

fn body(outbound: &Outbound) -> String {
    let Body::Template(body) = &outbound.body else { panic!("the body is a template") };
    body.masked()
}

#[test]
fn basic_form_encodes_both_before_base64() {
    let outbound = request_of(&grant(|parts| parts.client_id = "a:b c%é".into()));
    let [(name, value)] = &outbound.credentials[..] else { panic!("one credential") };
    assert_eq!(
        (name.as_str(), value.masked().as_str()),
        ("authorization", "Basic a%3Ab+c%25%C3%A9:{{secret:crm}}")
    );
    let encoders: Vec<Encoder> = value.holes().map(|hole| hole.encoder).collect();
    assert_eq!(encoders, [Encoder::Base64, Encoder::Form]);
    assert_eq!(body(&outbound), "grant_type=client_credentials&scope=customers.read");
}

#[test]
fn in_the_body_the_secret_is_a_hole_as_well() {
    let outbound = request_of(&grant(|parts| {
        parts.authentication = Authentication::Body;
        parts.client_id = "a&b=c".into();
        parts.scope = vec!["x".into(), "y:z".into()];
        parts.audience = "https://api.example.com/".into();
        parts.resource = vec!["urn:one".into(), "https://two.example/?q=1".into()];
    }));
    assert_eq!(
        body(&outbound),
        "grant_type=client_credentials&client_id=a%26b%3Dc&client_secret={{secret:crm}}&scope=x+y%3Az\
         &audience=https%3A%2F%2Fapi.example.com%2F&resource=urn%3Aone&resource=https%3A%2F%2Ftwo.example%2F%3Fq%3D1"
    );
    assert!(outbound.credentials.is_empty());
}

#[test]
fn what_is_not_said_is_not_sent() {
    let outbound = request_of(&grant(|parts| parts.scope.clear()));
    assert_eq!(body(&outbound), "grant_type=client_credentials");
}
