//! The JavaScript engine of a worker, ready for one script.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use heap::Heap;
use mapping::{ScriptError, ScriptErrorKind, Value};
use rquickjs::{
    Array, Context, Ctx, Error, Function, IntoJs, Object, Persistent, Runtime, context::EvalOptions,
    object::Property,
};

use super::thrown;
use crate::{
    fair::{self, Fair},
    wire::{Handed, Reply, Request},
};

/// What the engine may take for a script, in bytes.
const MEMORY: usize = 64 << 20;
const PRELUDE: &str = include_str!("prelude.js");
/// What stands before a script that is only read: it is parsed whole, and ends before it starts.
const READ_ONLY: &str = "throw 0;\n";

pub(super) struct Engine {
    // Before the context, which takes the engine down: it ends the process if anything still holds a function of it.
    helpers: Helpers,
    context: Context,
    /// What a script may take.
    time: Duration,
    deadline: Rc<Cell<Option<Deadline>>>,
}

/// When the script is over time, if it had its share of a processor until then.
#[derive(Clone, Copy)]
struct Deadline {
    due: Instant,
    fair: Fair,
}

impl Deadline {
    fn after(time: Duration) -> Self {
        Self { due: Instant::now() + time, fair: Fair::of(time, fair::own_time()) }
    }

    fn is_over(self) -> bool {
        Instant::now() >= self.due && self.fair.had(fair::own_time())
    }
}

/// What the prelude hands back. The script cannot reach them.
struct Helpers {
    begin: Helper,
    big: Helper,
    result: Helper,
}

type Helper = Persistent<Function<'static>>;

impl Engine {
    /// A new engine, which stops a script by itself after `time`. It looks up everything that it would ask the system for
    /// later. `over` ends the process when a script takes more memory than it may.
    pub(super) fn new(time: Duration, over: fn() -> !) -> Result<Self, Error> {
        let runtime = Runtime::new_with_alloc(Heap::new(MEMORY, over))?;
        // The engine would throw an error at its own bound, which a script could catch to see how deep its calls went: that
        // is the build's affair, and another's on another processor. At the end of the stack the kernel ends the process.
        runtime.set_max_stack_size(0);
        let deadline = Rc::new(Cell::new(None));
        let watched = Rc::clone(&deadline);
        let over = move || watched.get().is_some_and(Deadline::is_over);
        runtime.set_interrupt_handler(Some(Box::new(over)));
        let context = Context::full(&runtime)?;
        let helpers = context.with(|ctx| {
            // The C library reads the time zone once, here, where it can open no file any more: UTC.
            let offset: f64 = ctx.eval("new Date(0).getTimezoneOffset()")?;
            if offset != 0.0 {
                return Err(Error::new_from_js("time zone", "UTC"));
            }
            let helpers: Object<'_> = ctx.eval(PRELUDE)?;
            let helper =
                |name| helpers.get::<_, Function<'_>>(name).map(|found| Persistent::save(&ctx, found));
            Ok(Helpers { begin: helper("begin")?, big: helper("big")?, result: helper("result")? })
        })?;
        Ok(Self { helpers, context, time, deadline })
    }

    /// Reads or runs a script.
    pub(super) fn serve(&self, request: Request) -> Reply {
        self.deadline.set(Some(Deadline::after(self.time)));
        self.context.with(|ctx| {
            // An object at the start is an expression, as in every console, if it is one.
            let wrapped =
                request.source.trim_start().starts_with('{').then(|| format!("({}\n)", request.source));
            let wrapped = wrapped.filter(|source| self.read(&ctx, source, 1).is_ok());
            if request.check {
                return match wrapped {
                    Some(_) => Ok(String::new()),
                    None => self.read(&ctx, &request.source, 0).map(|()| String::new()),
                };
            }
            let lead = usize::from(wrapped.is_some());
            let Request { source, values, timestamp_ms, .. } = request;
            self.run(&ctx, wrapped.as_ref().unwrap_or(&source), values, timestamp_ms)
                .map_err(|error| self.failed(&ctx, &error, wrapped.as_ref().unwrap_or(&source), lead))
                .and_then(|json| json)
        })
    }

    /// Parses a script that has `lead` bytes before what the author wrote.
    fn read(&self, ctx: &Ctx<'_>, source: &str, lead: usize) -> Result<(), ScriptError> {
        let whole = format!("{READ_ONLY}{source}");
        let Err(error) = ctx.eval_with_options::<(), _>(whole.as_str(), options()) else { return Ok(()) };
        if matches!(error, Error::Exception) {
            let thrown = ctx.catch();
            if thrown.is_number() {
                return Ok(());
            }
            let mut error = self.classified(thrown::read(ctx, &thrown, &whole, false));
            error.at = error.at.map(|at| at.saturating_sub(READ_ONLY.len() + lead));
            return Err(error);
        }
        Err(ScriptError::new(ScriptErrorKind::Syntax, "the script cannot be read"))
    }

    fn run(
        &self,
        ctx: &Ctx<'_>,
        source: &str,
        values: Vec<Handed>,
        timestamp_ms: i64,
    ) -> Result<Reply, Error> {
        let helper = |helper: &Helper| helper.clone().restore(ctx);
        helper(&self.helpers.begin)?.call::<_, ()>((timestamp_ms as f64,))?;
        let big = helper(&self.helpers.big)?;
        let result = helper(&self.helpers.result)?;
        for Handed { name, json, big: has_big } in values {
            let large = if has_big { Value::from_json(json.as_bytes()).ok() } else { None };
            let value = match large {
                Some(value) => build(ctx, &big, &value)?,
                None => ctx.json_parse(json)?,
            };
            // It cannot be written, listed or declared anew.
            ctx.globals().prop(name, Property::from(value))?;
        }
        let value: rquickjs::Value<'_> = ctx.eval_with_options(source, options())?;
        let json: Option<rquickjs::String<'_>> = result.call((value,))?;
        let Some(json) = json else { return Ok(Ok("null".to_owned())) };
        Ok(json.to_string().map_err(|_| {
            ScriptError::new(ScriptErrorKind::Thrown, "the script's result has half of a character in it")
        }))
    }

    fn failed(&self, ctx: &Ctx<'_>, error: &Error, source: &str, lead: usize) -> ScriptError {
        if !matches!(error, Error::Exception) {
            return self.classified(ScriptError::new(ScriptErrorKind::Limit, OUT_OF_MEMORY));
        }
        let mut error = self.classified(thrown::read(ctx, &ctx.catch(), source, true));
        error.at = error.at.map(|at| at.saturating_sub(lead));
        error
    }

    /// Whatever a script that ran out of time threw at last, time is what ended it.
    fn classified(&self, error: ScriptError) -> ScriptError {
        if self.deadline.get().is_some_and(Deadline::is_over) {
            let message = format!("the script took longer than {} ms and was ended", self.time.as_millis());
            return ScriptError::new(ScriptErrorKind::Limit, message);
        }
        error
    }
}

pub(super) const OUT_OF_MEMORY: &str = "the script takes more memory than it may";

fn options() -> EvalOptions {
    let mut options = EvalOptions::default();
    (options.global, options.strict) = (true, true);
    options.filename = Some(thrown::FILE.to_owned());
    options
}

/// A value whose large whole numbers are `BigInt`s.
fn build<'js>(ctx: &Ctx<'js>, big: &Function<'js>, value: &Value) -> Result<rquickjs::Value<'js>, Error> {
    match value {
        Value::Null => Ok(rquickjs::Value::new_null(ctx.clone())),
        Value::Bool(value) => value.into_js(ctx),
        Value::Number(number) if number.is_big() => big.call((number.as_str(),)),
        Value::Number(number) => number.as_f64().into_js(ctx),
        Value::String(text) => text.into_js(ctx),
        Value::Array(items) => {
            let array = Array::new(ctx.clone())?;
            for (index, item) in items.iter().enumerate() {
                array.set(index, build(ctx, big, item)?)?;
            }
            array.into_js(ctx)
        }
        Value::Object(members) => {
            let object = Object::new(ctx.clone())?;
            for (key, member) in members.iter() {
                // Defined and not set: `__proto__` is a member like any other.
                let property = Property::from(build(ctx, big, member)?);
                object.prop(key, property.configurable().enumerable().writable())?;
            }
            object.into_js(ctx)
        }
    }
}
