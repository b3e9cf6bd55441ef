//! Tokens as an expression tree (ECMAScript, 13), as far as it is accepted.

use std::collections::HashSet;
use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use super::call::{Function, Method};
use super::lex::{Kind, Token};
use super::{Conversion, Expr, Operator, Refusal};

/// How deep parentheses and operators may be nested.
const DEPTH: usize = 32;

/// What objects have without anybody having written it; in JavaScript these names are functions.
pub(super) const INHERITED: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

pub(super) fn expression(tokens: Vec<Token>, end: usize) -> Result<Expr, Refusal> {
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), end, depth: 0, taken: 0 };
    let expression = parser.ternary()?;
    match parser.tokens.next() {
        None => Ok(expression),
        Some(token) => Err(refuse(&token)),
    }
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    end: usize,
    depth: usize,
    /// How many values were begun.
    taken: usize,
}

/// The binary operators by how tightly they bind, loosest first.
const LEVELS: [&[(&str, Operator)]; 6] = [
    &[("||", Operator::Or), ("??", Operator::Coalesce)],
    &[("&&", Operator::And)],
    &[
        ("===", Operator::Same),
        ("!==", Operator::NotSame),
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
    ],
    &[
        ("<", Operator::Less),
        ("<=", Operator::LessOrEqual),
        (">", Operator::Greater),
        (">=", Operator::GreaterOrEqual),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Remainder)],
];

impl Parser {
    fn sign(&mut self, sign: &str) -> Option<Range<usize>> {
        self.tokens
            .next_if(|token| matches!(token.kind, Kind::Sign(found) if found == sign))
            .map(|token| token.range)
    }

    fn expect(&mut self, sign: &str) -> Result<(), Refusal> {
        if self.sign(sign).is_some() {
            return Ok(());
        }
        match self.tokens.next() {
            Some(token)
                if is_unknown_sign(&token)
                    || token.line
                    || matches!(
                        token.kind,
                        Kind::Name(_) | Kind::Template(_) | Kind::Sign("(" | "," | "{")
                    ) =>
            {
                Err(refuse(&token))
            }
            Some(token) => Err(Refusal::syntax(format!("expected `{sign}`"), token.range)),
            None => {
                Err(Refusal::syntax(format!("expected `{sign}` before the script ends"), self.end..self.end))
            }
        }
    }

    fn ternary(&mut self) -> Result<Expr, Refusal> {
        if self.depth == DEPTH {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let mut expression = self.binary(0)?;
        if self.sign("?").is_some() {
            let yes = self.ternary()?;
            self.expect(":")?;
            let no = self.ternary()?;
            expression = Expr::Ternary(Box::new([expression, yes, no]));
        }
        self.depth -= 1;
        Ok(expression)
    }

    fn binary(&mut self, level: usize) -> Result<Expr, Refusal> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        let mut length = 0;
        while let Some((operator, range)) = self.operator(operators) {
            let right = self.binary(level + 1)?;
            if mixes(operator, &left, &right) {
                return Err(Refusal::syntax("`??` beside `||` or `&&` needs parentheses", range));
            }
            length += 1;
            if length > DEPTH * 4 {
                return Err(Refusal::needs("so many operators", range));
            }
            left = Expr::Binary(operator, Box::new([left, right]));
        }
        Ok(left)
    }

    fn operator(&mut self, operators: &[(&str, Operator)]) -> Option<(Operator, Range<usize>)> {
        operators.iter().find_map(|(sign, operator)| Some((*operator, self.sign(sign)?)))
    }

    fn unary(&mut self) -> Result<Expr, Refusal> {
        type Make = fn(Box<Expr>) -> Expr;
        let signs: [(&str, Make); 3] = [("!", Expr::Not), ("-", Expr::Negate), ("+", Expr::Plus)];
        for (sign, make) in signs {
            if self.sign(sign).is_some() {
                if self.depth == DEPTH {
                    return Err(self.too_deep());
                }
                self.depth += 1;
                let operand = self.unary()?;
                self.depth -= 1;
                return Ok(make(Box::new(operand)));
            }
        }
        if matches!(self.tokens.peek(), Some(Token { kind: Kind::Name(name), .. }) if name == "typeof") {
            self.tokens.next();
            if self.depth == DEPTH {
                return Err(self.too_deep());
            }
            self.depth += 1;
            let operand = self.unary()?;
            self.depth -= 1;
            return Ok(Expr::TypeOf(Box::new(operand)));
        }
        let primary = self.primary()?;
        self.postfix(primary)
    }

    fn too_deep(&self) -> Refusal {
        Refusal::needs(format!("more than {DEPTH} levels of nesting"), self.end..self.end)
    }

    /// Expressions up to a closing sign, which is taken.
    fn list(&mut self, close: &str) -> Result<Vec<Expr>, Refusal> {
        let mut items = Vec::new();
        while self.sign(close).is_none() {
            items.push(self.ternary()?);
            if self.sign(",").is_none() {
                self.expect(close)?;
                break;
            }
        }
        Ok(items)
    }

    fn object(&mut self) -> Result<Expr, Refusal> {
        let (mut members, mut keys) = (Vec::new(), HashSet::new());
        while self.sign("}").is_none() {
            let key = match self.tokens.next() {
                Some(Token { kind: Kind::Name(key) | Kind::Text(key), .. }) => key,
                Some(token) => return Err(Refusal::needs("this key", token.range)),
                None => {
                    return Err(Refusal::syntax("expected `}` before the script ends", self.end..self.end));
                }
            };
            // Keys that are special, that come twice, or that JavaScript would put in another order.
            let odd = key == "__proto__"
                || key.starts_with(|c: char| c.is_ascii_digit())
                || !keys.insert(key.clone());
            if odd || !matches!(self.tokens.peek(), Some(Token { kind: Kind::Sign(":"), .. })) {
                return Err(Refusal::needs("this object", self.end..self.end));
            }
            self.tokens.next();
            members.push((key, self.ternary()?));
            if self.sign(",").is_none() {
                self.expect("}")?;
                break;
            }
        }
        Ok(Expr::Object(members))
    }

    fn primary(&mut self) -> Result<Expr, Refusal> {
        self.taken += 1;
        let Some(token) = self.tokens.next() else {
            return Err(Refusal::syntax("expected a value before the script ends", self.end..self.end));
        };
        match token.kind {
            Kind::Number(number) => Ok(Expr::Number(number)),
            Kind::Text(text) => Ok(Expr::Text(text)),
            Kind::Template(pieces) => Ok(Expr::Template(pieces)),
            Kind::Value(index) => Ok(Expr::Value(index)),
            Kind::Sign("(") => {
                let inner = self.ternary()?;
                self.expect(")")?;
                // Parentheses are kept apart from what `mixes` looks at.
                Ok(match inner {
                    Expr::Binary(Operator::Or | Operator::And | Operator::Coalesce, _) => {
                        Expr::Parenthesis(Box::new(inner))
                    }
                    inner => inner,
                })
            }
            Kind::Sign("[") => self.list("]").map(Expr::Array),
            // At the start of a script it would be a block.
            Kind::Sign("{") if self.taken > 1 => self.object(),
            Kind::Sign("{") => Err(refuse(&token)),
            Kind::Sign(",") => Err(Refusal::needs("an empty place", token.range)),
            Kind::Sign("/") => Err(Refusal::needs("a regular expression", token.range)),
            Kind::Sign(_) if !is_unknown_sign(&token) => {
                Err(Refusal::syntax("expected a value", token.range))
            }
            Kind::Sign(_) => Err(refuse(&token)),
            Kind::Name(ref name) => self.name(name, &token),
        }
    }

    fn name(&mut self, name: &str, token: &Token) -> Result<Expr, Refusal> {
        let conversion = match name {
            "true" => return Ok(Expr::Bool(true)),
            "false" => return Ok(Expr::Bool(false)),
            "null" => return Ok(Expr::Null),
            "undefined" => return Ok(Expr::Undefined),
            "NaN" => return Ok(Expr::Number(f64::NAN)),
            "Infinity" => return Ok(Expr::Number(f64::INFINITY)),
            "String" => Conversion::String,
            "Number" => Conversion::Number,
            "Boolean" => Conversion::Boolean,
            _ => return self.function(name, token)?.ok_or_else(|| refuse(token)),
        };
        if self.sign("(").is_none() {
            return Err(Refusal::needs(format!("`{name}` other than as `{name}(x)`"), token.range.clone()));
        }
        let mut operands = self.list(")")?;
        match (operands.len(), operands.pop()) {
            (1, Some(operand)) => Ok(Expr::Convert(conversion, Box::new(operand))),
            _ => Err(Refusal::needs(format!("`{name}` of other than one value"), token.range.clone())),
        }
    }

    /// `parseInt(…)`, `Math.max(…)`; none where another name stands.
    fn function(&mut self, name: &str, token: &Token) -> Result<Option<Expr>, Refusal> {
        let mut full = name.to_owned();
        if Function::is_namespace(name) {
            if self.sign(".").is_none() {
                return Ok(None);
            }
            match self.tokens.next() {
                Some(Token { kind: Kind::Name(member), .. }) => full = format!("{name}.{member}"),
                _ => return Ok(None),
            }
        }
        let Some(function) = Function::find(&full) else { return Ok(None) };
        if self.sign("(").is_none() {
            return Err(Refusal::needs(format!("`{full}` without a call"), token.range.clone()));
        }
        Ok(Some(Expr::Function(function, self.list(")")?)))
    }

    fn postfix(&mut self, mut expression: Expr) -> Result<Expr, Refusal> {
        let (mut length, mut chain) = (0, false);
        loop {
            length += 1;
            if length > DEPTH {
                return Err(self.too_deep());
            }
            if self.sign("?.").is_some() {
                chain = true;
                expression = Expr::Optional(Box::new(expression));
                if self.sign("[").is_some() {
                    expression = self.index(expression)?;
                } else {
                    expression = self.member(expression)?;
                }
            } else if self.sign(".").is_some() {
                expression = self.member(expression)?;
            } else if self.sign("[").is_some() {
                expression = self.index(expression)?;
            } else if chain {
                return Ok(Expr::Chain(Box::new(expression)));
            } else {
                return Ok(expression);
            }
        }
    }

    fn index(&mut self, of: Expr) -> Result<Expr, Refusal> {
        let index = self.ternary()?;
        self.expect("]")?;
        Ok(Expr::Index(Box::new([of, index])))
    }

    fn member(&mut self, of: Expr) -> Result<Expr, Refusal> {
        let (name, range) = match self.tokens.next() {
            Some(Token { kind: Kind::Name(name), range, .. }) => (name, range),
            Some(token @ Token { kind: Kind::Sign("("), .. }) => return Err(refuse(&token)),
            Some(token) => return Err(Refusal::syntax("expected a name after `.`", token.range)),
            None => return Err(Refusal::syntax("expected a name after `.`", self.end..self.end)),
        };
        if self.sign("(").is_some() {
            let Some(method) = Method::find(&name) else {
                return Err(Refusal::needs(format!("`{name}`"), range));
            };
            return Ok(Expr::Call(Box::new(of), method, self.list(")")?));
        }
        if INHERITED.contains(&name.as_str()) {
            return Err(Refusal::needs(format!("`{name}`"), range));
        }
        Ok(Expr::Member(Box::new(of), name))
    }
}

/// `??` and `||` or `&&` side by side are a syntax error in JavaScript.
fn mixes(operator: Operator, left: &Expr, right: &Expr) -> bool {
    let is =
        |side: &Expr, wanted: &[Operator]| matches!(side, Expr::Binary(found, _) if wanted.contains(found));
    match operator {
        Operator::Coalesce => {
            let wanted = [Operator::Or, Operator::And];
            is(left, &wanted) || is(right, &wanted)
        }
        Operator::Or | Operator::And => is(left, &[Operator::Coalesce]) || is(right, &[Operator::Coalesce]),
        _ => false,
    }
}

fn is_unknown_sign(token: &Token) -> bool {
    let known = ["?", ":", "(", ")", "[", "]", "{", "}", ".", "?.", "!", ","];
    matches!(token.kind, Kind::Sign(sign) if !known.contains(&sign)
        && !LEVELS.iter().any(|level| level.iter().any(|(operator, _)| *operator == sign)))
}

/// A token that has no place in a script of an accepted shape.
fn refuse(token: &Token) -> Refusal {
    let range = token.range.clone();
    match &token.kind {
        _ if token.line => Refusal::needs("a second statement", range),
        Kind::Sign("{" | "}") => Refusal::needs("braces", range),
        Kind::Sign("(") => Refusal::needs("a call", range),
        Kind::Sign(sign) if is_unknown_sign(token) || *sign == "," => {
            Refusal::needs(format!("`{sign}`"), range)
        }
        Kind::Sign(sign) => Refusal::syntax(format!("`{sign}` has no place here"), range),
        Kind::Name(name) => Refusal::needs(format!("`{name}`"), range),
        Kind::Template(_) => Refusal::needs("a tagged template", range),
        _ => Refusal::syntax("expected an operator or the end of the script", range),
    }
}
