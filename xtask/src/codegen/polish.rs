//! Changes to the generated code for which the generator has no setting.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Fields, File, Generics, Ident, ImplItem, Item, Path, Token, Type, parse_quote,
};

/// Changes the generated file. `requests` names the schemas of requests. What it changes must be there.
pub(crate) fn polish(file: File, requests: &BTreeSet<String>) -> Result<File> {
    let mut items = file.items;
    let mut removed = Vec::new();
    // `Client::new` panics when TLS can't be set up. `new_with_client` remains.
    for item in &mut items {
        if let Item::Impl(block) = item {
            let is_new =
                |item: &mut ImplItem| matches!(item, ImplItem::Fn(f) if f.sig.ident == "new");
            removed.extend(block.items.extract_if(.., is_new).map(|_| "new"));
        }
    }
    // The crate chooses its exports itself.
    let is_prelude = |item: &mut Item| matches!(item, Item::Mod(m) if m.ident == "prelude");
    removed.extend(items.extract_if(.., is_prelude).map(|_| "prelude"));
    ensure!(removed == ["new", "prelude"], "removed {removed:?} only");

    let items = complete(items, false, requests)?;
    Ok(File { items, ..file })
}

/// All types can describe themselves as a JSON Schema and print no content. Identifiers can be compared and hashed. Answers
/// may get more fields in a minor version.
fn complete(items: Vec<Item>, are_types: bool, requests: &BTreeSet<String>) -> Result<Vec<Item>> {
    let mut completed = Vec::new();
    for mut item in items {
        let mut added = Vec::new();
        match &mut item {
            Item::Struct(item) => {
                let attributes = &mut item.attrs;
                if are_types {
                    add_schema(attributes);
                    pass_over_nulls(&mut item.fields);
                }
                if is_identifier(&item.fields) {
                    attributes
                        .push(parse_quote!(#[derive(Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]));
                    remove_derive(attributes, "Deserialize")?;
                    added.push(read_identifier(&item.ident));
                } else {
                    added.extend(hide_content(attributes, &item.ident, &item.generics)?);
                }
                let is_answer = are_types
                    && matches!(item.fields, Fields::Named(_))
                    && !requests.contains(&item.ident.to_string());
                if is_answer {
                    item.attrs.push(parse_quote!(#[non_exhaustive]));
                }
            }
            Item::Enum(item) => {
                if are_types {
                    add_schema(&mut item.attrs);
                }
                if item
                    .variants
                    .iter()
                    .any(|variant| !variant.fields.is_empty())
                {
                    added.extend(hide_content(&mut item.attrs, &item.ident, &item.generics)?);
                }
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &mut module.content {
                    *items = complete(std::mem::take(items), module.ident == "types", requests)?;
                }
            }
            _ => {}
        }
        completed.push(item);
        completed.extend(added);
    }
    Ok(completed)
}

fn add_schema(attributes: &mut Vec<Attribute>) {
    attributes.push(parse_quote!(#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]));
}

/// An optional list, as in answers, leaves out null items, so that its items are no `Option`s. Raw JSON keeps its nulls.
fn pass_over_nulls(fields: &mut Fields) {
    for field in fields {
        let ty = &field.ty;
        let ty = quote!(#ty).to_string().replace(' ', "");
        if ty.starts_with("::std::option::Option<::std::vec::Vec<")
            && !ty.contains("RawJson")
            && !ty.contains("Value")
        {
            field.attrs.push(
                parse_quote!(#[serde(default, deserialize_with = "crate::list::without_nulls")]),
            );
        }
    }
}

/// A newtype over an integer.
fn is_identifier(fields: &Fields) -> bool {
    let Fields::Unnamed(fields) = fields else {
        return false;
    };
    let is_integer = |ty: &Type| {
        let Type::Path(ty) = ty else { return false };
        ["i32", "i64", "u32", "u64"]
            .iter()
            .any(|integer| ty.path.is_ident(integer))
    };
    fields.unnamed.len() == 1 && fields.unnamed.iter().all(|field| is_integer(&field.ty))
}

/// Acquire's webhooks write identifiers as strings of digits. Answers may do so too.
fn read_identifier(name: &Ident) -> Item {
    parse_quote! {
        impl<'de> ::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                crate::id::deserialize(deserializer).map(Self)
            }
        }
    }
}

/// Returns whether there was one.
fn remove_derive(attributes: &mut [Attribute], name: &str) -> Result<bool> {
    let mut found = false;
    for attribute in attributes
        .iter_mut()
        .filter(|a| a.path().is_ident("derive"))
    {
        let derives = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)?;
        let is_other = |path: &&Path| path.segments.last().is_none_or(|last| last.ident != name);
        let kept: Vec<_> = derives.iter().filter(is_other).collect();
        found |= kept.len() < derives.len();
        *attribute = parse_quote!(#[derive(#(#kept),*)]);
    }
    Ok(found)
}

/// Replaces a derived `Debug` by one that prints the type's name: the types have texts, phone numbers and addresses, which
/// must not reach a log.
fn hide_content(
    attributes: &mut [Attribute],
    name: &Ident,
    generics: &Generics,
) -> Result<Option<Item>> {
    if !remove_derive(attributes, "Debug")? {
        return Ok(None);
    }
    let (parameters, arguments, bounds) = generics.split_for_impl();
    let text = name.to_string();
    Ok(Some(syn::parse2(quote! {
        impl #parameters ::std::fmt::Debug for #name #arguments #bounds {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(#text).finish_non_exhaustive()
            }
        }
    })?))
}
