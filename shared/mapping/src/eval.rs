//! Carrying plans out.

mod constants;
mod make;
mod meter;
mod taint;
mod write;

use std::borrow::Cow;

use crate::function;
use crate::limits::Used;
use crate::path::Step;
use crate::plan::{PathStep, Plan};
use crate::rendered::{self, Rendered};
use crate::run::{Answer, EvalError, Run};
use crate::section::Section;
use crate::template::Template;
use crate::value::Value;
use meter::{BYTES_A_STEP, Meter};
use taint::Taint;

static NULL: Value = Value::Null;

/// Everything an expression can read during one run.
pub(crate) struct Context<'a> {
    run: &'a Run,
    answer: Option<&'a Answer>,
    pre_response: &'a Value,
    mapped: &'a Value,
    /// The adapter's constants.
    constants: &'a [(String, Plan)],
    /// How many of them can be read: one that is being made reads those above it.
    readable: usize,
    /// Those of them that depend on data, made.
    made: Vec<(&'a str, Rendered<'static>)>,
    /// What the value is made of that is to become a secret, while it is made.
    taint: Taint<'a>,
    meter: Meter,
}

impl<'a> Context<'a> {
    /// The context of a run, its constants made.
    pub(crate) fn new(run: &'a Run, constants: &'a [(String, Plan)]) -> Result<Self, EvalError> {
        let mut context = Self {
            run,
            answer: None,
            pre_response: &NULL,
            mapped: &NULL,
            constants,
            readable: 0,
            made: Vec::new(),
            taint: Taint::default(),
            meter: Meter::new(run.limits),
        };
        for (index, (name, plan)) in constants.iter().enumerate() {
            if !plan.is_static() {
                context.readable = index;
                let made = context.detached(plan).map_err(|error| error.within(name).within("constants"))?;
                context.made.push((name, made));
            }
        }
        context.readable = constants.len();
        Ok(context)
    }

    /// The randomness of the step.
    pub(crate) fn seed(&self) -> &[u8; 16] {
        &self.run.seed
    }

    /// What the run was given.
    pub(crate) fn given(&self) -> &'a Run {
        self.run
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

    /// What the run has used so far.
    pub(crate) fn used(&self) -> Used {
        self.meter.used()
    }

    /// Takes steps for work that evaluating alone does not show.
    pub(crate) fn burn(&self, steps: usize) -> Result<(), EvalError> {
        self.meter.burn(steps)
    }

    /// Counts what a run makes against its limit.
    pub(crate) fn spend(&self, bytes: usize) -> Result<(), EvalError> {
        self.meter.spend(bytes)
    }

    pub(crate) fn eval<'c>(&'c self, plan: &'c Plan) -> Result<Rendered<'c>, EvalError> {
        self.burn(1)?;
        Ok(match plan {
            Plan::Literal(value) => Rendered::Data(value),
            Plan::Shared(plan) => self.eval(plan)?,
            Plan::Array(items) => Rendered::Array(self.array(items)?),
            Plan::Object(members) => Rendered::Object(self.object(members)?),
            Plan::Concat(parts) => self.concat(parts)?,
            Plan::Secret(name) => rendered::secret(name),
            Plan::Read { section, path } => self.read(*section, path)?,
            Plan::Pick { from, path } => self.walk(self.eval(from)?, path)?,
            Plan::Timestamp => Rendered::Own(Value::from(self.run.timestamp_ms)),
            Plan::Uuid(place) => Rendered::Own(Value::from(function::uuid(&self.run.seed, place))),
            Plan::Apply(apply) => apply.eval(self)?,
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
        if let [Plan::Literal(text @ Value::String(_))] = parts {
            return Ok(Rendered::Data(text));
        }
        let mut out = Template::default();
        for part in parts {
            match part.as_text() {
                Some(text) => self.put(text, &mut out)?,
                None => self.write_text(&self.eval(part)?, &mut out)?,
            }
        }
        Ok(out.into())
    }

    /// Whether a condition holds.
    pub(crate) fn holds(&self, plan: &Plan) -> Result<bool, EvalError> {
        let condition = self.eval(plan)?;
        match &condition {
            Rendered::Array(_) | Rendered::Object(_) => Ok(false),
            other => {
                let value = self.plain(other)?;
                // The digits of a number are read, and may be many.
                self.burn(value.as_number().map_or(0, |number| number.as_str().len() / BYTES_A_STEP))?;
                Ok(function::is_true(value))
            }
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
        let value = self.walk(Rendered::Data(root), path)?;
        self.note(section, path, &value)?;
        Ok(value)
    }

    fn walk<'c>(&'c self, from: Rendered<'c>, path: &'c [PathStep]) -> Result<Rendered<'c>, EvalError> {
        path.iter().try_fold(from, |value, step| Ok(value.step(&*self.step(step)?)))
    }

    fn step<'c>(&'c self, step: &'c PathStep) -> Result<Cow<'c, Step>, EvalError> {
        match step {
            PathStep::Key(key) => Ok(Cow::Borrowed(key)),
            PathStep::Value(plan) => {
                let mut text = Template::default();
                self.write_text(&self.eval(plan)?, &mut text)?;
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

#[cfg(test)]
mod tests;
