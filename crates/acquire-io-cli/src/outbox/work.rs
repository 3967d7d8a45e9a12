//! `acquire outbox work`: sends what is queued, without the file.

use std::path::PathBuf;

use acquire_io_outbox::{Filter, State};
use acquire_io_sandbox::cli::inert::{self, inert};
use clap::Args;

use super::select::Which;
use crate::ask::confirm;
use crate::batch::known::each_row;
use crate::batch::plan::Totals;
use crate::batch::problems::Unit;
use crate::batch::report::Lines;
use crate::batch::report::Origin;
use crate::batch::report::progress::Counts;
use crate::batch::report::results::{Form, Results};
use crate::batch::work::{self, Pace};
use crate::exit::{Exit, Failure};
use crate::output::{Output, note, say};
use crate::settings;

#[derive(Args)]
#[command(after_help = crate::exit::HELP)]
pub(crate) struct Work {
    #[command(flatten)]
    which: Which,
    /// Keep running when all is sent: send what is inserted later, until Ctrl-C or SIGTERM
    ///
    /// For a service manager such as systemd. While the database is away it tries again. After SIGTERM it claims nothing
    /// more and waits for what is being sent, 5 seconds longer than --timeout at most: allow that much before a kill. Then
    /// the exit code is 0, whatever is queued or unknown.
    #[arg(short, long, conflicts_with = "give_up_after")]
    follow: bool,
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
        let accounts = outbox.accounts().await?;
        if !accounts.contains(&target.account) && !self.follow {
            return Err(Failure::usage(format_args!(
                "the outbox has messages of {}, and none of {}",
                inert(&accounts.join(", ")),
                inert(&target.account)
            )));
        }
        outbox.target(&target.account, &target.base_url).await?;
        let (mut count, mut lines, mut unit) = (0, Vec::new(), Unit::default());
        let queued = Filter::state(State::Queued).account(&target.account);
        each_row(&outbox, queued, |row| {
            count += 1;
            let origin = Origin::of(&row);
            unit = origin.as_ref().map_or(unit, |origin| origin.unit);
            let line = origin.and_then(|origin| origin.line);
            lines.extend(line.map(|line| (row.id, line)));
        })
        .await?;
        let later = match self.follow {
            true => ", and all that are inserted later",
            false => "",
        };
        let question = format!("Send {count} queued messages{later} as {}?", target.account);
        if (count > 0 || self.follow) && !confirm(&question, self.yes)? {
            outbox.close().await?;
            say("nothing was sent");
            return Ok(Exit::NotSent);
        }
        let shown = inert::path(&path);
        let form = Form::or_default(self.output);
        let mut results = Results::new(output, form, self.results.as_deref())?;
        let work = work::Work {
            outbox: &outbox,
            connection: &connection,
            pace: &self.pace,
            lines: Lines::new(lines, unit),
            afterwards: format!(
                "What was sent is in {shown}; to go on: acquire outbox work {shown}{}",
                if self.follow { " --follow" } else { "" }
            ),
            shown,
            follow: self.follow,
            is_shared: self.which.is_database(),
        };
        let counts = Counts::new(&Totals {
            queued: count,
            ..Totals::default()
        });
        if self.follow {
            note(format_args!(
                "acquire: sending what is inserted as {}; Ctrl-C or SIGTERM stops",
                inert(&target.account)
            ));
        }
        let ended = work.run(counts, &mut results).await?;
        if self.follow {
            outbox.close().await?;
            return Ok(ended.exit(Exit::Success));
        }
        let mut exit = Exit::Success;
        let standing = outbox.standing(&target.account).await?;
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
        outbox.close().await?;
        Ok(ended.exit(exit))
    }
}
