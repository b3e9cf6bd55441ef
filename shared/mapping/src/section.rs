//! The sections of the context, and when each of them is there.

/// What an expression may read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Constants,
    Input,
    /// Short for `input.variables`.
    Variables,
    Response,
    Meta,
    PreResponse,
    ResponseMapping,
    /// The business unit.
    Agency,
    /// The tenant.
    Clan,
}

/// Where in an adapter an expression stands. The later, the more there is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stage {
    Constants,
    Request,
    PreResponse,
    Response,
    FollowUp,
}

/// The sections of `currentObject`, in the order in which they become available.
pub(crate) const SECTIONS: [(&str, Section, Stage); 7] = [
    ("constants", Section::Constants, Stage::Constants),
    ("input", Section::Input, Stage::Constants),
    ("variables", Section::Variables, Stage::Constants),
    ("meta", Section::Meta, Stage::PreResponse),
    ("response", Section::Response, Stage::PreResponse),
    ("preResponse", Section::PreResponse, Stage::Response),
    ("responseMapping", Section::ResponseMapping, Stage::FollowUp),
];

impl Stage {
    /// The part of the adapter, for messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Constants => "constants",
            Self::Request => "requestMapping",
            Self::PreResponse => "preResponseMapping",
            Self::Response => "responseMapping",
            Self::FollowUp => "onResponseActions and onResponseConnector",
        }
    }
}
