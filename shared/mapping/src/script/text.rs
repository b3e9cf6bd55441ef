//! The methods of strings, whose places are UTF-16 units.

use std::borrow::Cow;

use super::call::{Arguments, Method};
use super::coerce::{Js, Result, Stop, is_space};
use super::cost::Cost;
use crate::value::Value;

/// The length in UTF-16 units.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// A stretch of text, by UTF-16 units; half a surrogate pair is no text that JSON could hold.
pub(super) fn cut(text: &str, from: usize, to: usize, cost: Cost<'_>) -> Result<String> {
    // A unit is a byte, or up to three.
    let units = to.saturating_sub(from).min(text.len());
    cost.make(units)?;
    if text.is_ascii() {
        return Ok(text.get(from..to).unwrap_or_default().to_owned());
    }
    let cut: Vec<u16> = text.encode_utf16().skip(from).take(units).collect();
    let cut = String::from_utf16(&cut).map_err(|_| HALF)?;
    cost.make(cut.len().saturating_sub(units))?;
    Ok(cut)
}

const HALF: Stop = Stop::Beyond("the script takes half of a character");

pub(super) fn call<'c>(method: Method, this: Cow<'c, str>, arguments: &Arguments<'c>) -> Result<Js<'c>> {
    let (text, cost) = (&*this, arguments.1);
    if method != Method::ToString {
        cost.read(text.len())?;
    }
    Ok(match method {
        Method::At => at(text, arguments)?,
        Method::CharAt => match arguments.integer(0)?.unwrap_or(0.0) {
            at if at < 0.0 || at >= length(text) as f64 => Js::text_of(""),
            at => Js::text_of(cut(text, at as usize, at as usize + 1, cost)?),
        },
        Method::Concat => {
            cost.make(text.len())?;
            let mut out = text.to_owned();
            for argument in &arguments.0 {
                let more = argument.text(cost)?;
                cost.make(more.len())?;
                out.push_str(&more);
            }
            Js::text_of(out)
        }
        Method::StartsWith | Method::EndsWith if arguments.0.len() > 1 => {
            return Err(Stop::Beyond("the script looks for text from a place on"));
        }
        Method::StartsWith => Js::Bool(text.starts_with(&*arguments.text(0)?)),
        Method::EndsWith => Js::Bool(text.ends_with(&*arguments.text(0)?)),
        Method::Includes => Js::Bool(index_of(text, arguments)?.is_some()),
        Method::IndexOf => Js::Number(index_of(text, arguments)?.map_or(-1.0, |at| at as f64)),
        Method::LastIndexOf if arguments.0.len() < 2 => {
            let found = text.rfind(&*arguments.text(0)?);
            Js::Number(found.map_or(-1.0, |at| length(&text[..at]) as f64))
        }
        Method::PadStart => pad(text, arguments, |fill| format!("{fill}{text}"))?,
        Method::PadEnd => pad(text, arguments, |fill| format!("{text}{fill}"))?,
        Method::Repeat => repeat(text, arguments)?,
        Method::Replace => replace(text, arguments, 1)?,
        Method::ReplaceAll => replace(text, arguments, usize::MAX)?,
        Method::Slice => {
            let length = length(text);
            let (from, to) = (arguments.relative(0, length, 0)?, arguments.relative(1, length, length)?);
            Js::text_of(cut(text, from, to, cost)?)
        }
        Method::Split => split(text, arguments)?,
        Method::Substring => {
            let length = length(text);
            let (a, b) = (arguments.clamped(0, length, 0)?, arguments.clamped(1, length, length)?);
            Js::text_of(cut(text, a.min(b), a.max(b), cost)?)
        }
        Method::ToLowerCase => in_case(text, str::to_lowercase, cost)?,
        Method::ToUpperCase => in_case(text, str::to_uppercase, cost)?,
        Method::ToString => return Ok(Js::Text(this)),
        Method::Trim => made(text.trim_matches(is_space), cost)?,
        Method::TrimStart => made(text.trim_start_matches(is_space), cost)?,
        Method::TrimEnd => made(text.trim_end_matches(is_space), cost)?,
        Method::Join | Method::ToFixed | Method::LastIndexOf => {
            return Err(Stop::Beyond("the script calls a method of text that is not compiled"));
        }
    })
}

fn at<'c>(text: &str, arguments: &Arguments<'_>) -> Result<Js<'c>> {
    let length = length(text) as f64;
    let at = arguments.integer(0)?.unwrap_or(0.0);
    let at = if at < 0.0 { length + at } else { at };
    if !(0.0..length).contains(&at) {
        return Ok(Js::Undefined);
    }
    cut(text, at as usize, at as usize + 1, arguments.1).map(Js::text_of)
}

/// Where text is found first, from a place on.
fn index_of(text: &str, arguments: &Arguments<'_>) -> Result<Option<usize>> {
    let wanted = arguments.text(0)?;
    let all = length(text);
    let from = arguments.clamped(1, all, 0)?;
    if wanted.is_empty() {
        return Ok(Some(from));
    }
    let start = if text.is_ascii() { from } else { byte_at(text, from) };
    Ok(text[start..].find(&*wanted).map(|at| length(&text[..start + at])))
}

/// The byte of the first character that starts at a UTF-16 unit or behind it.
fn byte_at(text: &str, unit: usize) -> usize {
    let mut units = 0;
    for (byte, character) in text.char_indices() {
        if units >= unit {
            return byte;
        }
        units += character.len_utf16();
    }
    text.len()
}

fn pad<'c>(text: &str, arguments: &Arguments<'_>, place: impl Fn(&str) -> String) -> Result<Js<'c>> {
    let wanted = arguments.integer(0)?.unwrap_or(0.0);
    let length = length(text) as f64;
    let fill = match arguments.get(1) {
        Js::Undefined => Cow::Borrowed(" "),
        given => given.text(arguments.1)?,
    };
    if wanted <= length || fill.is_empty() {
        return made(text, arguments.1);
    }
    if wanted > super::MOST as f64 {
        return Err(super::TOO_MUCH);
    }
    let missing = (wanted - length) as usize;
    arguments.1.make(text.len() + missing)?;
    let units: Vec<u16> = fill.encode_utf16().cycle().take(missing).collect();
    let fill = String::from_utf16(&units).map_err(|_| HALF)?;
    arguments.1.make(fill.len().saturating_sub(missing))?;
    Ok(Js::text_of(place(&fill)))
}

fn repeat<'c>(text: &str, arguments: &Arguments<'_>) -> Result<Js<'c>> {
    let count = arguments.integer(0)?.unwrap_or(0.0);
    if count < 0.0 || count.is_infinite() {
        return Err(Stop::Beyond("the script repeats text a number of times that there is not"));
    }
    if text.is_empty() {
        return Ok(Js::text_of(""));
    }
    if text.len() as f64 * count > super::MOST as f64 {
        return Err(super::TOO_MUCH);
    }
    arguments.1.make(text.len() * count as usize)?;
    Ok(Js::text_of(text.repeat(count as usize)))
}

fn replace<'c>(text: &str, arguments: &Arguments<'_>, most: usize) -> Result<Js<'c>> {
    let (wanted, by) = (arguments.text(0)?, arguments.text(1)?);
    if by.contains('$') || wanted.is_empty() {
        return Err(Stop::Beyond("the script replaces text by a pattern"));
    }
    let found = text.matches(&*wanted).take(most).count();
    if text.len() + found.saturating_mul(by.len()) > super::MOST {
        return Err(super::TOO_MUCH);
    }
    arguments.1.make(text.len() - found * wanted.len() + found * by.len())?;
    Ok(Js::text_of(text.replacen(&*wanted, &by, most)))
}

fn split<'c>(text: &str, arguments: &Arguments<'_>) -> Result<Js<'c>> {
    if arguments.0.len() > 1 {
        return Err(Stop::Beyond("the script splits text up to a limit"));
    }
    let parts: Vec<Value> = match arguments.get(0) {
        Js::Undefined => {
            arguments.1.make(text.len())?;
            vec![Value::from(text)]
        }
        _ => {
            let separator = arguments.text(0)?;
            let count = if separator.is_empty() { text.len() } else { text.matches(&*separator).count() };
            if count.saturating_mul(size_of::<Value>()) > super::MOST {
                return Err(super::TOO_MUCH);
            }
            arguments.1.make(text.len() + (count + 1) * size_of::<Value>())?;
            if !separator.is_empty() {
                text.split(&*separator).map(Value::from).collect()
            } else if text.chars().all(|c| c.len_utf16() == 1) {
                text.chars().map(|c| Value::from(c.to_string())).collect()
            } else {
                return Err(HALF);
            }
        }
    };
    Ok(Js::Structure(Cow::Owned(Value::Array(parts))))
}

/// A piece of a text as one of its own.
fn made<'c>(piece: &str, cost: Cost<'_>) -> Result<Js<'c>> {
    cost.make(piece.len())?;
    Ok(Js::text_of(piece))
}

fn in_case<'c>(text: &str, change: fn(&str) -> String, cost: Cost<'_>) -> Result<Js<'c>> {
    cost.make(text.len())?;
    let changed = change(cased(text)?);
    cost.make(changed.len().saturating_sub(text.len()))?;
    Ok(Js::text_of(changed))
}

/// Text whose cases every version of Unicode knows: Latin, up to U+017F.
fn cased(text: &str) -> Result<&str> {
    if text.chars().all(|c| c < '\u{180}') {
        Ok(text)
    } else {
        Err(Stop::Beyond("the script changes the case of other letters than Latin ones"))
    }
}
