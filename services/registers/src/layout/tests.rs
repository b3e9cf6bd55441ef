//! Names and keys are each other's inverse, and no key outgrows the store.

use super::*;

fn named(text: &str) -> Name {
    crate::key::parse("name", text).unwrap()
}

#[test]
fn a_head_says_whose_it_is() {
    for text in [
        "tenants/acme/registers/A-B",
        "tenants/acme/businessUnits/shared/registers/A",
        "tenants/units/registers/units",
    ] {
        let parsed = named(text);
        assert_eq!(name(&head(&parsed)), Some(parsed));
    }
    for key in
        ["registers/heads/acme/shared", "registers/heads/acme/other/A", "registers/revisions/acme/shared/A"]
    {
        assert_eq!(name(key), None, "{key}");
    }
}

#[test]
fn the_longest_names_fit_into_the_store() {
    let id = "L".repeat(runtime::names::MAX_ID);
    let longest = named(&format!("tenants/{id}/businessUnits/{id}/registers/{id}"));
    let attempt = uuid::Uuid::nil().simple().to_string();
    assert!(chunk(&longest, u64::MAX, &attempt, u32::MAX).len() <= store::MAX_KEY_BYTES);
}

#[test]
fn a_tenant_is_not_the_beginning_of_another() {
    let acme = heads_of_tenant(&Id::parse("tenant", "acme").unwrap());
    assert!(!head(&named("tenants/acme2/registers/A")).starts_with(&acme));
    assert!(head(&named("tenants/acme/businessUnits/u/registers/A")).starts_with(&acme));
}
