//! Reading constants: those of the adapter, then those of the integration.

use std::borrow::Cow;

use super::meter::Size;
use super::{Context, NULL};
use crate::plan::{PathStep, Plan};
use crate::rendered::Rendered;
use crate::run::EvalError;

impl Context<'_> {
    /// The adapter's own constants come before the integration's. While one is being made, only those above it are there: its
    /// own name and those below it are the integration's.
    pub(super) fn read_constants<'c>(&'c self, path: &'c [PathStep]) -> Result<Rendered<'c>, EvalError> {
        let Some((first, rest)) = path.split_first() else { return self.all_constants() };
        let name = self.step(first)?;
        self.look_among(self.readable + self.made.len())?;
        if let Some((_, made)) = self.made.iter().find(|(key, _)| *key == name.as_str()) {
            return self.walk_made(made, rest);
        }
        let constant = match self.constants[..self.readable]
            .iter()
            .find(|(key, plan)| key == name.as_str() && plan.is_static())
        {
            Some((_, plan)) => self.eval(plan)?,
            None => Rendered::Data(self.run.constants.step(&name).unwrap_or(&NULL)),
        };
        self.walk(constant, rest)
    }

    /// A place in a constant that was made. Only what lies there is borrowed, not all that lies around it.
    fn walk_made<'c>(
        &'c self,
        mut made: &'c Rendered<'c>,
        path: &'c [PathStep],
    ) -> Result<Rendered<'c>, EvalError> {
        for (index, step) in path.iter().enumerate() {
            let inner = match made {
                Rendered::Array(items) => self.step(step)?.index().and_then(|index| items.get(index)),
                Rendered::Object(members) => {
                    let key = self.step(step)?;
                    self.look_among(members.len())?;
                    members.iter().find(|(name, _)| name == key.as_str()).map(|(_, value)| value)
                }
                leaf => return self.walk(leaf.borrow(), &path[index..]),
            };
            let Some(inner) = inner else { return Ok(Rendered::NULL) };
            made = inner;
        }
        self.burn(made.count())?;
        self.spend(made.copied())?;
        Ok(made.borrow())
    }

    fn all_constants(&self) -> Result<Rendered<'_>, EvalError> {
        let mut all = Vec::with_capacity(self.constants.len());
        for (name, plan) in &self.constants[..self.readable] {
            self.look_among(self.made.len())?;
            let made = self.made.iter().find(|(key, _)| key == name);
            let constant = match made {
                Some((_, made)) => self.walk_made(made, &[])?,
                None if plan.is_static() => self.eval(plan)?,
                None => continue,
            };
            all.push((Cow::Borrowed(name.as_str()), constant));
        }
        let integration = self.run.constants.as_object().into_iter().flat_map(|object| object.iter());
        for (name, value) in integration {
            self.burn(1)?;
            self.look_among(all.len())?;
            if !all.iter().any(|(own, _)| own == name) {
                all.push((Cow::Borrowed(name), Rendered::Data(value)));
            }
        }
        Ok(Rendered::Object(all))
    }

    /// What a plan gives, independent of where its data lies.
    pub(super) fn detached(&self, plan: &Plan) -> Result<Rendered<'static>, EvalError> {
        self.detach(self.eval(plan)?, 0)
    }

    fn detach(&self, rendered: Rendered<'_>, level: usize) -> Result<Rendered<'static>, EvalError> {
        Ok(match rendered {
            Rendered::Text(template) => Rendered::Text(template),
            Rendered::Array(items) => {
                self.meter.count(Size::STRUCTURE, level)?;
                let detach = |item| self.detach(item, level + 1);
                Rendered::Array(items.into_iter().map(detach).collect::<Result<_, _>>()?)
            }
            Rendered::Object(members) => {
                self.meter.count(Size::STRUCTURE, level)?;
                let detach = |(key, value): (Cow<'_, str>, _)| {
                    Ok((Cow::Owned(key.into_owned()), self.detach(value, level + 1)?))
                };
                Rendered::Object(members.into_iter().map(detach).collect::<Result<_, EvalError>>()?)
            }
            data => Rendered::Own(self.own_at(data, level)?),
        })
    }

    /// Takes the steps of looking for a name among so many, one after the other.
    fn look_among(&self, names: usize) -> Result<(), EvalError> {
        /// About as many names are compared in the time of one step.
        const NAMES_A_STEP: usize = 8;
        self.burn(names / NAMES_A_STEP)
    }
}
