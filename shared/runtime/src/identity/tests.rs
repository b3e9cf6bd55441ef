use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use proto::errors::v1::Reason;

use super::*;
use crate::Refusal;

fn id(text: &str) -> Id {
    Id::parse("tenant", text).unwrap()
}

fn only(tenant: &str) -> Tenants {
    Tenants::One(id(tenant))
}

fn identities() -> Identities {
    Identities::new([
        (b"backend-token".to_vec(), Identity::with_roles("backend", only("a"), &[Role::Caller])),
        (
            b"trusted-token".to_vec(),
            Identity::with_roles("trusted", only("a"), &[Role::Caller, Role::Voucher]),
        ),
        (b"ada-token".to_vec(), Identity::with_roles("ada", only("a"), &[Role::User])),
        (b"bob-token".to_vec(), Identity::with_roles("bob", only("b"), &[Role::User])),
    ])
}

async fn call(token: &str, more: &[(&'static str, &str)]) -> Result<Caller, Refusal> {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {token}")).unwrap());
    for (name, value) in more {
        headers.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    identities().authenticate(&headers, None).await
}

#[tokio::test]
async fn a_known_token_is_its_identity_and_any_other_is_nobody() {
    assert_eq!(call("backend-token", &[]).await.unwrap().name(), "backend");
    for wrong in ["", "backend-toke", "backend-token2", "ada-token"] {
        assert_eq!(call(wrong, &[]).await.unwrap_err().reason(), Reason::Unauthenticated, "{wrong}");
    }
    let nothing = identities().authenticate(&HeaderMap::new(), None).await;
    assert_eq!(nothing.unwrap_err().reason(), Reason::Unauthenticated);
}

#[tokio::test]
async fn the_scheme_is_bearer_in_any_case() {
    for (value, known) in
        [("bearer backend-token", true), ("Basic backend-token", false), ("backend-token", false)]
    {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
        assert_eq!(identities().authenticate(&headers, None).await.is_ok(), known, "{value}");
    }
}

#[tokio::test]
async fn tokens_are_replaced_while_others_hold_them() {
    let identities = identities();
    let held = identities.clone();
    identities.replace([(b"new-token".to_vec(), Identity::with_roles("new", Tenants::All, &[Role::Caller]))]);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer new-token"));
    assert_eq!(held.authenticate(&headers, None).await.unwrap().name(), "new");
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer backend-token"));
    held.authenticate(&headers, None).await.unwrap_err();
}

#[test]
fn an_identity_has_other_roles_in_another_tenant() {
    let grant = |tenant, roles: &[Role]| Grant { tenants: only(tenant), roles: roles.into() };
    let identity = Identity::new("ops", [grant("a", &[Role::Caller]), grant("b", &[Role::Operator])]);
    let caller = Caller::known(identity.and([grant("b", &[Role::Configurator])]));
    for (role, tenant, may) in [
        (Role::Caller, "a", true),
        (Role::Operator, "a", false),
        (Role::Configurator, "a", false),
        (Role::Caller, "b", false),
        (Role::Operator, "b", true),
        (Role::Configurator, "b", true),
        (Role::Caller, "c", false),
    ] {
        assert_eq!(caller.require(role, &id(tenant)).is_ok(), may, "{role:?} in {tenant}");
    }
}

#[tokio::test]
async fn a_role_holds_in_its_tenant_alone() {
    let caller = call("backend-token", &[]).await.unwrap();
    caller.require(Role::Caller, &id("a")).unwrap();
    assert_eq!(caller.require(Role::Caller, &id("b")).unwrap_err().reason(), Reason::RoleMissing);
    let missing = caller.require(Role::Configurator, &id("a")).unwrap_err();
    assert_eq!(missing.metadata("role"), Some("configurator"));
}

#[tokio::test]
async fn an_end_user_is_verified_or_vouched_for_by_one_who_may() {
    let verified = call("backend-token", &[(USER_TOKEN_HEADER, "ada-token")]).await.unwrap();
    assert_eq!(verified.user(&id("a")), Some("ada"));
    assert_eq!(verified.user(&id("b")), None, "a user of one tenant is nobody in another");

    let foreign = call("backend-token", &[(USER_TOKEN_HEADER, "bob-token")]).await.unwrap();
    assert_eq!(foreign.user(&id("a")), None);

    let vouched = call("trusted-token", &[(USER_HEADER, "carol")]).await.unwrap();
    assert_eq!(vouched.user(&id("a")), Some("carol"));
    assert_eq!(vouched.user(&id("b")), None);

    let unentitled = call("backend-token", &[(USER_HEADER, "carol")]).await.unwrap();
    assert_eq!(unentitled.user(&id("a")), None);

    let backend_as_user = call("backend-token", &[(USER_TOKEN_HEADER, "trusted-token")]).await.unwrap();
    assert_eq!(backend_as_user.user(&id("a")), None, "a backend's token is no end user's");

    let unknown = call("backend-token", &[(USER_TOKEN_HEADER, "nobody")]).await;
    assert_eq!(unknown.unwrap_err().reason(), Reason::Unauthenticated);
}

#[test]
fn tokens_are_not_printed() {
    let text = format!("{:?}", identities());
    assert!(text.contains("backend") && !text.contains("backend-token"), "{text}");
}

#[test]
fn a_made_token_is_private_and_random_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one.token"), folder.path().join("two.token"));
    create_token(&one).unwrap();
    create_token(&two).unwrap();
    assert_eq!(std::fs::metadata(&one).unwrap().permissions().mode() & 0o777, 0o600);
    let token = read_token(&one, false).unwrap();
    assert_eq!(token.len(), 64);
    assert_ne!(token, read_token(&two, false).unwrap());
    assert!(matches!(create_token(&one), Err(TokenError::Io { .. })));
    assert_eq!(read_token(&one, false).unwrap(), token);
}

#[test]
fn a_token_file_that_others_can_read_or_that_holds_no_token_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let read = |content: &str, mode, group| {
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        read_token(&path, group)
    };
    assert!(matches!(read("0123456789abcdef\n", 0o644, true), Err(TokenError::Readable { mode: 0o644, .. })));
    assert!(matches!(read("0123456789abcdef\n", 0o640, false), Err(TokenError::Readable { .. })));
    assert_eq!(read("0123456789abcdef\n", 0o640, true).unwrap(), b"0123456789abcdef");
    for weak in ["", "short", "0123456789 abcdef", "0123456789\nabcdef"] {
        assert!(matches!(read(weak, 0o600, false), Err(TokenError::Weak { .. })), "{weak}");
    }
}

#[test]
fn what_belongs_to_no_tenant_wants_the_role_in_all_of_them() {
    let caller = |tenants, roles: &[Role]| Caller::known(Identity::with_roles("somebody", tenants, roles));
    let one = Tenants::One(Id::parse("tenant", "acme").unwrap());
    assert!(caller(Tenants::All, &[Role::Operator]).require_everywhere(Role::Operator).is_ok());
    for refused in [caller(one, &[Role::Operator]), caller(Tenants::All, &[Role::Caller])] {
        let refusal = refused.require_everywhere(Role::Operator).unwrap_err();
        assert_eq!((refusal.reason(), refusal.metadata("role")), (Reason::RoleMissing, Some("operator")));
    }
}
