//! The document's examples, and the generated types, against its schemas.

mod examples;
mod schemas;
