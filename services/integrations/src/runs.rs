//! Runs: an adapter's request is built, sent and its answer mapped.

mod answer;
mod connector;
mod profile;
mod refused;
mod usage;

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use egress::Taken;
use mapping::{Action, Adapter, Answer, EvalError, Limits, Mapped, Run, Scripts, Value};
use proto::{errors::v1::Reason, secrets::v1::Cause};
use runtime::{
    Caller, Refusal,
    names::{Id, Name},
};

pub(crate) use answer::Meta;

use tracing::Span;
use uuid::Uuid;

use crate::{
    adapters::{Compiled, Sound},
    definition::{Definition, Route},
    definitions::Definitions,
    executor::{Call, Executor, Failure, Outcome, Payload},
    registers::{Registers, Tenant},
    saving::{Save, Saver, Saves},
    threads::Threads,
};

/// From this many bytes on, of what a request is built from or an answer is mapped from, that is done on a thread where it
/// holds up nobody else.
const LARGE: usize = 256 << 10;

/// Makes runs.
pub(crate) struct Runs {
    pub(crate) definitions: Arc<Definitions>,
    pub(crate) executor: Arc<Executor>,
    pub(crate) registers: Registers,
    pub(crate) scripts: Option<Arc<dyn Scripts>>,
    pub(crate) threads: Threads,
    saver: Saver,
}

/// One call of a run.
pub(crate) struct Step {
    /// The adapter that was run.
    pub(crate) adapter: Id,
    /// How its call went.
    pub(crate) meta: Meta,
    /// Its mapped result.
    pub(crate) result: Value,
}

/// A step whose request is built.
pub(crate) struct Prepared {
    name: Name,
    adapter: Arc<Adapter>,
    run: Run,
    /// The integration it is sent through, where the adapter names one.
    pub(crate) definition: Option<Arc<Definition>>,
    /// The request.
    pub(crate) call: Call,
}

impl Runs {
    /// Runs over these parts.
    pub(crate) fn new(
        definitions: Arc<Definitions>,
        executor: Arc<Executor>,
        registers: Registers,
        scripts: Option<Arc<dyn Scripts>>,
        saver: Saver,
    ) -> Self {
        Self { definitions, executor, registers, scripts, threads: Threads::new(), saver }
    }

    /// Returns when what runs save is saved, or cannot be in time.
    pub(crate) async fn finish(&self) {
        self.saver.finish().await;
    }

    /// Runs one adapter.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND, ADAPTER_INVALID, MAPPING_FAILED, and what the suite refuses to send.
    pub(crate) async fn adapter(&self, caller: &Caller, name: &Name, input: Value) -> Result<Step, Refusal> {
        let tenant = self.registers.of(&name.parent.tenant).await?;
        let adapter = self.compiled(&tenant, name).await?;
        self.step(caller, &tenant, name, adapter, input).await
    }

    /// Runs every adapter that a connector names, in order, each with the same input. All of them are compiled before
    /// the first is sent.
    ///
    /// # Errors
    /// CONNECTOR_INVALID, and those of [`Runs::adapter`].
    pub(crate) async fn connector(
        &self,
        caller: &Caller,
        name: &Name,
        input: Value,
    ) -> Result<Vec<Step>, Refusal> {
        let tenant = self.registers.of(&name.parent.tenant).await?;
        let mut adapters = Vec::new();
        for adapter in self.named(&tenant, name).await? {
            let compiled = self.compiled(&tenant, &adapter).await?;
            adapters.push((adapter, compiled));
        }
        let mut steps = Vec::with_capacity(adapters.len());
        for (adapter, compiled) in adapters {
            steps.push(self.step(caller, &tenant, &adapter, compiled, input.clone()).await?);
        }
        Ok(steps)
    }

    /// The compiled adapter of a register.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND, ADAPTER_INVALID.
    pub(crate) async fn compiled(&self, tenant: &Arc<Tenant>, name: &Name) -> Result<Sound, Refusal> {
        let compiled = match self.look(tenant, name).await? {
            Some(compiled) => compiled,
            None => {
                self.registers.confirm(tenant, name).await?;
                self.look(tenant, name).await?.ok_or_else(|| refused::not_found(name))?
            }
        };
        compiled.result().map_err(|unsound| refused::unsound(name, &unsound))
    }

    /// What is kept for a register, or comes of compiling it; none where memory does not know it.
    async fn look(&self, tenant: &Arc<Tenant>, name: &Name) -> Result<Option<Compiled>, Refusal> {
        let unit = name.parent.unit.as_ref();
        if let Some(kept) = tenant.view().kept(|adapters| adapters.get(unit, &name.id)) {
            return Ok(Some(kept));
        }
        if tenant.view().read(|snapshot| snapshot.find(unit, name.id.as_str()).is_none()) {
            return Ok(None);
        }
        let (tenant, name, scripts) = (Arc::clone(tenant), name.clone(), self.scripts.clone());
        self.threads.run(move || compile(&tenant, &name, scripts.as_deref())).await
    }

    /// Builds the request of a step.
    ///
    /// # Errors
    /// MAPPING_FAILED, INTEGRATION_NOT_FOUND.
    pub(crate) async fn prepare(
        &self,
        tenant: &Tenant,
        name: &Name,
        sound: Sound,
        input: Value,
    ) -> Result<Prepared, Refusal> {
        let Sound { adapter, etag } = sound;
        let definition = match adapter.integration() {
            None => None,
            Some(id) => Some(self.definitions.find(&integration(name, id)?).await?),
        };
        let (unit, owner) = tenant.view().read(|snapshot| profile::of(snapshot, &name.parent));
        let constants =
            definition.as_ref().map_or_else(Value::object, |definition| definition.constants.clone());
        let seed = Uuid::new_v4().into_bytes();
        let run = Run {
            input,
            unit,
            tenant: owner,
            timestamp_ms: now(),
            seed,
            constants,
            limits: Limits::RUN,
            scripts: self.scripts.clone(),
        };
        let span = usage::span("request", name.id.as_str());
        let large = is_large(&adapter, [&run.input, &run.constants, &run.unit, &run.tenant]);
        // Made here: a thread for long work knows nothing of the call it belongs to.
        let build = {
            let (adapter, span) = (Arc::clone(&adapter), span.clone());
            move || (span.in_scope(|| adapter.request(&run)), run)
        };
        let (request, run) = if large { self.threads.run(build).await? } else { build() };
        let request = request.map_err(|error| refused::unmapped(name, &error))?;
        usage::record(&span, request.used);
        let call = Call {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: request.body.map_or(Payload::None, Payload::Template),
            timeout: request.timeout,
            unit: name.parent.unit.clone(),
            cause: Cause {
                adapter: name.id.to_string(),
                adapter_etag: etag.as_ref().to_owned(),
                ..Cause::default()
            },
        };
        Ok(Prepared { name: name.clone(), adapter, run, definition, call })
    }

    async fn step(
        &self,
        caller: &Caller,
        tenant: &Tenant,
        name: &Name,
        sound: Sound,
        input: Value,
    ) -> Result<Step, Refusal> {
        let Prepared { name, adapter, run, definition, call } =
            self.prepare(tenant, name, sound, input).await?;
        let outcome = match &definition {
            Some(definition) => self.executor.through(definition, caller, call).await?,
            None => {
                let call = call.on_behalf_of(&name.parent.tenant, caller);
                self.executor.send(&name.parent.tenant, &Route::anywhere(), call).await
            }
        };
        let outcome = match outcome {
            Outcome { answer: Err(Failure::Refused(refusal)), .. } => return Err(refusal),
            outcome => outcome,
        };
        let body = outcome.answer.as_ref().map_or(0, |answer| answer.body.len());
        let large = body >= LARGE || is_large(&adapter, [&run.input]);
        // Made here: a thread for long work knows nothing of the call it belongs to.
        let span = usage::span("answer", name.id.as_str());
        let map = move || span.in_scope(|| map(name, &adapter, &run, outcome));
        let (step, saves) = if large { self.threads.run(map).await?? } else { map()? };
        self.saver.carry_out(saves).await?;
        Ok(step)
    }
}

/// Compiles a register as it is in memory, and keeps what comes of it.
fn compile(tenant: &Tenant, name: &Name, scripts: Option<&dyn Scripts>) -> Option<Compiled> {
    let unit = name.parent.unit.as_ref();
    tenant.view().compiled(
        |adapters| adapters.get(unit, &name.id).map(Some),
        |snapshot| {
            let document = snapshot.find(unit, name.id.as_str())?;
            Some(Compiled::of(snapshot, unit, &name.id, document, scripts))
        },
        |adapters, compiled| {
            if let Some(compiled) = compiled {
                adapters.keep(unit, &name.id, compiled);
            }
        },
    )
}

/// Whether carrying out an adapter on this data may take long. Looks at no more of the data than that takes.
fn is_large<const N: usize>(adapter: &Adapter, data: [&Value; N]) -> bool {
    let left = LARGE.checked_sub(adapter.compiled_bytes());
    data.into_iter().try_fold(left.unwrap_or(0), without).is_none_or(|left| left == 0)
}

/// What is left of so many bytes without those of a value; none where there are not as many.
fn without(left: usize, value: &Value) -> Option<usize> {
    /// About what a value takes beside its text.
    const VALUE: usize = 16;
    let left = left.checked_sub(VALUE)?;
    match value {
        Value::Null | Value::Bool(_) => Some(left),
        Value::Number(number) => left.checked_sub(number.as_str().len()),
        Value::String(text) => left.checked_sub(text.len()),
        Value::Array(items) => items.iter().try_fold(left, without),
        Value::Object(object) => {
            object.iter().try_fold(left, |left, (key, value)| without(left.checked_sub(key.len())?, value))
        }
    }
}

/// What comes of an answer: the step as its caller sees it, and what is saved of it.
fn map(name: Name, adapter: &Adapter, run: &Run, outcome: Outcome) -> Result<(Step, Saves), Refusal> {
    let answered = outcome.answer.as_ref().ok().map(|answer| answer.url.clone());
    let cause = outcome.cause.clone();
    let (meta, answer) = answer::read(outcome, adapter);
    let unmapped = |error| refused::unmapped(&name, &error);
    let mapped = adapter.map(run, &answer).map_err(unmapped)?;
    usage::record(&Span::current(), mapped.used);
    let (values, result) = taken(adapter, run, &answer, mapped).map_err(unmapped)?;
    let step = Step { adapter: name.id.clone(), meta, result };
    Ok((step, Saves { adapter: name, answered, cause, values }))
}

/// What is saved of an answer, and the result, which is mapped from what is left of it: no mapping makes anything of a value
/// that it is not given.
fn taken(
    adapter: &Adapter,
    run: &Run,
    answer: &Answer,
    mapped: Mapped,
) -> Result<(Vec<Save>, Value), EvalError> {
    let actions = adapter.actions(run, answer, &mapped)?.actions;
    let values = actions.iter().filter_map(|due| match &due.action {
        Action::SaveSecret { value, .. } => Some(value),
        Action::PatchRegister { .. } => None,
    });
    let taken = Taken::new(values);
    let mut saves = Vec::with_capacity(actions.len());
    for due in actions {
        // An adapter that patches registers does not compile here.
        let Action::SaveSecret { key, value, url } = due.action else { continue };
        let (key, url) = (taken.out_of_text(&key), taken.out_of_text(&url));
        saves.push(Save { index: due.index, key, url, value });
    }
    if saves.is_empty() {
        return Ok((saves, mapped.result));
    }
    let result = adapter.map(run, &taken.out_of_answer(answer))?.result;
    Ok((saves, taken.out_of(&result)))
}

/// The integration that an adapter names; integrations are the tenant's, whatever the business unit.
pub(crate) fn integration(adapter: &Name, id: &str) -> Result<Name, Refusal> {
    let mut parent = adapter.parent.clone();
    parent.unit = None;
    match Id::parse("integration", id) {
        Ok(id) => Ok(Name { parent, id }),
        Err(_) => Err(Refusal::new(
            Reason::IntegrationNotFound,
            format!("adapter `{}` names the integration `{}`, which is no id", adapter.id, id.escape_debug()),
        )
        .with("name", id.escape_debug())),
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
