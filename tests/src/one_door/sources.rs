//! The modules of a part, from its root on, as the compiler finds them; without tests.

use std::{fs, path::Path};

use syn::{Attribute, Item, Meta};

use super::sites::{Site, sites};

/// A file of the product.
pub(super) struct Source {
    /// From the project's folder.
    pub(super) path: String,
    pub(super) sites: Vec<Site>,
}

/// The root's file and every module that it declares, wherever that is.
pub(super) fn modules(root: &Path, project: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let folder = root.parent().expect("a source lies in a folder");
    add(root, folder, project, &mut found);
    found
}

fn add(path: &Path, below: &Path, project: &Path, found: &mut Vec<Source>) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    declared(&file.items, below, project, found);
    let path = path.strip_prefix(project).expect("the sources lie in the project");
    let path = path.to_str().expect("a path is text").to_owned();
    found.push(Source { path, sites: sites(&file) });
}

/// Adds the modules that these items declare to be in files.
fn declared(items: &[Item], below: &Path, project: &Path, found: &mut Vec<Source>) {
    let modules = items.iter().filter_map(|item| match item {
        Item::Mod(module) if !is_test(&module.attrs) => Some(module),
        _ => None,
    });
    for module in modules {
        let name = module.ident.to_string();
        assert!(
            !module.attrs.iter().any(|attribute| attribute.path().is_ident("path")),
            "`{name}` lies where it is named"
        );
        match &module.content {
            Some((_, items)) => declared(items, &below.join(&name), project, found),
            None => add(&below.join(format!("{name}.rs")), &below.join(&name), project, found),
        }
    }
}

/// Whether an item is there for tests alone: `#[cfg(test)]`, `#[cfg(all(test, …))]`. A feature is none of them, though its
/// items may serve tests alone, such as those of `conformance` and `internals`: whoever builds the product may ask for it.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return false };
        let condition = list.tokens.to_string().replace(' ', "");
        list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all(test,"))
    })
}
