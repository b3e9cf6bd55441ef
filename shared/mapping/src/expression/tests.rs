use super::{Piece, extent, parse};

/// The pieces in a notation of their own: `name(a|b)`, `'text'`, `<secret>`.
fn shape(text: &str) -> String {
    fn show(pieces: &[Piece], text: &str) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(range) => format!("'{}'", &text[range.clone()]),
            Piece::Secret { name, .. } => format!("<{name}>"),
            Piece::Call(call) => {
                let arguments: Vec<_> =
                    call.arguments.iter().map(|argument| show(&argument.pieces, text)).collect();
                format!("{}({})", call.name, arguments.join("|"))
            }
        };
        pieces.iter().map(piece).collect()
    }
    show(&parse(text, 32).0, text)
}

fn problems(text: &str) -> Vec<&'static str> {
    parse(text, 32).1.iter().map(|problem| problem.code).collect()
}

#[test]
fn pieces() {
    assert_eq!(shape("plain { text } $ {x}"), "'plain { text } $ {x}'");
    assert_eq!(shape("a ${currentObject:x.y} b"), "'a 'currentObject('x.y')' b'");
    assert_eq!(shape("${if: ${isTrue:a} , b c ,d,e }"), "if(isTrue('a')|'b c'|'d,e')");
    assert_eq!(shape("${if:x,{\"a\":1,\"b\":{}},}"), "if('x'|'{\"a\":1,\"b\":{}}'|)");
    assert_eq!(shape("x{{secret:a}}{{ secret : b.c-d_e }}{{Name}}"), "'x'<a><b.c-d_e>'{{Name}}'");
    assert_eq!(shape("${if:x,Bearer {{secret:a}},no}"), "if('x'|'Bearer '<a>|'no')");
    assert_eq!(shape("${evaluate:'}' + \"{\" + {a:1}}!"), "evaluate(''}' + \"{\" + {a:1}')'!'");
    assert_eq!(shape("${evaluate:'\\'}' + ${currentObject:a}}"), "evaluate(''\\'}' + 'currentObject('a'))");
    assert_eq!(
        shape("${configRegister:A-B, c.${currentObject:d}.e}"),
        "configRegister('A-B'|'c.'currentObject('d')'.e')"
    );
}

#[test]
fn an_argument_in_quotes_keeps_its_commas_and_its_space() {
    assert_eq!(shape("${join:a,', '}"), "join('a'|', ')");
    assert_eq!(shape("${join: \" a\" , \", \" }"), "join(' a'|', ')");
    assert_eq!(shape("${if:c,\"it's, so\",'say \"x\"'}"), "if('c'|'it's, so'|'say \"x\"')");
    assert_eq!(shape("${default:x,''}"), "default('x'|)");
    assert_eq!(shape("${if:c,\"'A'\",\"'B'\"}"), "if('c'|''A''|''B'')");
    // What stands in it is evaluated.
    assert_eq!(
        shape("${if:c,'a, ${join:${currentObject:x},', '}{{secret:k}} ',z}"),
        "if('c'|'a, 'join(currentObject('x')|', ')<k>' '|'z')"
    );
    // Quotes that are not around all of it are text.
    assert_eq!(shape("${if:c,'a' b,d}"), "if('c'|''a' b'|'d')");
    assert_eq!(shape("${if:it's,'tis,'twas}"), "if('it's'|''tis'|''twas')");
    assert_eq!(shape("${default:x,'a','b'}"), "default('x'|''a','b'')");
    assert_eq!(shape("${join:x,'}'}"), "join('x'|''')''}'");
    assert_eq!(shape("${evaluate:'a' + \"b\"}"), "evaluate(''a' + \"b\"')");
    assert_eq!(problems("${if:c,'${if:${isTrue:x,A,B}',z}"), ["brace-missing"]);
}

#[test]
fn the_form_with_one_brace_missing() {
    assert_eq!(shape("${if:${isTrue:x,A,B}"), "if(isTrue('x')|'A'|'B')");
    assert_eq!(
        shape("${if:${isTrue:x,A,B} and ${if:${isTrue:y,C,D}"),
        "if(isTrue('x')|'A'|'B')' and 'if(isTrue('y')|'C'|'D')"
    );
    assert_eq!(problems("${if:${isTrue:x,A,B}"), ["brace-missing"]);
    assert_eq!(problems("${if:${isTrue:x},A,B}"), Vec::<&str>::new());
}

#[test]
fn many_of_them_take_no_longer_than_their_text() {
    let text = "${if:${isTrue:x,A,B} ".repeat(20_000);
    assert_eq!(parse(&text, 32).0.len(), 40_000);
    for argument in ["'", "'{}", "'${a:b}", "'a'b", "\"'"] {
        let text = format!("${{if:{argument}}} ").repeat(20_000);
        assert_eq!(parse(&text, 32).0.len(), 40_000, "{argument}");
    }
    let nested = "${if:${isTrue:x,".repeat(20_000);
    assert!(problems(&nested).contains(&"too-deep"));
}

#[test]
fn what_is_wrong_is_told() {
    assert_eq!(problems("${currentObject:a"), ["unclosed-expression"]);
    assert_eq!(problems("${a:${b:${c:"), ["unclosed-expression"]);
    assert_eq!(problems("${a b}"), ["syntax"]);
    assert_eq!(problems("{{secret:a"), ["unclosed-secret"]);
    assert_eq!(problems("{{secret:a b}}"), ["secret-name"]);
}

#[test]
fn the_extent_of_a_bare_expression() {
    assert_eq!(extent("${a:{b}}, \"c\"", 32).ok(), Some(8));
    assert_eq!(extent("${evaluate:'}'} }", 32).ok(), Some(15));
    assert_eq!(extent("${a:", 32).unwrap_err().code, "unclosed-expression");
    assert_eq!(extent(&"${a:".repeat(1_000), 32).unwrap_err().code, "too-deep");
}
