//! Digests of holes: right by the vectors of the standards, and made without leaving anything behind.

use data_encoding::HEXLOWER;
use mapping::{Algorithm, Content, Digest, Encoder, Template};
use seal::Plaintext;

use super::super::Contents;

fn hole(name: &str) -> Template {
    Template::hole(Content::Secret(name.to_owned()), Encoder::Raw)
}

fn digest(algorithm: Algorithm, key: Option<Template>, message: Template, form: Encoder) -> Template {
    Template::hole(Content::Digest(Box::new(Digest { algorithm, key, message })), form)
}

fn opened(pairs: &[(&str, &[u8])]) -> Contents {
    let open =
        |(name, value): &(&str, &[u8])| (Content::Secret((*name).to_owned()), Plaintext::new(value.to_vec()));
    Contents::opened(pairs.iter().map(open).collect())
}

fn text(filled: &[u8]) -> &str {
    std::str::from_utf8(filled).unwrap()
}

/// RFC 4231, sections 4.2, 4.3, 4.4 and 4.7: key, message, HMAC-SHA-256, -384, -512.
const RFC_4231: [(&str, &str, [&str; 3]); 4] = [
    (
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "4869205468657265",
        [
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
        ],
    ),
    (
        "4a656665",
        "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        [
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ],
    ),
    (
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
        [
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
            "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
        ],
    ),
    (
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        [
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
        ],
    ),
];

#[test]
fn an_hmac_is_what_the_standards_say() {
    let algorithms = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512];
    for (key, message, expected) in RFC_4231 {
        let (key, message) =
            (HEXLOWER.decode(key.as_bytes()).unwrap(), HEXLOWER.decode(message.as_bytes()).unwrap());
        let contents = opened(&[("k", &key), ("m", &message)]);
        for (algorithm, expected) in algorithms.into_iter().zip(expected) {
            let template = digest(algorithm, Some(hole("k")), hole("m"), Encoder::Hex);
            assert_eq!(text(&contents.fill(&template).unwrap()), expected, "{algorithm:?}");
        }
    }
    // RFC 2202, section 3, case 2.
    let contents = opened(&[("k", b"Jefe")]);
    let message = Template::text("what do ya want for nothing?");
    let template = digest(Algorithm::Sha1, Some(hole("k")), message, Encoder::Hex);
    assert_eq!(text(&contents.fill(&template).unwrap()), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

#[test]
fn a_hash_of_a_secret_is_that_of_its_text() {
    // FIPS 180-4's "abc".
    let contents = opened(&[("s", b"bc")]);
    let mut message = Template::text("a");
    message.push_template(hole("s"));
    let template = digest(Algorithm::Sha256, None, message, Encoder::Base64);
    assert_eq!(text(&contents.fill(&template).unwrap()), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

#[test]
fn a_digest_may_be_the_key_or_the_message_of_another() {
    let contents = opened(&[("k", b"Jefe")]);
    let inner = || digest(Algorithm::Sha256, Some(hole("k")), Template::text("day"), Encoder::Hex);
    let outer = digest(Algorithm::Sha256, Some(inner()), Template::text("request"), Encoder::Hex);
    let by_hand = opened(&[("k", &contents.fill(&inner()).unwrap())]);
    let expected = digest(Algorithm::Sha256, Some(hole("k")), Template::text("request"), Encoder::Hex);
    assert_eq!(contents.fill(&outer).unwrap(), by_hand.fill(&expected).unwrap());
}

#[test]
fn what_a_digest_is_made_of_is_asked_for_and_searched_for() {
    let mut key = Template::text("AWS4");
    key.push_template(hole("k"));
    let template = digest(Algorithm::Sha256, Some(key), Template::text("GET"), Encoder::Hex);
    assert_eq!(Contents::asked_for([&template].into_iter()), [Content::Secret("k".into())]);
    // The message holds no secret: an answer may well say GET.
    let composites = opened(&[("k", b"pw")]).composites([&template].into_iter());
    assert_eq!(composites.iter().map(|composite| composite.as_slice()).collect::<Vec<_>>(), [b"AWS4pw"]);
}

#[test]
fn nothing_grows_while_a_digest_is_filled() {
    let long = "\"\u{1}<&'\u{e9}/ ".repeat(50);
    let contents = opened(&[("k", long.as_bytes())]);
    for form in [Encoder::Hex, Encoder::Base64, Encoder::Base64Url] {
        let mut template = digest(Algorithm::Sha512, Some(hole("k")), hole("k"), form);
        assert!(contents.bound(&template) >= Algorithm::LONGEST * 2, "{form:?}");
        template = Template::hole(Content::Template(Box::new(template)), Encoder::JsonString);
        let filled = contents.fill(&template).unwrap();
        assert!(filled.len() <= contents.bound(&template), "{form:?}");
    }
}
