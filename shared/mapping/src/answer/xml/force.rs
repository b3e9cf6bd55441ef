//! Elements that are arrays even where they stand alone.

/// The elements of `responseXml.forceArray`: each is an array, however often it is repeated.
#[derive(Clone, Debug, Default)]
pub(crate) struct ForceArray(Vec<ElementPath>);

/// The way to an element, from the root.
pub(crate) type ElementPath = Vec<ElementStep>;

/// One step to an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ElementStep {
    /// The element of this name, its prefix included.
    Name(String),
    /// `*`: any element.
    Any,
}

impl ForceArray {
    pub(crate) fn new(paths: Vec<ElementPath>) -> Self {
        Self(paths)
    }

    /// Whether an element is named: `name`, inside of `outer`.
    pub(super) fn names<'e>(
        &self,
        outer: impl ExactSizeIterator<Item = &'e str> + Clone,
        name: &str,
    ) -> bool {
        self.0.iter().any(|path| {
            let Some((last, before)) = path.split_last() else { return false };
            before.len() == outer.len()
                && last.is(name)
                && before.iter().zip(outer.clone()).all(|(step, name)| step.is(name))
        })
    }
}

impl ElementStep {
    fn is(&self, name: &str) -> bool {
        match self {
            Self::Name(expected) => expected == name,
            Self::Any => true,
        }
    }
}
