//! Carrying plans out.

use std::borrow::Cow;
use std::cell::Cell;

use crate::function;
use crate::limits::Limits;
use crate::path::Step;
use crate::plan::{PathStep, Plan};
use crate::rendered::{self, Rendered};
use crate::run::{Answer, EvalError, Run};
use crate::section::Section;
use crate::template::Template;
use crate::value::Value;

static NULL: Value = Value::Null;

/// Everything an expression can read during one run.
pub(crate) struct Context<'a> {
    run: &'a Run,
    answer: Option<&'a Answer>,
    pre_response: &'a Value,
    mapped: &'a Value,
    constants: Vec<(&'a str, Rendered<'static>)>,
    literals: &'a [(String, Plan)],
    /// What may still be written, in bytes; shared by everything that one run makes.
    left: Cell<usize>,
}

impl<'a> Context<'a> {
    /// The context of a run, its constants made.
    pub(crate) fn new(run: &'a Run, constants: &'a [(String, Plan)]) -> Result<Self, EvalError> {
        let mut context = Self {
            run,
            answer: None,
            pre_response: &NULL,
            mapped: &NULL,
            constants: Vec::new(),
            literals: constants,
            left: Cell::new(Limits::DATA.bytes),
        };
        for (name, plan) in constants {
            if !matches!(plan, Plan::Literal(_)) {
                let made =
                    context.eval(plan).map_err(|error| error.within(name).within("constants"))?.detach();
                context.constants.push((name, made));
            }
        }
        Ok(context)
    }

    pub(crate) fn with_answer(mut self, answer: &'a Answer) -> Self {
        self.answer = Some(answer);
        self
    }

    pub(crate) fn with_pre_response(mut self, value: &'a Value) -> Self {
        self.pre_response = value;
        self
    }

    pub(crate) fn with_mapped(mut self, value: &'a Value) -> Self {
        self.mapped = value;
        self
    }

    pub(crate) fn eval<'c>(&'c self, plan: &'c Plan) -> Result<Rendered<'c>, EvalError> {
        Ok(match plan {
            Plan::Literal(value) => Rendered::Data(value),
            Plan::Array(items) => Rendered::Array(self.array(items)?),
            Plan::Object(members) => Rendered::Object(self.object(members)?),
            Plan::Concat(parts) => self.concat(parts)?,
            Plan::Secret(name) => rendered::secret(name),
            Plan::Read { section, path } => self.read(*section, path)?,
            Plan::Pick { from, path } => self.walk(self.eval(from)?, path)?,
            Plan::Timestamp => Rendered::Own(Value::from(self.run.timestamp_ms)),
            Plan::DateTime(of) => {
                let of = self.eval(of)?;
                let time = function::to_date_time(self.plain(&of)?).map_err(EvalError::new)?;
                Rendered::Own(time)
            }
            Plan::IsTrue(of) => Rendered::Own(Value::Bool(self.holds(of)?)),
            Plan::If(branches) => {
                self.eval(if self.holds(&branches.condition)? { &branches.yes } else { &branches.no })?
            }
            Plan::Convert { kind, from } => {
                Rendered::Own(kind.convert(self.own(self.eval(from)?)?).map_err(EvalError::new)?)
            }
            Plan::Script(script) => {
                Rendered::Own(script.run(self).map_err(|error| error.within("evaluate"))?)
            }
        })
    }

    fn array<'c>(&'c self, items: &'c [Plan]) -> Result<Vec<Rendered<'c>>, EvalError> {
        let item =
            |(index, plan)| self.eval(plan).map_err(|error: EvalError| error.within(&format!("[{index}]")));
        items.iter().enumerate().map(item).collect()
    }

    fn object<'c>(
        &'c self,
        members: &'c [(String, Plan)],
    ) -> Result<Vec<(Cow<'c, str>, Rendered<'c>)>, EvalError> {
        let member = |(key, plan): &'c (String, Plan)| {
            let value = self.eval(plan).map_err(|error| error.within(key))?;
            Ok((Cow::Borrowed(key.as_str()), value))
        };
        members.iter().map(member).collect()
    }

    /// Text made of several values.
    pub(crate) fn concat<'c>(&'c self, parts: &'c [Plan]) -> Result<Rendered<'c>, EvalError> {
        let mut out = Template::default();
        for part in parts {
            match part.as_text() {
                Some(text) => out.push_text(text),
                None => {
                    let before = rendered::text_length(&out);
                    self.eval(part)?.write_text(&mut out).map_err(refused)?;
                    self.spend(rendered::text_length(&out) - before)?;
                }
            }
        }
        Ok(out.into())
    }

    /// Whether a condition holds.
    pub(crate) fn holds(&self, plan: &Plan) -> Result<bool, EvalError> {
        let condition = self.eval(plan)?;
        match &condition {
            Rendered::Array(_) | Rendered::Object(_) => Ok(false),
            other => self.plain(other).map(function::is_true),
        }
    }

    fn read<'c>(&'c self, section: Section, path: &'c [PathStep]) -> Result<Rendered<'c>, EvalError> {
        let answer = |pick: fn(&'a Answer) -> &'a Value| self.answer.map_or(&NULL, pick);
        let root = match section {
            Section::Constants => return self.read_constants(path),
            Section::Input => &self.run.input,
            Section::Variables => self.run.input.step(&Step::new("variables")).unwrap_or(&NULL),
            Section::Response => answer(|answer| &answer.response),
            Section::Meta => answer(|answer| &answer.meta),
            Section::PreResponse => self.pre_response,
            Section::ResponseMapping => self.mapped,
            Section::Agency => &self.run.unit,
            Section::Clan => &self.run.tenant,
        };
        self.walk(Rendered::Data(root), path)
    }

    /// The adapter's own constants come before the integration's.
    fn read_constants<'c>(&'c self, path: &'c [PathStep]) -> Result<Rendered<'c>, EvalError> {
        let Some((first, rest)) = path.split_first() else { return Ok(self.all_constants()) };
        let name = self.step(first)?;
        let constant = match self.constant(name.as_str()) {
            Some(constant) => constant,
            None => Rendered::Data(self.run.constants.step(&name).unwrap_or(&NULL)),
        };
        self.walk(constant, rest)
    }

    fn constant<'c>(&'c self, name: &str) -> Option<Rendered<'c>> {
        if let Some((_, made)) = self.constants.iter().find(|(key, _)| *key == name) {
            return Some(made.borrow());
        }
        self.literals.iter().find_map(|(key, plan)| match plan {
            Plan::Literal(value) if key == name => Some(Rendered::Data(value)),
            _ => None,
        })
    }

    fn all_constants(&self) -> Rendered<'_> {
        let own = self.literals.iter().filter_map(|(key, _)| Some((key.as_str(), self.constant(key)?)));
        let integration = self.run.constants.as_object().into_iter().flat_map(|object| object.iter());
        let theirs = integration
            .filter(|(key, _)| !self.literals.iter().any(|(own, _)| own == key))
            .map(|(key, value)| (key, Rendered::Data(value)));
        Rendered::Object(own.chain(theirs).map(|(key, value)| (Cow::Borrowed(key), value)).collect())
    }

    fn walk<'c>(&'c self, from: Rendered<'c>, path: &'c [PathStep]) -> Result<Rendered<'c>, EvalError> {
        path.iter().try_fold(from, |value, step| Ok(value.step(&*self.step(step)?)))
    }

    fn step<'c>(&'c self, step: &'c PathStep) -> Result<Cow<'c, Step>, EvalError> {
        match step {
            PathStep::Key(key) => Ok(Cow::Borrowed(key)),
            PathStep::Value(plan) => {
                let text = self.eval(plan)?.to_template().map_err(refused)?;
                let text = text.into_text().map_err(|template| leak(&template))?;
                Ok(Cow::Owned(Step::new(text)))
            }
        }
    }

    /// The value of data that a function looks at.
    fn plain<'v>(&self, rendered: &'v Rendered<'_>) -> Result<&'v Value, EvalError> {
        match rendered {
            Rendered::Data(value) => Ok(value),
            Rendered::Own(value) => Ok(value),
            Rendered::Text(template) => Err(leak(template)),
            _ => Err(EvalError::new("a plain value is needed here, not an object or an array")),
        }
    }

    /// A value of its own, without holes.
    pub(crate) fn own(&self, rendered: Rendered<'_>) -> Result<Value, EvalError> {
        match rendered {
            Rendered::Data(value) => {
                self.spend(size(value))?;
                Ok(value.clone())
            }
            Rendered::Own(value) => Ok(value),
            Rendered::Text(template) => Err(leak(&template)),
            Rendered::Array(items) => {
                Ok(Value::Array(items.into_iter().map(|item| self.own(item)).collect::<Result<_, _>>()?))
            }
            Rendered::Object(members) => {
                let own = |(key, value): (Cow<'_, str>, _)| Ok((key.into_owned(), self.own(value)?));
                Ok(Value::Object(members.into_iter().map(own).collect::<Result<_, EvalError>>()?))
            }
        }
    }

    /// A value that leaves the run, within the limits of data.
    pub(crate) fn result(&self, plan: &Plan) -> Result<Value, EvalError> {
        within_depth(self.own(self.eval(plan)?)?)
    }

    /// Counts what a run makes against its limit.
    pub(crate) fn spend(&self, bytes: usize) -> Result<(), EvalError> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(EvalError::new(format!("the run makes more than {} bytes", Limits::DATA.bytes))),
        }
    }
}

fn within_depth(value: Value) -> Result<Value, EvalError> {
    let most = Limits::DATA.depth;
    if depth(&value) > most {
        return Err(EvalError::new(format!("the value is nested deeper than {most}")));
    }
    Ok(value)
}

pub(crate) fn refused(error: crate::template::EncodeError) -> EvalError {
    EvalError::new(error.to_string())
}

/// A secret came where none may be. The check finds this; should it ever not, the run ends here.
pub(crate) fn leak(template: &Template) -> EvalError {
    let name = rendered::hole_name(template).unwrap_or("?");
    EvalError::new(format!(
        "the secret `{name}` may end only in the URL, a header or the body of the request"
    ))
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(object) => 1 + object.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
        _ => 0,
    }
}

/// About what a value takes in memory.
fn size(value: &Value) -> usize {
    const NODE: usize = size_of::<Value>();
    NODE + match value {
        Value::String(text) => text.len(),
        Value::Number(number) => number.as_str().len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(object) => object.iter().map(|(key, value)| NODE + key.len() + size(value)).sum(),
        Value::Null | Value::Bool(_) => 0,
    }
}

#[cfg(test)]
mod tests;
