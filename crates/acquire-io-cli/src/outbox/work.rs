//! Sending what is queued, without the file.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use acquire_io_outbox::{Filter, State};
use acquire_io_sandbox::cli::inert::{self, inert};
use clap::Args;

use super::Which;
use crate::batch::ask::ask;
use crate::batch::file::Info;
use crate::batch::known::each_row;
use crate::batch::place::failure;
use crate::batch::plan::Totals;
use crate::batch::progress::{Counts, Progress};
use crate::batch::results::{Form, Results};
use crate::batch::stop::Stop;
use crate::batch::summary;
use crate::batch::work::{self, Pace};
use crate::exit::{Exit, Failure};
use crate::output::{Output, note, say};
use crate::settings;

#[derive(Args)]
#[command(after_help = crate::exit::HELP)]
pub(crate) struct Work {
    #[command(flatten)]
    which: Which,
    /// Send without asking
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    pace: Pace,
    /// What to print [default: text on a terminal, else json]
    #[arg(long, value_enum, value_name = "FORM")]
    output: Option<Form>,
    /// Append the results to a file, as JSON
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    #[command(flatten)]
    settings: settings::Options,
}

impl Work {
    pub(super) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let path = self.which.path()?;
        let outbox = self.which.open().await?;
        let connection = self.settings.connect().await?;
        let target = &connection.target;
        let accounts = outbox.accounts().await.map_err(failure)?;
        if !accounts.contains(&target.account) {
            return Err(Failure::usage(format_args!(
                "the outbox has messages of {}, and none of {}",
                inert(&accounts.join(", ")),
                inert(&target.account)
            )));
        }
        let remembered = outbox.target(&target.account, &target.base_url).await;
        remembered.map_err(failure)?;
        let mut infos = HashMap::new();
        let queued = Filter::state(State::Queued).account(&target.account);
        each_row(&outbox, queued, |row| {
            drop(infos.insert(row.id, Info::of(&row)))
        })
        .await?;
        let count = infos.len() as u64;
        let question = format!("Send {count} queued messages as {}?", target.account);
        if count > 0 && !ask(&question, self.yes)? {
            outbox.close().await.map_err(failure)?;
            say("nothing was sent");
            return Ok(Exit::Success);
        }
        let shown = inert::path(&path);
        let form = Form::or_default(self.output);
        let mut results = Results::new(output, form, self.results.as_deref())?;
        let stop = Arc::new(Stop::new(format!(
            "What was sent is in {shown}; to go on: acquire outbox work {shown}"
        )));
        let mut progress = Progress::new(Counts::new(&Totals {
            queued: count,
            ..Totals::default()
        }));
        let work = work::Work {
            outbox: &outbox,
            account: &target.account,
            client: connection.client.clone(),
            pace: &self.pace,
            stop: Arc::clone(&stop),
            infos,
            shown,
        };
        let ended = work.run(&mut progress, &mut results).await;
        let mut exit = Exit::Success;
        if let Some(reason) = stop.reason() {
            say(format_args!("acquire: stopped: {reason}"));
            exit = reason.exit();
        }
        let reason = ended?;
        if let Some(why) = summary::stopped(&reason) {
            say(format_args!("acquire: stopped: {why}"));
        }
        let standing = outbox.standing(&target.account).await.map_err(failure)?;
        let left = [
            (State::Unknown, Exit::Unknown),
            (State::Queued, Exit::NotSent),
            (State::NotSent, Exit::NotSent),
            (State::Refused, Exit::Refused),
        ];
        for (state, deserved) in left {
            let count = standing.count(state);
            note(format_args!("{count} {}", state.as_str().replace('_', " ")));
            if count > 0 {
                exit = exit.max(deserved);
            }
        }
        outbox.close().await.map_err(failure)?;
        Ok(exit.max(summary::exit_of(&reason)))
    }
}
