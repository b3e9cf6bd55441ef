//! What is the same in every request, made once.

use super::format::Format;
use super::url::UrlWriter;
use super::{RequestPlan, format_of, header, is_content_type, parse_method};
use crate::eval::Context;
use crate::plan::Plan;
use crate::run::Run;
use crate::template::Template;
use crate::value::Value;

/// The parts of a request that no run changes. What cannot be made is left to the run, which tells why.
#[derive(Debug, Default)]
pub(super) struct Ready {
    pub(super) method: Option<String>,
    /// The URL up to the first value that depends on the run, and of how many parts that is.
    pub(super) url: UrlWriter,
    pub(super) url_parts: usize,
    /// For each header its value, if it is one and no run changes it.
    pub(super) headers: Vec<Option<Template>>,
    /// The form of the body, if a header says it and no run changes that.
    pub(super) content_type: Option<Format>,
}

impl RequestPlan {
    /// Makes what is the same in every request. Called once, when everything else is compiled.
    pub(super) fn prepare(&mut self) {
        let run = Run::default();
        let Ok(context) = Context::new(&run, &[]) else { return };
        self.ready.method = self.method.as_ref().and_then(Plan::as_text).and_then(parse_method);
        let fixed = self.url.iter().take_while(|part| part.is_static()).count();
        let (writer, written) = self.written(fixed, &context);
        // What cannot be written may be written in part: then the rest is written anew.
        let (writer, written) =
            if written < fixed { self.written(written, &context) } else { (writer, fixed) };
        (self.ready.url, self.ready.url_parts) = (writer, written);
        self.ready.headers = self.headers.iter().map(|(_, plan)| ready_header(plan, &context)).collect();
        let named = self.headers.iter().position(|(name, _)| is_content_type(name));
        let declared = named.and_then(|at| self.ready.headers[at].as_ref());
        self.ready.content_type = declared.map(format_of);
    }

    /// The first `count` parts of the URL, and how many of them could be written.
    fn written(&self, count: usize, context: &Context<'_>) -> (UrlWriter, usize) {
        let mut writer = UrlWriter::default();
        let mut parts = self.url[..count].iter();
        let failed = parts.position(|part| writer.part(part, context).is_err());
        (writer, failed.unwrap_or(count))
    }
}

fn ready_header(plan: &Plan, context: &Context<'_>) -> Option<Template> {
    let many_or_none = matches!(plan, Plan::Literal(Value::Null | Value::Array(_)) | Plan::Array(_));
    if many_or_none || !plan.is_static() {
        return None;
    }
    let value = context.eval(plan).ok()?;
    header(&value, context).ok()?
}
