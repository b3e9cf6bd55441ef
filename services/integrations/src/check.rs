//! Checks an adapter, kept or not, as it would be compiled for a run.

use std::sync::Arc;

use mapping::{Diagnostic, Register};
use runtime::{Refusal, names::Name};

use crate::{adapters::Compiled, runs::Runs};

/// What a check found.
pub(crate) struct Checked {
    /// The text that was checked.
    pub(crate) text: Arc<str>,
    /// What was found, in the order of places.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Runs {
    /// Checks `text`, or the kept one where none is given, among the registers that the adapter would see.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND where nothing is kept and no text is given.
    pub(crate) async fn check(&self, name: &Name, text: Option<Arc<str>>) -> Result<Checked, Refusal> {
        let tenant = self.registers.of(&name.parent.tenant).await?;
        let register = match text {
            Some(text) => Register::authored(text),
            None => self.find(&tenant, name).await?.register().clone(),
        };
        let unit = name.parent.unit.as_ref();
        let compiled = tenant.view().read(|snapshot| Compiled::of(snapshot, unit, &name.id, &register));
        let diagnostics = match compiled.result() {
            Ok(adapter) => adapter.warnings().to_vec(),
            Err(unsound) => unsound.diagnostics.clone(),
        };
        Ok(Checked { text: register.text, diagnostics })
    }
}
