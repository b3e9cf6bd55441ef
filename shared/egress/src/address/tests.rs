use std::net::IpAddr;

use super::is_public;
use crate::door::tests::vectors::read;

#[test]
fn every_address_vector_is_decided_as_written() {
    let vectors = read("ip_vectors.jsonl");
    assert_eq!(vectors.len(), 251);
    for vector in vectors {
        let address: IpAddr = vector["ip"].as_str().unwrap().parse().unwrap();
        assert_eq!(is_public(address), vector["expected"] == "allow", "{vector}");
    }
}
