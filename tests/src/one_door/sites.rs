//! The names in a source, each followed through the file's imports, and the methods that are called.

use std::{collections::BTreeMap, fmt};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, ExprMethodCall, ExprPath, File, ImplItem, Item, ItemExternCrate, ItemType, ItemUse, Macro,
    Path, QSelf, Type, TypePath, UseTree,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::sources::is_test;

/// A place where something is named or called.
pub(super) struct Site {
    line: usize,
    /// The name, from its crate on as far as the file tells.
    pub(super) path: Vec<String>,
    /// The arguments, where it is a method that is called.
    arguments: Option<usize>,
    /// Whether all of it is imported.
    glob: bool,
}

impl Site {
    /// Whether the name begins with these segments.
    pub(super) fn begins(&self, start: &[&str]) -> bool {
        self.path.len() >= start.len()
            && self.path.iter().zip(start).all(|(segment, wanted)| segment == wanted)
    }

    /// Whether the name ends with these segments.
    pub(super) fn ends(&self, end: &[&str]) -> bool {
        let skipped = self.path.len().checked_sub(end.len());
        skipped.is_some_and(|skipped| {
            self.path[skipped..].iter().zip(end).all(|(segment, wanted)| segment == wanted)
        })
    }

    /// Whether the name has this segment.
    pub(super) fn names(&self, name: &str) -> bool {
        self.arguments.is_none() && self.path.iter().any(|segment| segment == name)
    }

    /// Whether a method of this name is called with so many arguments.
    pub(super) fn calls(&self, method: &str, arguments: usize) -> bool {
        self.arguments == Some(arguments) && self.path == [method]
    }

    /// Whether everything in a module is imported.
    pub(super) fn globs(&self, module: &[&str]) -> bool {
        self.glob && self.path == module
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.path.join("::"))
    }
}

/// Every site of a source, without those of tests.
pub(super) fn sites(file: &File) -> Vec<Site> {
    let mut imports = Imports::default();
    imports.visit_file(file);
    let mut names = Names { imports: imports.0, sites: Vec::new() };
    names.visit_file(file);
    names.sites
}

/// What names of a file stand for elsewhere.
#[derive(Default)]
struct Imports(BTreeMap<String, Vec<String>>);

impl Imports {
    fn read(&mut self, tree: &UseTree, before: &[String]) {
        for (name, path) in used(tree, before) {
            self.0.extend(name.map(|name| (name, path)));
        }
    }
}

impl<'a> Visit<'a> for Imports {
    fn visit_item_use(&mut self, item: &'a ItemUse) {
        self.read(&item.tree, &[]);
    }

    fn visit_item_extern_crate(&mut self, item: &'a ItemExternCrate) {
        if let Some((_, name)) = &item.rename {
            self.0.insert(name.to_string(), vec![item.ident.to_string()]);
        }
    }

    fn visit_item_type(&mut self, item: &'a ItemType) {
        if let Type::Path(meant) = &*item.ty {
            self.0.insert(item.ident.to_string(), segments(&meant.path));
        }
    }
}

/// What a `use` brings in: the name here (none for everything in a module), and what it stands for.
fn used(tree: &UseTree, before: &[String]) -> Vec<(Option<String>, Vec<String>)> {
    let with = |name: String| [before, &[name]].concat();
    match tree {
        UseTree::Path(path) => used(&path.tree, &with(path.ident.to_string())),
        UseTree::Name(name) if name.ident == "self" => vec![(before.last().cloned(), before.to_owned())],
        UseTree::Name(name) => vec![(Some(name.ident.to_string()), with(name.ident.to_string()))],
        UseTree::Rename(rename) if rename.ident == "self" => {
            vec![(Some(rename.rename.to_string()), before.to_owned())]
        }
        UseTree::Rename(rename) => vec![(Some(rename.rename.to_string()), with(rename.ident.to_string()))],
        UseTree::Glob(_) => vec![(None, before.to_owned())],
        UseTree::Group(group) => group.items.iter().flat_map(|tree| used(tree, before)).collect(),
    }
}

fn segments(path: &Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

struct Names {
    imports: BTreeMap<String, Vec<String>>,
    sites: Vec<Site>,
}

impl Names {
    fn name(&mut self, line: usize, path: Vec<String>) {
        let path = self.whole(path);
        self.sites.push(Site { line, path, arguments: None, glob: false });
    }

    /// A name with its import in the place of its first segment, and that one's import in the place of its own.
    fn whole(&self, mut path: Vec<String>) -> Vec<String> {
        // As many as there are imports: they may stand for each other in a circle.
        for _ in 0..self.imports.len().min(8) {
            let Some(meant) = path.first().and_then(|first| self.imports.get(first)) else { break };
            if meant.first() == path.first() {
                path.splice(..1, meant.iter().cloned());
                break;
            }
            path.splice(..1, meant.iter().cloned());
        }
        path
    }

    /// `<Type>::name`, which stands for `Type::name`.
    fn qualified(&mut self, qself: &QSelf, path: &Path) {
        if let Type::Path(TypePath { path: start, .. }) = &*qself.ty {
            self.name(path.span().start().line, [segments(start), segments(path)].concat());
        }
    }

    /// Names and calls in what a macro is given or made of, which has no grammar of its own.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut index = 0;
        while index < tokens.len() {
            match &tokens[index] {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(first) => {
                    let mut path = vec![first.to_string()];
                    while let [colon, second, TokenTree::Ident(next), ..] = &tokens[index + 1..]
                        && is_mark(colon, ':')
                        && is_mark(second, ':')
                    {
                        path.push(next.to_string());
                        index += 3;
                    }
                    let line = first.span().start().line;
                    let is_method = path.len() == 1 && index > 0 && is_mark(&tokens[index - 1], '.');
                    match tokens.get(index + 1) {
                        Some(TokenTree::Group(arguments)) if is_method => {
                            let arguments = Some(count(arguments.stream()));
                            self.sites.push(Site { line, path, arguments, glob: false });
                        }
                        _ => self.name(line, path),
                    }
                }
                _ => {}
            }
            index += 1;
        }
    }
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// How many arguments there are between commas.
fn count(arguments: TokenStream) -> usize {
    let tokens: Vec<_> = arguments.into_iter().collect();
    tokens.split(|token| is_mark(token, ',')).filter(|argument| !argument.is_empty()).count()
}

impl<'a> Visit<'a> for Names {
    fn visit_item(&mut self, item: &'a Item) {
        if !attributes(item).is_some_and(is_test) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'a ImplItem) {
        if !matches!(item, ImplItem::Fn(function) if is_test(&function.attrs)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        for (name, path) in used(&item.tree, &[]) {
            self.sites.push(Site {
                line: item.span().start().line,
                path,
                arguments: None,
                glob: name.is_none(),
            });
        }
    }

    fn visit_item_extern_crate(&mut self, item: &'a ItemExternCrate) {
        self.name(item.span().start().line, vec![item.ident.to_string()]);
    }

    fn visit_expr_path(&mut self, path: &'a ExprPath) {
        if let Some(qself) = &path.qself {
            self.qualified(qself, &path.path);
        }
        visit::visit_expr_path(self, path);
    }

    fn visit_path(&mut self, path: &'a Path) {
        self.name(path.span().start().line, segments(path));
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        let path = vec![call.method.to_string()];
        let line = call.method.span().start().line;
        self.sites.push(Site { line, path, arguments: Some(call.args.len()), glob: false });
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        self.name(call.path.span().start().line, segments(&call.path));
        self.tokens(call.tokens.clone());
    }

    // Documentation and conditions name things and do nothing.
    fn visit_attribute(&mut self, _: &'a Attribute) {}
}

/// The attributes of an item that may be there for tests alone.
fn attributes(item: &Item) -> Option<&[Attribute]> {
    match item {
        Item::Const(item) => Some(&item.attrs),
        Item::Enum(item) => Some(&item.attrs),
        Item::Fn(item) => Some(&item.attrs),
        Item::Impl(item) => Some(&item.attrs),
        Item::Mod(item) => Some(&item.attrs),
        Item::Static(item) => Some(&item.attrs),
        Item::Struct(item) => Some(&item.attrs),
        Item::Trait(item) => Some(&item.attrs),
        Item::Type(item) => Some(&item.attrs),
        Item::Use(item) => Some(&item.attrs),
        _ => None,
    }
}
