//! `acquire man`.

use std::path::PathBuf;

use acquire_io_sandbox::cli::inert;
use anyhow::Context as _;
use clap::Args;
use clap_mangen::Man;

use crate::output::Output;

#[derive(Args)]
pub(crate) struct Options {
    /// Write a page for each command to this folder, in place of the main page to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Options {
    pub(crate) fn run(&self, command: clap::Command, output: &mut Output) -> anyhow::Result<()> {
        // As `generate_to` does.
        let command = command.disable_help_subcommand(true);
        if let Some(folder) = &self.out {
            std::fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(command, folder))
                .with_context(|| inert::path(folder))?;
            return Ok(());
        }
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        output.bytes(&page)?;
        Ok(output.flush()?)
    }
}
