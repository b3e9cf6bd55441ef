use rcgen::{CertificateParams, KeyPair};

use super::*;

#[test]
fn the_key_is_what_stands_in_the_pem() {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["ada.example".into()]).unwrap().self_signed(&key).unwrap();
    for pem in [
        format!("{}{}", certificate.pem(), key.serialize_pem()),
        format!(
            "said before\n{}\nand between\r\n{}",
            key.serialize_pem(),
            certificate.pem().replace('\n', "\r\n")
        ),
    ] {
        let read = ClientCertificate::parse(pem.as_bytes()).unwrap();
        let der = key.serialize_der();
        let pieces: Vec<_> = read.pieces_of_key().map(|piece| piece.to_vec()).collect();
        let written = key.serialize_pem();
        let lines: Vec<_> = written.lines().filter(|line| !line.starts_with('-')).collect();
        // The end of it is the public key alone, which is in the certificate too.
        let [begin, middle, end] = lines[..] else { panic!("three lines: {written}") };
        for line in [begin, middle] {
            assert!(pieces.contains(&line.as_bytes().to_vec()), "{line}");
        }
        assert!(!pieces.contains(&end.as_bytes().to_vec()) && !pieces.contains(&der[2 * LINE..].to_vec()));
        assert!(pieces.contains(&der[..LINE].to_vec()));
        let public = certificate.pem();
        assert!(!pieces.iter().any(|piece| public.contains(&*String::from_utf8_lossy(piece))));
        assert_eq!(read.pem(), pem.as_bytes());
        let parts = read.parts().unwrap();
        assert_eq!(parts.chain, [certificate.der().clone()]);
    }
    // Lines that end as on old Macs are lines, and need not be as long as they should be.
    let folded = key.serialize_pem().replace('\n', "\r");
    let narrow = folded.replacen("MIG", "M\rIG", 1);
    let read = ClientCertificate::parse(format!("{}{narrow}", certificate.pem()).as_bytes()).unwrap();
    let line = narrow.split('\r').nth(2).unwrap().as_bytes().to_vec();
    assert!(read.pieces_of_key().any(|piece| *piece == line), "{narrow}");
    assert!(ClientCertificate::parse(b"").is_none());
    assert!(ClientCertificate::parse(certificate.pem().as_bytes()).is_none());
    assert!(ClientCertificate::parse(key.serialize_pem().as_bytes()).is_none());
}
