use super::*;

#[test]
fn names_come_apart_and_go_together() {
    for text in ["tenants/t/registers/ADAPTER.COMPANY-X", "tenants/t/businessUnits/u1/registers/A"] {
        let name = Name::parse("name", "registers", text).unwrap();
        assert_eq!(name.parent.child("registers", &name.id), text);
    }
    assert!(Name::parse_shared("name", "secrets", "tenants/t/businessUnits/u/secrets/s").is_err());
    assert_eq!(Parent::parse_tenant("parent", "tenants/t").unwrap().as_str(), "t");
    assert!(Parent::parse_tenant("parent", "tenants/t/businessUnits/u").is_err());
}

#[test]
fn what_could_escape_its_place_is_no_id() {
    for text in ["", ".", "..", "a/b", "a b", "ä", "a\0", "a%2f", "%2e%2e", "*", &"x".repeat(MAX_ID + 1)] {
        assert!(Id::parse("name", text).is_err(), "{text:?}");
    }
    for text in ["a", "A.b_c-1", "-", "_", "...a", &"x".repeat(MAX_ID)] {
        assert_eq!(Id::parse("name", text).unwrap().as_str(), text);
    }
    for text in [
        "",
        "tenants",
        "tenants/",
        "tenants/t/registers",
        "tenants/t/registers/",
        "tenants/t/secrets/s",
        "/tenants/t/registers/r",
        "tenants/t/registers/r/x",
        "tenants/t/x/registers/r",
        "tenants/t/businessUnits/registers/r",
        "tenants/t/businessUnits/u/x/registers/r",
    ] {
        assert!(Name::parse("name", "registers", text).is_err(), "{text:?}");
    }
}

#[test]
fn an_etag_is_a_quoted_revision() {
    let revision_7 = Revision::new(7);
    assert_eq!(etag(revision_7), "\"7\"");
    assert_eq!(revision("etag", "\"7\"").unwrap(), Some(revision_7));
    assert_eq!(precondition("etag", "").unwrap(), store::Precondition::None);
    assert_eq!(precondition("etag", "\"0\"").unwrap(), store::Precondition::Create);
    assert_eq!(precondition("etag", "\"7\"").unwrap(), store::Precondition::Update(revision_7));
    for wrong in ["7", "\"", "\"\"", "\"x\"", "\"-1\"", "W/\"7\""] {
        assert!(precondition("etag", wrong).is_err(), "{wrong}");
    }
}
