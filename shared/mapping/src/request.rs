//! `requestMapping`: from plans to a request.

mod body;
mod compile;
mod destination;
mod form;
mod format;
mod members;
mod multipart;
mod places;
mod ready;
mod url;
mod xml;

use std::time::Duration;

use crate::eval::{Context, refused};
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::{EvalError, Request};
use crate::template::{Encoder, Template};
use crate::value::{Number, Value};

use body::{BodyPlan, Made};
pub(crate) use compile::compile;
use format::Format;
use ready::Ready;
use url::{UrlPart, UrlWriter};

/// `requestMapping`, compiled.
#[derive(Debug, Default)]
pub(crate) struct RequestPlan {
    method: Option<Plan>,
    url: Vec<UrlPart>,
    query: Option<Plan>,
    headers: Vec<(String, Plan)>,
    body: Option<BodyPlan>,
    timeout: Option<Plan>,
    ready: Ready,
}

impl RequestPlan {
    pub(crate) fn render(&self, context: &Context<'_>) -> Result<Request, EvalError> {
        let at = |place: &'static str| move |error: EvalError| error.within(place);
        let method = self.render_method(context).map_err(at("method"))?;
        let url = self.render_url(context)?;
        let mut headers = self.render_headers(context).map_err(at("headers"))?;
        let declared = self.ready.content_type.or_else(|| content_type(&headers));
        let made = match &self.body {
            Some(plan) => body::render(plan, declared, context).map_err(at("body"))?,
            None => Made::default(),
        };
        if let Some(boundary) = made.boundary {
            multipart::name_boundary(&mut headers, &boundary).map_err(at("headers"))?;
        }
        headers.extend(
            made.content_type.map(|content_type| ("Content-Type".to_owned(), Template::text(content_type))),
        );
        let timeout = self.render_timeout(context).map_err(at("timeout"))?;
        Ok(Request { method, url, headers, body: made.body, timeout, used: context.used() })
    }

    fn render_method(&self, context: &Context<'_>) -> Result<String, EvalError> {
        if let Some(method) = &self.ready.method {
            return Ok(method.clone());
        }
        let Some(plan) = &self.method else { return Ok("GET".to_owned()) };
        match context.own(context.eval(plan)?)? {
            Value::String(method) => parse_method(&method).ok_or_else(|| EvalError::new(NOT_A_METHOD)),
            _ => Err(EvalError::new(NOT_A_METHOD)),
        }
    }

    fn render_url(&self, context: &Context<'_>) -> Result<Template, EvalError> {
        let mut writer = self.ready.url.clone();
        for part in &self.url[self.ready.url_parts..] {
            writer.part(part, context).map_err(|error| error.within("url"))?;
        }
        if let Some(plan) = &self.query {
            self.render_query(plan, &mut writer, context).map_err(|error| error.within("query"))?;
        }
        writer.finish().map_err(|error| error.within("url"))
    }

    fn render_query(
        &self,
        plan: &Plan,
        writer: &mut UrlWriter,
        context: &Context<'_>,
    ) -> Result<(), EvalError> {
        form::pairs(&context.eval(plan)?, context, |name, value| {
            context.weigh(value)?;
            let before = writer.size();
            writer.pair(name, value.to_template().map_err(refused)?)?;
            context.spend((writer.size() - before).saturating_sub(name.len()))
        })
    }

    fn render_headers(&self, context: &Context<'_>) -> Result<Vec<(String, Template)>, EvalError> {
        let mut headers = Vec::with_capacity(self.headers.len() + 1);
        for ((name, plan), ready) in self.headers.iter().zip(&self.ready.headers) {
            match ready {
                Some(value) => headers.push((name.clone(), value.clone())),
                None => {
                    // Data says how often a header is repeated.
                    let mut push = |value| {
                        context.spend(size_of::<(String, Template)>() + name.len())?;
                        headers.push((name.clone(), value));
                        Ok(())
                    };
                    render_header(plan, context, &mut push).map_err(|error| error.within(name))?;
                }
            }
        }
        Ok(headers)
    }

    fn render_timeout(&self, context: &Context<'_>) -> Result<Option<Duration>, EvalError> {
        let Some(plan) = &self.timeout else { return Ok(None) };
        match context.own(context.eval(plan)?)? {
            Value::Null => Ok(None),
            value => parse_timeout(&value).map(Some).ok_or_else(|| EvalError::new(NOT_A_TIMEOUT)),
        }
    }
}

const NOT_A_METHOD: &str = "expected an HTTP method, such as \"POST\"";
const NOT_A_TIMEOUT: &str = "expected a time such as \"30s\", \"1500ms\" or \"2m\", or a number of seconds";

/// The values of a header: those of an array are one each.
fn render_header(
    plan: &Plan,
    context: &Context<'_>,
    push: &mut impl FnMut(Template) -> Result<(), EvalError>,
) -> Result<(), EvalError> {
    let mut each = |value: &Rendered<'_>| header(value, context)?.into_iter().try_for_each(&mut *push);
    match context.eval(plan)? {
        Rendered::Data(Value::Array(items)) => items.iter().try_for_each(|item| each(&Rendered::Data(item))),
        Rendered::Array(items) => items.iter().try_for_each(each),
        value => each(&value),
    }
}

/// The value of a header; none for null.
fn header(value: &Rendered<'_>, context: &Context<'_>) -> Result<Option<Template>, EvalError> {
    if value.is_null() {
        return Ok(None);
    }
    let mut text = Template::default();
    context.write_text(value, &mut text)?;
    let mut header = Template::default();
    header.place(text, Encoder::Header).map_err(refused)?;
    Ok(Some(header))
}

/// What the headers say of the body; a content type that is secret says nothing.
fn content_type(headers: &[(String, Template)]) -> Option<Format> {
    let (_, value) = headers.iter().find(|(name, _)| is_content_type(name))?;
    Some(format_of(value))
}

fn is_content_type(header: &str) -> bool {
    header.eq_ignore_ascii_case("content-type")
}

fn format_of(content_type: &Template) -> Format {
    content_type.as_text().map_or(Format::Text, Format::of)
}

/// A method as RFC 9110 (9.1) has it: a token; written in capitals.
fn parse_method(text: &str) -> Option<String> {
    let method = text.trim();
    is_token(method).then(|| method.to_ascii_uppercase())
}

/// RFC 9110, 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// `30s`, `1500ms`, `2m`, or a number of seconds; at most a day.
fn parse_timeout(value: &Value) -> Option<Duration> {
    const DAY: f64 = 86_400.0;
    let seconds = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let text = text.trim();
            let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let unit = match &text[digits.len()..] {
                "ms" => 0.001,
                "s" | "" => 1.0,
                "m" => 60.0,
                _ => return None,
            };
            Number::parse(digits.trim_end())?.as_f64() * unit
        }
        _ => return None,
    };
    (seconds > 0.0 && seconds <= DAY).then(|| Duration::from_secs_f64(seconds))
}
