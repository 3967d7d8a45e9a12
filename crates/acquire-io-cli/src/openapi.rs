//! `acquire openapi`.

use clap::{Args, ValueEnum};

use crate::output::Output;

#[derive(Args)]
pub(crate) struct Options {
    /// The language to print it in
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Json,
    Yaml,
}

impl Options {
    pub(crate) fn run(&self, output: &mut Output) -> anyhow::Result<()> {
        let json = acquire_io_api::OPENAPI_JSON;
        match self.format {
            Format::Json => output.bytes(json.as_bytes())?,
            Format::Yaml => {
                // Keeps the order of keys.
                let document: serde_norway::Value = serde_json::from_str(json)?;
                output.bytes(serde_norway::to_string(&document)?.as_bytes())?;
            }
        }
        Ok(output.flush()?)
    }
}
