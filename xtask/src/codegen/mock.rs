//! The typed mocks: the document, edited for the generator as for the client, as helpers for httpmock.

use anyhow::{Context, Result, bail, ensure};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, ImplItem, ImplItemFn, Item, ItemImpl, Lit, TraitItem, Type, parse_quote};

use super::edits::Edits;
use super::{parse, prepare, print, restore_wire_name};

/// Generates the typed mocks from the bundled document.
///
/// # Errors
/// If an edit is stale, or the generator refuses the document.
pub fn mock(bundled: &str, edits: &Edits<'_>) -> Result<String> {
    let (document, mut generator) = prepare(bundled, edits)?;
    let mut tokens = generator.httpmock(&document, "acquire_io_api")?;
    // The bodies are the client's types, so their properties don't occur.
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
                        "A mock of `{name}`: `config_fn` says what a request must be, and what the answer is."
                    );
                    function.attrs.push(doc(&text));
                }
            }
            _ => {}
        }
    }
    print(&file)
}

/// The generator documents none of them.
fn describe(item: &mut Item) -> Result<()> {
    match item {
        Item::Struct(item) => {
            let text = match part(&item.ident.to_string())? {
                Part::When => "What a request must be: of the operation, and what the calls add.",
                Part::Then => "What the answer is: one call says it.",
            };
            item.attrs.push(doc(text));
        }
        Item::Impl(ItemImpl { self_ty, items, .. }) => {
            let Type::Path(path) = &**self_ty else {
                bail!("an impl of no path")
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
        (Part::When, "new") => "Asks for the operation's method and path.".to_owned(),
        (Part::Then, "new") => "An answer that no call has described.".to_owned(),
        (_, "into_inner") => "httpmock's own type, for what the document doesn't have.".to_owned(),
        (Part::When, "body") => "The body must be this, nothing more and nothing less.".to_owned(),
        (Part::When, _) => {
            let wire = literals.iter().find_map(|literal| match literal {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            });
            let wire = wire.with_context(|| format!("{name} names no parameter"))?;
            format!(
                "The query parameter `{wire}` must be this, or be missing for `None`. Without this call, anything goes."
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
