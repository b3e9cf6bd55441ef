//! Functions of values: arguments go in, a value comes out, and nothing else has a part in it.
//!
//! One plan carries them all. What is known when the adapter is checked (an algorithm, a format) is in the operation; what
//! data decides is in the arguments.

use std::fmt;
use std::sync::Arc;

use crate::compile::{Compiler, Scope};
use crate::eval::Context;
use crate::expression::Call;
use crate::plan::Plan;
use crate::relaxed::Text;
use crate::rendered::Rendered;
use crate::run::{EvalError, Run};
use crate::template::Template;
use crate::value::Value;

/// What a function does with its arguments. The same arguments give the same value, always.
pub(crate) trait Operation: fmt::Debug + Send + Sync {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError>;

    /// Whether what it gives is a timestamp or null already, as the type `timestamp` would make it.
    fn gives_timestamp(&self) -> bool {
        false
    }
}

/// A function, its options, and the plans of its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Apply {
    name: &'static str,
    operation: Arc<dyn Operation>,
    pub(crate) arguments: Vec<Plan>,
}

/// The arguments of one application. Each is evaluated when it is asked for.
pub(crate) struct Arguments<'c> {
    plans: &'c [Plan],
    context: &'c Context<'c>,
}

impl Apply {
    pub(crate) fn gives_timestamp(&self) -> bool {
        self.operation.gives_timestamp()
    }

    pub(crate) fn eval<'c>(&'c self, context: &'c Context<'_>) -> Result<Rendered<'c>, EvalError> {
        let arguments = Arguments { plans: &self.arguments, context };
        self.operation.apply(&arguments).map_err(|error| error.within(self.name))
    }
}

impl<'c> Arguments<'c> {
    /// An argument as it is; null if it was not given.
    pub(crate) fn get(&self, index: usize) -> Result<Rendered<'c>, EvalError> {
        self.plans.get(index).map_or(Ok(Rendered::NULL), |plan| self.context.eval(plan))
    }

    /// An argument of data.
    pub(crate) fn data(&self, index: usize) -> Result<Value, EvalError> {
        self.context.own(self.get(index)?)
    }

    /// An argument as text that may have holes; `None` for null. Numbers and booleans are text as JSON writes them, and so
    /// are objects and arrays.
    pub(crate) fn template(&self, index: usize) -> Result<Option<Template>, EvalError> {
        let value = self.get(index)?;
        if value.is_null() {
            return Ok(None);
        }
        let mut template = Template::default();
        self.write(&value, &mut template)?;
        Ok(Some(template))
    }

    /// An argument that is text, a number or a boolean, as text; `None` for null.
    pub(crate) fn text(&self, index: usize) -> Result<Option<String>, EvalError> {
        match self.data(index)? {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text)),
            value @ (Value::Array(_) | Value::Object(_)) => {
                Err(EvalError::new(format!("text is needed here, not {}", value.kind())))
            }
            value => Ok(Some(value.to_string())),
        }
    }

    /// Appends a value as text that may have holes.
    pub(crate) fn write(&self, value: &Rendered<'_>, out: &mut Template) -> Result<(), EvalError> {
        self.context.write_text(value, out)
    }

    /// How many arguments there are.
    pub(crate) fn given(&self) -> usize {
        self.plans.len()
    }

    /// Counts what is made against the limit of the run; asked before it is made.
    pub(crate) fn spend(&self, bytes: usize) -> Result<(), EvalError> {
        self.context.spend(bytes)
    }
}

/// Text, or null, from text; null from null.
#[derive(Debug)]
pub(super) struct OnText(pub(super) fn(&str) -> Result<Value, &'static str>);

impl Operation for OnText {
    fn apply<'c>(&'c self, arguments: &Arguments<'c>) -> Result<Rendered<'c>, EvalError> {
        let Some(text) = arguments.text(0)? else { return Ok(Rendered::NULL) };
        // About as long as the text, or at most three times.
        arguments.spend(text.len())?;
        let value = (self.0)(&text).map_err(EvalError::new)?;
        arguments.spend(value.as_str().map_or(0, str::len).saturating_sub(text.len()))?;
        Ok(Rendered::Own(value))
    }
}

/// A call that is being compiled.
pub(super) struct Site<'s, 'e> {
    pub(super) compiler: &'s mut Compiler<'e>,
    call: &'s Call,
    text: &'s Text,
    scope: Scope,
    name: &'static str,
}

impl<'s, 'e> Site<'s, 'e> {
    pub(super) fn new(compiler: &'s mut Compiler<'e>, call: &'s Call, text: &'s Text, scope: Scope) -> Self {
        let name = super::find(&call.name).map_or("", |function| function.name);
        Self { compiler, call, text, scope, name }
    }

    /// An argument through which a secret may go.
    pub(super) fn carrying(&mut self, index: usize) -> Plan {
        self.compiler.argument(&self.call.arguments[index], self.text, self.scope)
    }

    /// An argument of data.
    #[cfg_attr(test, track_caller)]
    pub(super) fn plain(&mut self, index: usize) -> Plan {
        let scope = self.scope.through(self.name);
        self.compiler.argument(&self.call.arguments[index], self.text, scope)
    }

    /// An argument that says how, not what: it is written out. `None`, and told, if it is not.
    pub(super) fn literal(&mut self, index: usize, what: &str) -> Option<&'s str> {
        let (call, text) = (self.call, self.text);
        let literal = call.arguments[index].literal(text.as_str());
        if literal.is_none() {
            let message =
                format!("{what} must be written out, so that it is known when the adapter is checked");
            self.error("function-option", index, message, None);
        }
        literal
    }

    /// The array that a register holds; `None`, and told, if it holds none.
    pub(super) fn register_array(&mut self, index: usize) -> Option<Plan> {
        self.compiler.register_array(&self.call.arguments[index], self.text, self.scope)
    }

    /// How many arguments there are.
    pub(super) fn given(&self) -> usize {
        self.call.arguments.len()
    }

    #[cfg_attr(test, track_caller)]
    pub(super) fn error(&mut self, code: &'static str, index: usize, message: String, help: Option<String>) {
        self.compiler.error(code, message, self.text, &self.call.arguments[index].range, help);
    }

    /// A function of one text, which no secret may go through.
    #[cfg_attr(test, track_caller)]
    pub(super) fn on_text(mut self, operation: fn(&str) -> Result<Value, &'static str>) -> Plan {
        let of = self.plain(0);
        self.apply(OnText(operation), vec![of])
    }

    /// The plan. What depends on no data is computed now, so that what is wrong with it is told by the check.
    pub(super) fn apply(self, operation: impl Operation + 'static, arguments: Vec<Plan>) -> Plan {
        let known = arguments.iter().all(|plan| matches!(plan, Plan::Literal(_)));
        let apply = Apply { name: self.name, operation: Arc::new(operation), arguments };
        if !known {
            return Plan::Apply(Box::new(apply));
        }
        match now(&apply) {
            Ok(value) => Plan::Literal(value),
            Err(error) => {
                let message = format!("`{}`: {}", self.name, error.message);
                self.compiler.error("function-value", message, self.text, &self.call.range, None);
                Plan::NULL
            }
        }
    }
}

fn now(apply: &Apply) -> Result<Value, EvalError> {
    let run = Run::default();
    let context = Context::new(&run, &[])?;
    context.own(apply.eval(&context)?)
}
