//! The generated client, as formatted Rust.

use std::collections::BTreeSet;

use anyhow::Result;
use openapiv3::OpenAPI;
use serde_json::Value;
use sha2::{Digest, Sha256};
use syn::parse_quote;

use super::edits::Edits;
use super::polish::polish;
use super::split::split_sending;
use super::{parse, prepare, print, restore_wire_name};
use crate::schema::for_each_reference;

/// Generates the client from the bundled document.
///
/// # Errors
/// When an edit is stale, or the generator refuses the document.
pub fn client(bundled: &str, edits: &Edits<'_>) -> Result<String> {
    let (document, mut generator) = prepare(bundled, edits)?;
    let mut tokens = generator.generate_tokens(&document)?;
    for rename in edits.renames {
        tokens = restore_wire_name(tokens, rename)?;
    }
    let mut file = polish(parse(tokens)?, &request_schemas(&document)?)?;
    split_sending(&mut file)?;
    let sha256 = sha256(bundled);
    file.items.push(parse_quote! {
        /// The SHA-256 of [`OPENAPI_JSON`](crate::OPENAPI_JSON), the document that this crate is generated from.
        pub const OPENAPI_SHA256: &str = #sha256;
    });
    print(&file)
}

/// The schemas of request bodies. All others belong to answers.
fn request_schemas(document: &OpenAPI) -> Result<BTreeSet<String>> {
    let document = serde_json::to_value(document)?;
    let mut found = BTreeSet::new();
    let mut places: Vec<Value> = Vec::new();
    for path in document["paths"].as_object().into_iter().flatten() {
        let operations = path.1.as_object().into_iter().flatten();
        places.extend(operations.map(|(_, operation)| operation["requestBody"].clone()));
    }
    while let Some(mut place) = places.pop() {
        for_each_reference(&mut place, &mut |target| {
            if let Some(name) = target.strip_prefix("#/components/schemas/")
                && found.insert(name.to_owned())
            {
                places.push(document["components"]["schemas"][name].clone());
            }
        });
    }
    Ok(found)
}

/// The SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
