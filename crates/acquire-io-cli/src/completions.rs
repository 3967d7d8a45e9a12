//! `acquire completions`.

use clap::Args;
use clap_complete::{Shell, generate};

use crate::output::Output;

#[derive(Args)]
#[command(after_long_help = "\
Examples:
  acquire completions bash > ~/.local/share/bash-completion/completions/acquire
  acquire completions zsh > ~/.zfunc/_acquire      # a folder of $fpath
  acquire completions fish > ~/.config/fish/completions/acquire.fish")]
pub(crate) struct Options {
    /// The shell
    shell: Shell,
}

impl Options {
    pub(crate) fn run(
        &self,
        mut command: clap::Command,
        output: &mut Output,
    ) -> anyhow::Result<()> {
        let mut script = Vec::new();
        let name = command.get_name().to_owned();
        generate(self.shell, &mut command, name, &mut script);
        output.bytes(&script)?;
        Ok(output.flush()?)
    }
}
