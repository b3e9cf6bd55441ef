use mapping::{Content, Encoder, Template};
use seal::Plaintext;

use super::{Contents, UrlFault, fill_url};

fn contents(value: &str) -> Contents {
    let secret = Content::Secret("s".into());
    Contents::opened(vec![(secret, Plaintext::new(value.as_bytes().to_vec()))])
}

fn with_hole(before: &str, encoder: Encoder, after: &str) -> Template {
    let mut template = Template::text(before);
    template.push_hole(Content::Secret("s".into()), encoder);
    template.push_text(after);
    template
}

fn filled_url(value: &str, template: &Template, parameters: &[(String, Template)]) -> String {
    fill_url(&contents(value), template, parameters).unwrap().to_string()
}

#[test]
fn whatever_the_encoder_a_value_stays_in_its_place_of_the_url() {
    let evil = "a/../b?c=d&e#f%2e@:\\ \u{e9}";
    let encoders = [
        Encoder::Raw,
        Encoder::PathSegment,
        Encoder::Query,
        Encoder::Form,
        Encoder::JsonString,
        Encoder::XmlText,
        Encoder::XmlAttribute,
        Encoder::Header,
        Encoder::Base64,
    ];
    for encoder in encoders {
        for (before, after) in [("https://a.example/v1/", "/x?y=1"), ("https://a.example?q=", "&y=1")] {
            let url = filled_url(evil, &with_hole(before, encoder, after), &[]);
            let value = url.strip_prefix(before).unwrap().strip_suffix(after).unwrap();
            let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
            assert!(value.bytes().all(unreserved), "{encoder:?}: {value}");
        }
    }
}

#[test]
fn nothing_grows_while_it_is_filled() {
    // A vector that grows leaves a copy of the secret behind, so the room reserved must always be enough.
    let value = "\"\u{1}<&'\u{e9}/ ".repeat(50);
    for encoder in [Encoder::Raw, Encoder::JsonString, Encoder::Query, Encoder::Base64] {
        let inner = with_hole("user:", encoder, "");
        let mut template = with_hole("text ", encoder, " more ");
        template.push_hole(Content::Template(Box::new(inner)), encoder);
        let contents = contents(&value);
        let filled = contents.fill(&template).unwrap();
        assert!(filled.len() <= contents.bound(&template), "{encoder:?}");
    }
}

#[test]
fn injected_parameters_replace_those_of_the_same_name_however_spelled() {
    let parameters = [("api key".to_owned(), with_hole("v/", Encoder::Raw, ""))];
    let url = |text: &str| filled_url("s&t", &Template::text(text), &parameters);
    let injected = "api%20key=v%2Fs%26t";
    assert_eq!(url("https://a.example/x"), format!("https://a.example/x?{injected}"));
    assert_eq!(url("https://a.example/x?"), format!("https://a.example/x?{injected}"));
    assert_eq!(url("https://a.example/x?q=1#f"), format!("https://a.example/x?q=1&{injected}"));
    for spelled in ["api+key=1", "api%20key=1", "api%20ke%79", "q=1&api+key&api+key=2"] {
        let kept = if spelled.starts_with("q=1") { "q=1&" } else { "" };
        assert_eq!(
            url(&format!("https://a.example/x?{spelled}")),
            format!("https://a.example/x?{kept}{injected}")
        );
    }
}

#[test]
fn a_hole_that_could_decide_where_the_request_goes_is_refused() {
    for before in ["", "https", "https://", "https://a.example", "https://a.example:", "https://a.example/#"]
    {
        let fault = fill_url(&contents("x"), &with_hole(before, Encoder::Raw, "/"), &[]).unwrap_err();
        assert!(matches!(fault, UrlFault::Misplaced { hole } if hole == "{{secret:s}}"), "{before}");
    }
}

#[test]
fn a_secret_is_asked_for_once_and_templates_are_looked_into() {
    let nested =
        Template::hole(Content::Template(Box::new(with_hole("u:", Encoder::Raw, ""))), Encoder::Base64);
    let token = Template::hole(Content::Token("t".into()), Encoder::Header);
    let plain = with_hole("", Encoder::Raw, "");
    let asked = Contents::asked_for([&nested, &plain, &token].into_iter());
    assert_eq!(asked, [Content::Secret("s".into()), Content::Token("t".into())]);

    let composites = contents("pw").composites([&nested, &plain].into_iter());
    assert_eq!(composites.iter().map(|composite| composite.as_slice()).collect::<Vec<_>>(), [b"u:pw"]);
}

#[test]
fn names_are_masked_so_that_they_mean_nothing_in_a_url() {
    let asked = [Content::Secret("a/../b?c#d".into())];
    let hole = Template::hole(asked[0].clone(), Encoder::Raw);
    let filled = Contents::masked(&asked).fill(&hole).unwrap();
    assert_eq!(std::str::from_utf8(&filled).unwrap(), "{{secret:a_.._b_c_d}}");
}
