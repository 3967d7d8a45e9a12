//! The generated mocks: typed helpers for httpmock.

use anyhow::{Context, Result, bail, ensure};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, ImplItem, ImplItemFn, Item, ItemImpl, Lit, TraitItem, Type, parse_quote};

use super::edits::Edits;
use super::{parse, prepare, print, restore_wire_name};

/// Generates the typed mocks from the bundled document.
///
/// # Errors
/// When an edit is stale, or the generator refuses the document.
pub fn mock(bundled: &str, edits: &Edits<'_>) -> Result<String> {
    let (document, mut generator) = prepare(bundled, edits)?;
    let mut tokens = generator.httpmock(&document, "acquire_io_api")?;
    // Bodies are types of the client, so the names of properties don't occur.
    for rename in edits.renames.iter().filter(|rename| rename.is_parameter()) {
        tokens = restore_wire_name(tokens, rename)?;
    }
    let mut file = parse(tokens)?;
    for item in &mut file.items {
        match item {
            Item::Mod(operations) => {
                for item in operations.content.iter_mut().flat_map(|(_, items)| items) {
                    describe(item)?;
                }
            }
            Item::Trait(operations) => {
                for item in &mut operations.items {
                    let TraitItem::Fn(function) = item else {
                        continue;
                    };
                    let name = &function.sig.ident;
                    let text = format!(
                        "Mocks `{name}`: `config_fn` sets the expected request and the answer."
                    );
                    function.attrs.push(doc(&text));
                }
            }
            _ => {}
        }
    }
    print(&file)
}

/// Documents an item, which the generator doesn't.
fn describe(item: &mut Item) -> Result<()> {
    match item {
        Item::Struct(item) => {
            let text = match part(&item.ident.to_string())? {
                Part::When => "The expected request: of this operation, with what the methods add.",
                Part::Then => "The answer: call one method.",
            };
            item.attrs.push(doc(text));
        }
        Item::Impl(ItemImpl { self_ty, items, .. }) => {
            let Type::Path(path) = &**self_ty else {
                bail!("an impl of a type without a path")
            };
            let name = path.path.segments.last().context("an empty path")?;
            let part = part(&name.ident.to_string())?;
            for item in items {
                if let ImplItem::Fn(function) = item {
                    let text = text(function, &part)?;
                    function.attrs.push(doc(&text));
                }
            }
        }
        _ => {}
    }
    Ok(())
}

enum Part {
    When,
    Then,
}

fn part(name: &str) -> Result<Part> {
    if name.ends_with("When") {
        Ok(Part::When)
    } else {
        ensure!(
            name.ends_with("Then"),
            "{name} is neither a When nor a Then"
        );
        Ok(Part::Then)
    }
}

fn text(function: &ImplItemFn, part: &Part) -> Result<String> {
    let name = function.sig.ident.to_string();
    let mut literals = Vec::new();
    collect_literals(function.block.to_token_stream(), &mut literals);
    let text = match (part, name.as_str()) {
        (Part::When, "new") => "Expects the operation's method and path.".to_owned(),
        (Part::Then, "new") => "An answer without a status or a body yet.".to_owned(),
        (_, "into_inner") => "httpmock's type, for what the document doesn't have.".to_owned(),
        (Part::When, "body") => "Expects exactly this body.".to_owned(),
        (Part::When, _) => {
            let wire = literals.iter().find_map(|literal| match literal {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            });
            let wire = wire.with_context(|| format!("{name} names no parameter"))?;
            format!(
                "Expects this value of the query parameter `{wire}`; for `None`, that it is missing. Without this call any value is accepted."
            )
        }
        (Part::Then, _) => {
            let status = literals.iter().find_map(|literal| match literal {
                Lit::Int(number) if number.suffix() == "u16" => {
                    Some(number.base10_digits().to_owned())
                }
                _ => None,
            });
            let status = status.with_context(|| format!("{name} has no status"))?;
            format!("Answers with status {status} and this body.")
        }
    };
    Ok(text)
}

fn collect_literals(tokens: TokenStream, found: &mut Vec<Lit>) {
    for token in tokens {
        match token {
            TokenTree::Literal(literal) => found.push(Lit::new(literal)),
            TokenTree::Group(group) => collect_literals(group.stream(), found),
            _ => {}
        }
    }
}

fn doc(text: &str) -> Attribute {
    let text = format!(" {text}");
    parse_quote!(#[doc = #text])
}
