//! What the vendor's pages say: the rows of their parameter tables, and their sentences.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// A row of a parameter table, or a query parameter in a page's URL. The file has its description too.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    pub(crate) page: String,
    pub(crate) operation_id: String,
    pub(crate) place: String,
    pub(crate) name: String,
    pub(crate) r#type: String,
    /// Whether the page marks it as required, by a star.
    pub(crate) required: bool,
    /// The place in the document that describes it, as a JSON pointer.
    pub(crate) described_at: String,
}

/// A sentence of a page.
#[derive(Deserialize)]
pub(crate) struct Statement {
    pub(crate) page: String,
    pub(crate) text: String,
    /// The places in the document that it supports, as JSON pointers.
    pub(crate) supports: Vec<String>,
}

/// The rows and sentences of all pages.
pub struct Pages {
    pub(crate) rows: Vec<Row>,
    pub(crate) statements: Vec<Statement>,
}

impl Pages {
    /// Reads the project's two files.
    ///
    /// # Errors
    /// When one can't be read or has another form.
    pub fn of_project(root: &Path) -> Result<Self> {
        let read = |name| fs::read_to_string(root.join(name)).context(name);
        Self::parse(
            &read("openapi/parameter-tables.json")?,
            &read("openapi/statements.json")?,
        )
    }

    /// Reads two JSON lists.
    ///
    /// # Errors
    /// When one has another form.
    pub fn parse(rows: &str, statements: &str) -> Result<Self> {
        Ok(Self {
            rows: serde_json::from_str(rows).context("the parameter tables")?,
            statements: serde_json::from_str(statements).context("the statements")?,
        })
    }

    pub(crate) fn has_row(&self, at: &str) -> bool {
        self.rows.iter().any(|row| row.described_at == at)
    }

    /// Whether a page marks what is described here as required.
    pub(crate) fn stars(&self, at: &str) -> bool {
        let mut rows = self.rows.iter();
        rows.any(|row| row.required && row.described_at == at)
    }

    /// Whether a sentence supports this place.
    pub(crate) fn support(&self, at: &str) -> bool {
        let mut statements = self.statements.iter();
        statements.any(|statement| statement.supports.iter().any(|supported| supported == at))
    }
}
