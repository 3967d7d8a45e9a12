//! `acquire schema`.

use clap::Subcommand;

use crate::output::Output;

#[derive(Subcommand)]
pub(crate) enum Schema {
    /// Print the JSON Schema of a message
    ///
    /// For programs that write messages: rows of `acquire batch`, which may have a `key` besides, messages in a queue
    /// or in files, the input of a language model's tool.
    Message,
}

impl Schema {
    pub(crate) fn run(&self, output: &mut Output) -> anyhow::Result<()> {
        let mut schema = match self {
            Self::Message => schemars::schema_for!(acquire_io::Message).to_value(),
        };
        // The same text whether or not another crate turns on serde_json's `preserve_order`.
        schema.sort_all_objects();
        output.bytes(serde_json::to_string_pretty(&schema)?.as_bytes())?;
        output.bytes(b"\n")?;
        Ok(output.flush()?)
    }
}
