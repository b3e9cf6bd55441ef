//! Properties of the result: `{ "value": …, "type": …, "_comment": … }`.

use super::{Compiler, Scope};
use crate::convert::TYPES;
use crate::plan::Plan;
use crate::relaxed::{Kind, Member};
use crate::section::Stage;
use crate::suggest;

impl Compiler<'_> {
    /// The property that an object in `responseMapping` is; `None` if it is an object like any other.
    pub(super) fn property(&mut self, members: &[Member], scope: Scope) -> Option<Plan> {
        if scope.stage != Stage::Response
            || members.iter().any(|m| !matches!(m.key.as_str(), "value" | "type" | "_comment"))
        {
            return None;
        }
        let find = |key: &str| members.iter().find(|member| member.key == key).map(|member| &member.value);
        let (value, kind) = (find("value")?, find("type")?);
        let Kind::Text(name) = &kind.kind else { return None };
        let Some((_, kind_found)) = TYPES.into_iter().find(|(known, _)| *known == name.as_str()) else {
            let names = TYPES.map(|(name, _)| name);
            let message = format!("there is no type `{}`", name.as_str());
            match suggest::nearest(name.as_str(), names) {
                Some(_) => {
                    let help = suggest::proposal(name.as_str(), names);
                    self.error_at("unknown-type", message, &kind.span, Some(help));
                }
                None => {
                    let message = format!("{message}: the object stays as it is");
                    self.warn_at(
                        "unknown-type",
                        message,
                        &kind.span,
                        Some(suggest::proposal(name.as_str(), names)),
                    );
                }
            }
            return None;
        };
        let from = self.node(value, scope);
        if let Plan::Literal(value) = from.shared()
            && let Err(reason) = kind_found.convert(value.clone())
        {
            self.error_at("conversion", reason, &find("value")?.span, None);
        }
        Some(from.convert(kind_found))
    }
}
