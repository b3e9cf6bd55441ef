//! Adapters: checked and compiled once, run often.

mod compile;
mod follow_up;
mod response_xml;

use crate::answer::{self, AnswerError, ForceArray};
use crate::diagnostic::Diagnostic;
use crate::environment::Environment;
use crate::eval::Context;
use crate::limits::Used;
use crate::plan::Plan;
use crate::request::RequestPlan;
use crate::run::{Actions, Answer, Continuation, Due, EvalError, Mapped, Request, Run};
use crate::value::Value;
use follow_up::{ActionPlan, ConnectorPlan};

/// An adapter, checked and compiled. It can be shared between threads and run any number of times.
#[derive(Debug, Default)]
pub struct Adapter {
    name: String,
    warnings: Vec<Diagnostic>,
    integration: Option<String>,
    registers: Vec<String>,
    secrets: Vec<String>,
    compiled_bytes: usize,
    constants: Vec<(String, Plan)>,
    request: RequestPlan,
    force_array: ForceArray,
    pre_response: Option<Plan>,
    response: Option<Plan>,
    actions: Vec<ActionPlan>,
    connector: Option<ConnectorPlan>,
}

impl Adapter {
    /// Checks and compiles the text of an adapter.
    ///
    /// `layer` is what runs wrote into the adapter's register, see [`Register::layer`](crate::Register::layer). Fails with
    /// everything that was found, warnings included, if any of it is an error.
    pub fn compile(
        name: &str,
        text: &str,
        layer: Option<&Value>,
        environment: &dyn Environment,
    ) -> Result<Self, Vec<Diagnostic>> {
        compile::compile(name, text, layer, environment)
    }

    /// The key of the adapter.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its author should look at.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The integration it sends through, if it names one.
    pub fn integration(&self) -> Option<&str> {
        self.integration.as_deref()
    }

    /// The key of every register that was read while compiling, in order. When one of them changes, compile again.
    pub fn registers(&self) -> &[String] {
        &self.registers
    }

    /// The name of every secret that stands in its text, or in the text of a register it reads, in order.
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// How many bytes of authored text it was compiled from, see [`Limits::compiled_bytes`](crate::Limits::compiled_bytes).
    /// Carrying it out may write about as many.
    pub fn compiled_bytes(&self) -> usize {
        self.compiled_bytes
    }

    /// The request for one run.
    pub fn request(&self, run: &Run) -> Result<Request, EvalError> {
        let context = Context::new(run, &self.constants)?;
        self.request.render(&context).map_err(|error| error.within("requestMapping"))
    }

    /// The body of an answer as [`Answer::response`], by its content type: [`answer::to_value`], with the elements that
    /// `responseXml.forceArray` names as arrays even where they stand alone.
    pub fn read(&self, content_type: Option<&str>, body: &[u8]) -> Result<Value, AnswerError> {
        answer::read(content_type, body, &self.force_array)
    }

    /// The mapped result of an answer: [`Adapter::map`] without what stands between.
    pub fn respond(&self, run: &Run, answer: &Answer) -> Result<Value, EvalError> {
        Ok(self.map(run, answer)?.result)
    }

    /// `preResponseMapping`, then `responseMapping`. Without the one or the other its value is null.
    pub fn map(&self, run: &Run, answer: &Answer) -> Result<Mapped, EvalError> {
        let context = Context::new(run, &self.constants)?.with_answer(answer);
        let make = |plan: &Option<Plan>, context: &Context<'_>, place| match plan {
            Some(plan) => context.result(plan).map_err(|error| error.within(place)),
            None => Ok(Value::Null),
        };
        let pre_response = make(&self.pre_response, &context, "preResponseMapping")?;
        let context = context.with_pre_response(&pre_response);
        let result = make(&self.response, &context, "responseMapping")?;
        let used = context.used();
        Ok(Mapped { pre_response, result, used })
    }

    /// What `onResponseActions` asks for after this answer, in order: actions whose `when` holds, and those without a `when`
    /// if the call had no error.
    pub fn actions(&self, run: &Run, answer: &Answer, mapped: &Mapped) -> Result<Actions, EvalError> {
        if self.actions.is_empty() {
            return Ok(Actions { actions: Vec::new(), used: Used::default() });
        }
        let context = self.after(run, answer, mapped)?;
        let mut actions = Vec::with_capacity(self.actions.len());
        for (index, plan) in self.actions.iter().enumerate() {
            let action = plan.carry_out(&context, answer);
            let action = action.map_err(|error| error.within(&format!("onResponseActions[{index}]")))?;
            actions.extend(action.map(|action| Due { index, action }));
        }
        let used = context.used();
        Ok(Actions { actions, used })
    }

    /// The step that `onResponseConnector` asks for after this answer. An empty or null connector, or a `when` that does not
    /// hold, ends the chain: its [`next`](Continuation::next) is `None`.
    pub fn connector(&self, run: &Run, answer: &Answer, mapped: &Mapped) -> Result<Continuation, EvalError> {
        let Some(plan) = &self.connector else { return Ok(Continuation::default()) };
        let context = self.after(run, answer, mapped)?;
        let next = plan.next(&context).map_err(|error| error.within("onResponseConnector"))?;
        let used = context.used();
        Ok(Continuation { next, used })
    }

    fn after<'a>(
        &'a self,
        run: &'a Run,
        answer: &'a Answer,
        mapped: &'a Mapped,
    ) -> Result<Context<'a>, EvalError> {
        let context = Context::new(run, &self.constants)?.with_answer(answer);
        let context = context.with_pre_response(&mapped.pre_response).with_mapped(&mapped.result);
        Ok(context.made_by(self.pre_response.as_ref(), self.response.as_ref()))
    }
}

#[cfg(test)]
mod tests;
