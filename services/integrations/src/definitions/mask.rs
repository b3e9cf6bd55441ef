//! Which fields an update changes (AIP-134, AIP-161).

use proto::integrations::v1::Integration;
use runtime::Refusal;

/// Takes one field of the second definition over into the first.
type Take = fn(&mut Integration, &mut Integration);

/// The fields that can be changed.
const FIELDS: [(&str, Take); 9] = [
    ("display_name", |old, new| old.display_name = std::mem::take(&mut new.display_name)),
    ("anonymous_access", |old, new| old.anonymous_access = new.anonymous_access),
    ("endpoints", |old, new| old.endpoints = std::mem::take(&mut new.endpoints)),
    ("auth", |old, new| old.auth = new.auth.take()),
    ("client_certificate", |old, new| old.client_certificate = new.client_certificate.take()),
    ("constants", |old, new| old.constants = std::mem::take(&mut new.constants)),
    ("limits", |old, new| old.limits = new.limits.take()),
    ("retry", |old, new| old.retry = new.retry.take()),
    ("trace_context", |old, new| old.trace_context = new.trace_context),
];

/// The fields of one update.
pub(crate) struct Mask(Vec<Take>);

impl Mask {
    /// Takes the paths of a mask; none, or `*`, means every field.
    ///
    /// # Errors
    /// FIELD_INVALID for a path that is no field of an integration that can be changed.
    pub(crate) fn parse(paths: &[String]) -> Result<Self, Refusal> {
        if paths.is_empty() || paths == ["*"] {
            return Ok(Self(FIELDS.iter().map(|(_, take)| *take).collect()));
        }
        paths.iter().map(|path| field(path)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether nothing of what was there before stays.
    pub(crate) fn is_whole(&self) -> bool {
        self.0.len() == FIELDS.len()
    }

    /// The definition `old` with the masked fields of `new`.
    pub(crate) fn apply(&self, mut old: Integration, mut new: Integration) -> Integration {
        for take in &self.0 {
            take(&mut old, &mut new);
        }
        old
    }
}

fn field(path: &str) -> Result<Take, Refusal> {
    FIELDS.iter().find(|(name, _)| *name == path).map(|(_, take)| *take).ok_or_else(|| {
        let names: Vec<_> = FIELDS.iter().map(|(name, _)| *name).collect();
        let shown: String = path.chars().take(40).collect();
        Refusal::field(
            "update_mask",
            format!(
                "`{}` is no field that can be changed; name any of {}",
                shown.escape_debug(),
                names.join(", ")
            ),
        )
    })
}
