//! Values as text, straight into what they become a part of.

use super::meter::Size;
use super::{Context, refused};
use crate::plan::Plan;
use crate::rendered::Rendered;
use crate::run::EvalError;
use crate::template::{Encoder, Template};
use crate::value::write_string;

impl Context<'_> {
    /// Appends what a plan gives as compact JSON. Objects and arrays of the author's are written as they are evaluated.
    pub(crate) fn write_plan(&self, plan: &Plan, level: usize, out: &mut Template) -> Result<(), EvalError> {
        match plan {
            Plan::Object(members) => {
                self.meter.count(Size::STRUCTURE, level)?;
                self.spend("{}".len())?;
                out.push_text("{");
                for (index, (key, plan)) in members.iter().enumerate() {
                    let before = out.size();
                    out.push_text(if index == 0 { "" } else { "," });
                    out.write_with(|out| write_string(key, out));
                    out.push_text(":");
                    self.spend(out.size() - before)?;
                    self.write_plan(plan, level + 1, out).map_err(|error| error.within(key))?;
                }
                out.push_text("}");
                Ok(())
            }
            Plan::Array(items) => {
                self.meter.count(Size::STRUCTURE, level)?;
                self.spend("[]".len() + items.len().saturating_sub(1))?;
                out.push_text("[");
                for (index, plan) in items.iter().enumerate() {
                    out.push_text(if index == 0 { "" } else { "," });
                    self.write_plan(plan, level + 1, out)
                        .map_err(|error| error.within(&format!("[{index}]")))?;
                }
                out.push_text("]");
                Ok(())
            }
            Plan::Shared(plan) => self.write_plan(plan, level, out),
            plan => self.write_json(&self.eval(plan)?, level, out),
        }
    }

    /// Appends a value as compact JSON.
    pub(crate) fn write_json(
        &self,
        value: &Rendered<'_>,
        level: usize,
        out: &mut Template,
    ) -> Result<(), EvalError> {
        let size = self.meter.size(value);
        self.meter.count(size, level)?;
        self.meter.room_for(size)?;
        let before = out.size();
        value.write_json(out).map_err(refused)?;
        self.spend(out.size() - before)
    }

    /// Appends a value as text.
    pub(crate) fn write_text(&self, value: &Rendered<'_>, out: &mut Template) -> Result<(), EvalError> {
        self.weigh(value)?;
        let before = out.size();
        value.write_text(out).map_err(refused)?;
        self.spend(out.size() - before)
    }

    /// Appends a value as text, escaped for its place.
    pub(crate) fn place(
        &self,
        value: &Rendered<'_>,
        encoder: Encoder,
        out: &mut Template,
    ) -> Result<(), EvalError> {
        self.weigh(value)?;
        let before = out.size();
        out.place(value.to_template().map_err(refused)?, encoder).map_err(refused)?;
        self.spend(out.size() - before)
    }

    /// Appends text as it is: the author's, or a name that data may repeat. Counted before it is written.
    pub(crate) fn put(&self, text: &str, out: &mut Template) -> Result<(), EvalError> {
        self.spend(text.len())?;
        out.push_text(text);
        Ok(())
    }

    /// Whether a value could be written once at all: asked before it is, so that nothing is held beyond the limits.
    pub(crate) fn weigh(&self, value: &Rendered<'_>) -> Result<(), EvalError> {
        let size = self.meter.size(value);
        self.meter.room_for(size)?;
        self.burn(size.nodes)
    }
}
