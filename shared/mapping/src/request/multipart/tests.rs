use super::Part;
use super::boundary::{choose, make, names_boundary};
use crate::template::{Content, Encoder, Template};

fn part(headers: &str, body: Template) -> Part {
    Part { headers: headers.to_owned(), body }
}

#[test]
fn a_boundary_that_stands_in_a_part_is_not_taken() {
    let seed = [7; 16];
    let (first, second, third) = (make(&seed, 0), make(&seed, 1), make(&seed, 2));
    assert_eq!(choose(&seed, &[part("", Template::text("x"))]).unwrap(), first);
    let in_text = part("", Template::text(format!("x--{first}y")));
    let in_name =
        part(&format!("Content-Disposition: form-data; name=\"{second}\"\r\n"), Template::default());
    assert_eq!(choose(&seed, &[in_text]).unwrap(), second);
    let in_text = part("", Template::text(format!("{first}\r\n")));
    assert_eq!(choose(&seed, &[in_text, in_name]).unwrap(), third);
    let mut base64 = Vec::new();
    Encoder::Base64.encode(format!("\u{0}{first}").as_bytes(), &mut base64).unwrap();
    let file = Content::Template(Box::new(Template::text(String::from_utf8(base64).unwrap())));
    let in_bytes = part("", Template::hole(file, Encoder::FromBase64));
    assert_eq!(choose(&seed, &[in_bytes]).unwrap(), second);
    let all: String = (0..=u8::MAX).map(|attempt| make(&seed, attempt)).collect();
    assert!(choose(&seed, &[part("", Template::text(all))]).is_err());
}

#[test]
fn the_boundary_follows_from_the_seed_and_does_not_tell_it() {
    let boundary = make(&[0xab; 16], 0);
    assert_eq!(boundary, make(&[0xab; 16], 0));
    assert_ne!(boundary, make(&[0xac; 16], 0));
    assert!(!boundary.contains("abab"));
    // RFC 2046, 5.1.1: at most 70 characters, none that would need quotes.
    assert!(
        boundary.len() <= 70 && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    );
}

#[test]
fn a_content_type_that_names_a_boundary_is_known() {
    for own in ["multipart/form-data; boundary=x", "Multipart/Mixed;charset=utf-8; BOUNDARY = \"x\""] {
        assert!(names_boundary(own), "{own}");
    }
    for none in ["multipart/form-data", "multipart/form-data; charset=utf-8", "text/plain; boundary=x"] {
        assert!(!names_boundary(none), "{none}");
    }
}
