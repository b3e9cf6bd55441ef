use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};

use super::*;
use crate::{EgressPolicy, Resolver, SystemResolver};

fn certificate() -> ClientCertificate {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["ada.example".into()]).unwrap().self_signed(&key).unwrap();
    ClientCertificate::parse(format!("{}{}", certificate.pem(), key.serialize_pem()).as_bytes()).unwrap()
}

fn clients() -> Clients {
    let resolver: Arc<dyn Resolver> = Arc::new(SystemResolver);
    Clients::new(Settings::new(&EgressPolicy::default(), &resolver).unwrap())
}

fn of(tenant: &str) -> Whose {
    Whose { tenant: tenant.to_owned(), certificate: None }
}

#[test]
fn each_tenant_and_certificate_has_a_client_of_its_own() {
    let (clients, one, other) = (clients(), certificate(), certificate());
    for _ in 0..2 {
        for tenant in ["a", "b"] {
            for certificate in [None, Some(&one), Some(&other)] {
                clients.client(tenant, certificate).unwrap();
            }
        }
    }
    assert_eq!(clients.lock().clients.len(), 6);
}

#[test]
fn so_many_clients_are_kept_and_the_one_used_longest_ago_gives_way() {
    let clients = clients();
    let client = clients.client("0", None).unwrap();
    for tenant in 1..KEPT {
        clients.lock().keep(of(&tenant.to_string()), client.clone());
    }
    assert!(clients.lock().get(&of("0")).is_some(), "it is still there, and now the last one used");
    clients.lock().keep(of("one more"), client);
    let mut kept = clients.lock();
    assert_eq!(kept.clients.len(), KEPT);
    assert!(kept.get(&of("1")).is_none(), "the one used longest ago");
    assert!(kept.get(&of("0")).is_some() && kept.get(&of("2")).is_some());
}
