//! Reading the context: sections and paths.

use std::ops::Range;

use super::{Compiler, Scope};
use crate::expression::{Argument, Piece};
use crate::path;
use crate::plan::{Path, PathStep, Plan};
use crate::relaxed::Text;
use crate::section::{SECTIONS, Section, Stage};
use crate::suggest;

/// Stands for a nested expression while the notation of a path is read. No text of an author holds it: JSON has no raw
/// control characters, and an escaped one is refused here.
const STAND_IN: char = '\0';

impl Compiler<'_> {
    /// `currentObject:PATH`.
    pub(crate) fn current_object(&mut self, argument: &Argument, text: &Text, scope: Scope) -> Plan {
        let Some(path) = self.path(argument, text, scope) else { return Plan::NULL };
        let Some((PathStep::Key(first), rest)) = path.split_first() else {
            let all = SECTIONS.map(|(name, ..)| format!("`{name}`")).join(", ");
            let help = Some(format!("the sections are {all}"));
            self.error("unknown-section", "expected a section by its name", text, &argument.range, help);
            return Plan::NULL;
        };
        let Some((name, section, stage)) = SECTIONS.into_iter().find(|(name, ..)| *name == first.as_str())
        else {
            let message = format!("there is no section `{}`", first.as_str());
            let help = suggest::proposal(first.as_str(), SECTIONS.map(|(name, ..)| name));
            self.error("unknown-section", message, text, &argument.range, Some(help));
            return Plan::NULL;
        };
        if scope.stage < stage {
            let message = format!("`{name}` is not there yet in {}", scope.stage.name());
            let help = format!("it can be read from {} on", stage.name());
            self.error("section-too-early", message, text, &argument.range, Some(help));
            return Plan::NULL;
        }
        match section {
            Section::Constants => self.read_constants(rest.to_vec(), argument, text, scope),
            _ => {
                self.lint_path(section, rest, text, &argument.range);
                Plan::Read { section, path: rest.to_vec() }
            }
        }
    }

    fn read_constants(&mut self, path: Path, argument: &Argument, text: &Text, scope: Scope) -> Plan {
        self.constants_read += usize::from(scope.stage == Stage::Constants);
        self.lint_constant(&path, argument, text);
        let read = Plan::Read { section: Section::Constants, path };
        self.taint_of(&read, text, &argument.range, scope);
        match &read {
            Plan::Read { path, .. } => self.constant(path).unwrap_or(read),
            _ => read,
        }
    }

    fn lint_constant(&mut self, path: &Path, argument: &Argument, text: &Text) {
        let Some(PathStep::Key(key)) = path.first() else { return };
        let (key, range) = (key.as_str().to_owned(), &argument.range);
        if self.constants.get(&key).is_some() {
            return self.lint_path(Section::Constants, path, text, range);
        }
        // An integration may have a constant of that name.
        if self.constants.more {
            return;
        }
        if self.constants.open.as_deref() == Some(&key) {
            return self.error(
                "constant-order",
                format!("the constant `{key}` reads itself"),
                text,
                range,
                None,
            );
        }
        if self.constants.later.contains(&key) {
            let message = format!("the constant `{key}` is made further down: it cannot be read here");
            let help = "a constant reads those above it: move it up".to_owned();
            return self.error("constant-order", message, text, range, Some(help));
        }
        let help = self.hint(&key, self.constants.names(), self.constants.count());
        self.warn(
            "unknown-constant",
            format!("there is no constant `{key}`: this is null"),
            text,
            range,
            help,
        );
    }

    /// `currentAgency:PATH` and `currentClan:PATH`.
    pub(crate) fn document(
        &mut self,
        section: Section,
        argument: Option<&Argument>,
        text: &Text,
        scope: Scope,
    ) -> Plan {
        let path = match argument {
            Some(argument) => self.path(argument, text, scope),
            None => Some(Path::new()),
        };
        let Some(path) = path else { return Plan::NULL };
        if let Some(argument) = argument {
            self.lint_path(section, &path, text, &argument.range);
        }
        Plan::Read { section, path }
    }

    /// A path, whose nested expressions are a step each, or a part of one.
    pub(crate) fn path(&mut self, argument: &Argument, text: &Text, scope: Scope) -> Option<Path> {
        let (notation, nested) = self.notation(argument, text)?;
        let scope = scope.without_holes("a path");
        let steps = match path::parse(notation.trim()) {
            Ok(steps) => steps,
            Err(error) => {
                let message = format!("not a path: {}", error.message);
                let help = "a path is written a.b.c, a.0.b, a[0].b or a[\"odd.key\"]".to_owned();
                self.error("path", message, text, &argument.range, Some(help));
                // What stands in it may be wrong too.
                for piece in nested {
                    self.piece(piece, text, scope);
                }
                return None;
            }
        };
        let mut nested = nested.into_iter();
        let mut path = Path::new();
        for step in steps {
            if !step.as_str().contains(STAND_IN) {
                path.push(PathStep::Key(step));
                continue;
            }
            let mut parts = Vec::new();
            for (index, literal) in step.as_str().split(STAND_IN).enumerate() {
                if index > 0 {
                    let plan = nested.next().map_or(Plan::NULL, |piece| self.piece(piece, text, scope));
                    parts.push(plan);
                }
                if !literal.is_empty() {
                    parts.push(Plan::text(literal));
                }
            }
            path.push(PathStep::Value(Plan::Concat(parts)));
        }
        Some(path)
    }

    /// The text of a path with a stand-in for each nested expression, and those expressions.
    fn notation<'p>(&mut self, argument: &'p Argument, text: &Text) -> Option<(String, Vec<&'p Piece>)> {
        let (mut notation, mut nested) = (String::new(), Vec::new());
        for piece in &argument.pieces {
            match piece {
                Piece::Text(range) => notation.push_str(&text.as_str()[range.clone()]),
                _ => nested.push(piece),
            }
            if !matches!(piece, Piece::Text(_)) {
                notation.push(STAND_IN);
            }
        }
        if notation.matches(STAND_IN).count() == nested.len() {
            return Some((notation, nested));
        }
        let range: Range<usize> = argument.range.clone();
        self.error("path", "a path may not hold the character U+0000", text, &range, None);
        None
    }
}
