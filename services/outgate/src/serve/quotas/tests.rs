use runtime::config::Config;

use super::*;

fn quotas(file: &str) -> Result<Quotas, String> {
    let config = Config::load(Some(("outgate.toml", file)), []).map_err(|error| error.to_string())?;
    read(&config.quotas).map_err(|error| error.to_string())
}

fn of(quotas: &Quotas, tenant: &str) -> Limits {
    *quotas.of(&Id::parse("tenant", tenant).unwrap())
}

#[test]
fn nobody_is_bound_by_default() {
    assert_eq!(of(&quotas("").unwrap(), "acme"), Limits::default());
}

#[test]
fn a_tenant_has_what_its_table_says_and_else_what_everybody_has() {
    let quotas = quotas(
        "[quotas]\nrequests_per_second = 10\nsecrets = 100\n[quotas.tenants.acme]\nrequests_per_second = 50\nburst = 80\nbytes = 7\n\
         [quotas.tenants.free]\nrequests_per_second = 0\nsecrets = 0\n",
    )
    .unwrap();
    let bound = NonZeroU32::new;
    let everybody = Limits { requests_per_second: bound(10), secrets: Some(100), ..Limits::default() };
    assert_eq!(of(&quotas, "other"), everybody);
    let acme = Limits { requests_per_second: bound(50), burst: bound(80), bytes: Some(7), ..everybody };
    assert_eq!(of(&quotas, "acme"), acme);
    assert_eq!(of(&quotas, "free"), Limits::default());
}

#[test]
fn what_makes_no_sense_is_named() {
    for (file, begins) in [
        ("[quotas]\nburst = 5", "quotas.burst: belongs to no rate"),
        ("[quotas.tenants.acme]\nburst = 5", "quotas.tenants.acme.burst: belongs to no rate"),
        ("[quotas.tenants.\"*\"]\nsecrets = 5", "quotas.tenants.*: is no tenant"),
    ] {
        let problem = quotas(file).unwrap_err();
        assert!(problem.starts_with(begins), "{problem}");
    }
}
