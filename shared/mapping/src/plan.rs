//! What a template is compiled to.

use std::sync::Arc;

use crate::convert::Type;
use crate::function::Apply;
use crate::path::Step;
use crate::script::Script;
use crate::section::Section;
use crate::value::Value;

/// A value to be made, once the data is there.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// The same value every time.
    Literal(Value),
    Array(Vec<Plan>),
    Object(Vec<(String, Plan)>),
    /// Text: the values one after the other.
    Concat(Vec<Plan>),
    /// `{{secret:name}}`: a hole.
    Secret(String),
    /// A section of the context, or a place in it.
    Read {
        section: Section,
        path: Path,
    },
    /// A place in another value.
    Pick {
        from: Box<Plan>,
        path: Path,
    },
    /// Milliseconds since 1970.
    Timestamp,
    /// A name for this run that is given by the place it stands in: the register, and the place in its text.
    Uuid(Box<str>),
    /// A function of values.
    Apply(Box<Apply>),
    IsTrue(Box<Plan>),
    If(Box<Branches>),
    Script(Box<Script>),
    /// A property of the result, converted to its type.
    Convert {
        kind: Type,
        from: Box<Plan>,
    },
    /// A large place of a register, which every reading of it shares.
    Shared(Arc<Plan>),
}

/// Only the branch that is chosen is evaluated.
#[derive(Clone, Debug)]
pub(crate) struct Branches {
    pub(crate) condition: Plan,
    pub(crate) yes: Plan,
    pub(crate) no: Plan,
}

/// A path, some of whose steps may come from data.
pub(crate) type Path = Vec<PathStep>;

#[derive(Clone, Debug)]
pub(crate) enum PathStep {
    Key(Step),
    /// One step, whatever characters the value holds: data is never read as a path.
    Value(Plan),
}

impl Plan {
    pub(crate) const NULL: Self = Self::Literal(Value::Null);

    pub(crate) fn text(text: &str) -> Self {
        Self::Literal(Value::from(text))
    }

    /// The text, if the plan is one literal string.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self.shared() {
            Self::Literal(value) => value.as_str(),
            _ => None,
        }
    }

    /// The plan itself, where several share it.
    pub(crate) fn shared(&self) -> &Self {
        match self {
            Self::Shared(plan) => plan.shared(),
            plan => plan,
        }
    }

    /// The same as a plan of its own.
    pub(crate) fn unshared(self) -> Self {
        match self {
            Self::Shared(plan) => Arc::unwrap_or_clone(plan).unshared(),
            plan => plan,
        }
    }

    /// Whether it is made from what the author wrote alone.
    pub(crate) fn is_static(&self) -> bool {
        match self.shared() {
            Self::Literal(_) | Self::Secret(_) => true,
            Self::Array(items) | Self::Concat(items) => items.iter().all(Self::is_static),
            Self::Object(members) => members.iter().all(|(_, plan)| plan.is_static()),
            Self::Apply(apply) => apply.arguments.iter().all(Self::is_static),
            _ => false,
        }
    }

    /// Whether it is an object or an array that the author wrote.
    pub(crate) fn is_structure(&self) -> bool {
        matches!(
            self.shared(),
            Self::Array(_) | Self::Object(_) | Self::Literal(Value::Array(_) | Value::Object(_))
        )
    }

    /// A property of the result. What no run changes is converted here, and what has the type already stays as it is.
    pub(crate) fn convert(self, kind: Type) -> Self {
        match self {
            Self::Literal(value) => match kind.convert(value.clone()) {
                Ok(value) => Self::Literal(value),
                // The check tells.
                Err(_) => Self::Literal(value),
            },
            Self::Apply(apply) if kind == Type::Timestamp && apply.gives_timestamp() => Self::Apply(apply),
            from => Self::Convert { kind, from: Box::new(from) },
        }
    }

    /// Objects and arrays of literals are literals.
    pub(crate) fn fold(self) -> Self {
        match self {
            Self::Array(items) if items.iter().all(|item| matches!(item, Self::Literal(_))) => {
                Self::Literal(Value::Array(items.into_iter().filter_map(Self::into_literal).collect()))
            }
            Self::Object(members) if members.iter().all(|(_, plan)| matches!(plan, Self::Literal(_))) => {
                let members = members.into_iter().filter_map(|(key, plan)| Some((key, plan.into_literal()?)));
                Self::Literal(Value::Object(members.collect()))
            }
            plan => plan,
        }
    }

    fn into_literal(self) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }
}
