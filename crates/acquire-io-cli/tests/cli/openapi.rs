//! The OpenAPI document.

use acquire_io_tests::documents;

use crate::support::*;

#[tokio::test]
async fn both_forms_are_the_document() -> Result {
    let home = Home::new()?;
    let json = home.acquire("openapi").run().await?.ok()?;
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&json)?,
        documents::openapi()?
    );
    assert_eq!(
        home.acquire("openapi --format json").run().await?.ok()?,
        json
    );

    let yaml = home.acquire("openapi --format yaml").run().await?.ok()?;
    assert!(yaml.starts_with("openapi: 3.0.3\ninfo:\n"));
    let document: serde_norway::Value = serde_norway::from_str(&yaml)?;
    // As text, which the order of keys shows in.
    assert_eq!(serde_json::to_string_pretty(&document)? + "\n", json);
    Ok(())
}
