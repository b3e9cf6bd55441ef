mod digest;

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
        Encoder::Base64Url,
        Encoder::Hex,
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
    for encoder in [Encoder::Raw, Encoder::JsonString, Encoder::Query, Encoder::Base64, Encoder::Hex] {
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
fn what_a_secret_and_a_whole_body_make_is_not_looked_for() {
    for (length, found) in [(10_000, 1), (20_000, 0)] {
        let mut inner = with_hole("key=", Encoder::Raw, "&");
        inner.push_text(&"x".repeat(length));
        let signed = Template::hole(Content::Template(Box::new(inner)), Encoder::Hex);
        assert_eq!(contents("pw").composites([&signed].into_iter()).len(), found, "{length}");
    }
}

#[test]
fn names_are_masked_so_that_they_mean_nothing_in_a_url() {
    let asked = [Content::Secret("a/../b?c#d".into())];
    let hole = Template::hole(asked[0].clone(), Encoder::Raw);
    let filled = Contents::masked(&asked).fill(&hole).unwrap();
    assert_eq!(std::str::from_utf8(&filled).unwrap(), "{{secret:a_.._b_c_d}}");
}

#[test]
fn a_file_is_filled_with_the_bytes_its_base64_stands_for() {
    let file =
        |text: &str| Template::hole(Content::Template(Box::new(Template::text(text))), Encoder::FromBase64);
    let mut body = Template::text("before ");
    body.push_template(file("AP8g\r\nCg"));
    body.push_text(" after");
    assert_eq!(contents("").fill(&body).unwrap().as_slice(), b"before \x00\xff \n after");
    // So is a secret that is one.
    let sealed = with_hole("", Encoder::FromBase64, "");
    assert_eq!(contents("AP8=").fill(&sealed).unwrap().as_slice(), b"\x00\xff");
    for broken in ["A", "====", "AP8=AP8=", "A-_8"] {
        assert!(contents(broken).fill(&sealed).is_err(), "{broken}");
    }
    // What is no secret is no pattern to look for in the answer.
    assert!(contents("").composites([&body].into_iter()).is_empty());
    assert!(contents("").decoded([&body].into_iter()).is_empty());
}

#[test]
fn the_bytes_of_a_file_that_is_secret_are_searched_for() {
    let whole = with_hole("", Encoder::FromBase64, "");
    let part = Content::Template(Box::new(with_hole("AP8", Encoder::Raw, "")));
    let part = Template::hole(part, Encoder::FromBase64);
    let decoded = contents("AP8gCg").decoded([&whole, &part].into_iter());
    let decoded: Vec<_> = decoded.iter().map(|bytes| bytes.as_slice()).collect();
    assert_eq!(decoded, [&b"\x00\xff \n"[..]], "what is no base64 was not sent");
    let decoded = contents("gCg").decoded([&part].into_iter());
    assert_eq!(decoded[0].as_slice(), b"\x00\xff \n");
}

#[test]
fn encodings_around_one_another_take_no_more_than_a_request_may() {
    // More than a request may take; and more than can be counted.
    for (encoder, times) in
        [(Encoder::Hex, 28), (Encoder::Hex, 60), (Encoder::Base64, 60), (Encoder::JsonString, 60)]
    {
        let mut template = with_hole("", encoder, "");
        for _ in 0..times {
            template = Template::hole(Content::Template(Box::new(template)), encoder);
        }
        assert_eq!(contents("some secret").fill(&template).unwrap_err().hole, "{{secret:s}}");
        let mut url = Template::text("https://a.example/");
        url.push_template(template);
        assert!(fill_url(&contents("some secret"), &url, &[]).is_err(), "{encoder:?}");
    }
    let long = Template::text("x".repeat(super::MOST));
    assert!(contents("").fill(&long).is_ok());
}
