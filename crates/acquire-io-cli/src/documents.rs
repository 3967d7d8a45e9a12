//! The commands that print what the program has in it: the OpenAPI document, the JSON Schema of a message, completions and
//! manual pages.

use std::path::PathBuf;

use acquire_io_sandbox::cli::inert;
use anyhow::Context as _;
use clap::{Args, Command, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::output::Output;

/// `acquire openapi`.
#[derive(Args)]
pub(crate) struct Openapi {
    /// The format of the document
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Json,
    Yaml,
}

/// `acquire schema`.
#[derive(Subcommand)]
pub(crate) enum Schema {
    /// Print the JSON Schema of a message
    ///
    /// For programs that write messages: rows of `acquire batch`, which may also have a `key`, messages in a queue or in files,
    /// the input of a language model's tool.
    Message,
}

/// `acquire completions`.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  acquire completions bash > ~/.local/share/bash-completion/completions/acquire
  acquire completions zsh > ~/.zfunc/_acquire      # a folder of $fpath
  acquire completions fish > ~/.config/fish/completions/acquire.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

/// `acquire man`.
#[derive(Args)]
pub(crate) struct Man {
    /// Write a page for each command to this folder, instead of printing the main page
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Openapi {
    pub(crate) fn run(&self, output: &mut Output) -> anyhow::Result<()> {
        let json = acquire_io_api::OPENAPI_JSON;
        match self.format {
            Format::Json => print(json.as_bytes(), output),
            Format::Yaml => {
                // Keeps the order of keys.
                let document: serde_norway::Value = serde_json::from_str(json)?;
                print(serde_norway::to_string(&document)?.as_bytes(), output)
            }
        }
    }
}

impl Schema {
    pub(crate) fn run(&self, output: &mut Output) -> anyhow::Result<()> {
        let mut schema = match self {
            Self::Message => schemars::schema_for!(acquire_io::Message).to_value(),
        };
        // The same text whether or not another crate turns on serde_json's `preserve_order`.
        schema.sort_all_objects();
        let json = serde_json::to_string_pretty(&schema)?;
        print(format!("{json}\n").as_bytes(), output)
    }
}

impl Completions {
    pub(crate) fn run(&self, mut command: Command, output: &mut Output) -> anyhow::Result<()> {
        let mut script = Vec::new();
        let name = command.get_name().to_owned();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        print(&script, output)
    }
}

impl Man {
    pub(crate) fn run(&self, command: Command, output: &mut Output) -> anyhow::Result<()> {
        // As `generate_to` does.
        let command = command.disable_help_subcommand(true);
        let Some(folder) = &self.out else {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            return print(&page, output);
        };
        std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(command, folder))
            .with_context(|| inert::path(folder))
    }
}

fn print(document: &[u8], output: &mut Output) -> anyhow::Result<()> {
    output.bytes(document)?;
    Ok(output.flush()?)
}
