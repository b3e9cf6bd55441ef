//! `requestMapping`: from plans to a request.

mod body;
mod compile;
mod form;
mod format;
mod places;
mod url;
mod xml;

use std::time::Duration;

use crate::eval::{Context, refused};
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::{EvalError, Request};
use crate::template::{Encoder, Template};
use crate::value::{Number, Value};

use body::BodyPlan;
pub(crate) use compile::compile;
use format::Format;
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
}

impl RequestPlan {
    pub(crate) fn render(&self, context: &Context<'_>) -> Result<Request, EvalError> {
        let at = |place: &'static str| move |error: EvalError| error.within(place);
        let method = self.render_method(context).map_err(at("method"))?;
        let url = self.render_url(context)?;
        let mut headers = self.render_headers(context).map_err(at("headers"))?;
        let declared = content_type(&headers);
        let (body, default_type) = match &self.body {
            Some(plan) => body::render(plan, declared, context).map_err(at("body"))?,
            None => (None, None),
        };
        headers.extend(
            default_type.map(|content_type| ("Content-Type".to_owned(), Template::text(content_type))),
        );
        let timeout = self.render_timeout(context).map_err(at("timeout"))?;
        Ok(Request { method, url, headers, body, timeout })
    }

    fn render_method(&self, context: &Context<'_>) -> Result<String, EvalError> {
        let Some(plan) = &self.method else { return Ok("GET".to_owned()) };
        match context.own(context.eval(plan)?)? {
            Value::String(method) => parse_method(&method).ok_or_else(|| EvalError::new(NOT_A_METHOD)),
            _ => Err(EvalError::new(NOT_A_METHOD)),
        }
    }

    fn render_url(&self, context: &Context<'_>) -> Result<Template, EvalError> {
        let mut writer = UrlWriter::default();
        for part in &self.url {
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
        form::pairs(context.eval(plan)?, &mut |name, value| {
            writer.pair(name, value.to_template().map_err(refused)?)
        })
    }

    fn render_headers(&self, context: &Context<'_>) -> Result<Vec<(String, Template)>, EvalError> {
        let mut headers = Vec::with_capacity(self.headers.len() + 1);
        for (name, plan) in &self.headers {
            let mut push = |value: &Rendered<'_>| header(name, value, &mut headers);
            let rendered = match context.eval(plan).map_err(|error| error.within(name))? {
                Rendered::Data(Value::Array(items)) => {
                    items.iter().try_for_each(|item| push(&Rendered::Data(item)))
                }
                Rendered::Array(items) => items.iter().try_for_each(push),
                value => push(&value),
            };
            rendered.map_err(|error| error.within(name))?;
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

/// A header; none for null.
fn header(name: &str, value: &Rendered<'_>, headers: &mut Vec<(String, Template)>) -> Result<(), EvalError> {
    if value.is_null() {
        return Ok(());
    }
    let mut template = Template::default();
    template.place(value.to_template().map_err(refused)?, Encoder::Header).map_err(refused)?;
    headers.push((name.to_owned(), template));
    Ok(())
}

/// What the headers say of the body; a content type that is secret says nothing.
fn content_type(headers: &[(String, Template)]) -> Option<Format> {
    let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"))?;
    Some(value.as_text().map_or(Format::Text, Format::of))
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
