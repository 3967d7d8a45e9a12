//! The path of a batch: read and check the file, plan, ask, queue, send, sum up.

use std::path::Path;

use acquire_io_outbox::Outbox;
use acquire_io_sandbox::cli::inert;

use super::Batch;
use super::check::Checked;
use super::check::layout::Layout;
use super::elsewhere;
use super::fill::Fill;
use super::known::{Memory, Own, States};
use super::place::Place;
use super::plan::Plan;
use super::read::Source;
use super::report::list;
use super::report::planned::{Others, Planned};
use super::report::progress::Counts;
use super::report::results::{Form, Results};
use super::report::summary::{self, Summary};
use super::to_me::{Me, send_to_me};
use super::work::Work;
use crate::ask::{can_ask, confirm};
use crate::dry_run;
use crate::exit::{Exit, Failure};
use crate::output::{Output, note, say};
use crate::settings::{Connection, Target};

impl Batch {
    pub(crate) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let me = self.to_me.as_deref();
        let me = me.map(|me| Me::new(me, self.columns.default_country()));
        let me = me.transpose()?;
        let layout = Layout::new(&self.columns)?;
        let checked = Checked::new(Source::open(&self.file, &self.reading)?, layout)?;
        checked.warnings.iter().for_each(note);
        if let Some(me) = me {
            return self.try_out(&me, &checked, output).await;
        }
        let sends_nothing = self.check || self.dry_run;
        let keeps_nothing =
            self.settings.is_sandbox() || sends_nothing && self.file == Path::new("-");
        let place = Place::new(&self.file, self.outbox.as_deref(), keeps_nothing)?;
        if place.is_new() && self.outbox.is_none() && !keeps_nothing {
            let warnings = elsewhere::warnings(&place.path, &checked.rows).await;
            warnings.iter().for_each(note);
        }
        if self.check && !self.settings.is_sandbox() {
            let target = self.settings.target()?;
            let planned = self.plan(checked, place, target.as_ref()).await?;
            return self.print_check(planned, target.as_ref(), output).await;
        }
        let connection = self.settings.connect().await?;
        let target = Some(&connection.target);
        let planned = self.plan(checked, place, target).await?;
        if self.check {
            return self.print_check(planned, target, output).await;
        }
        if self.dry_run {
            return print_requests(&planned, &connection, output);
        }
        self.send(planned, connection, output).await
    }

    async fn try_out(
        &self,
        me: &Me,
        checked: &Checked,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let message = me.message(checked)?;
        let connection = self.settings.connect().await?;
        let is_answered = self.yes || self.settings.is_sandbox();
        let is_text = Form::or_default(self.output) == Form::Text;
        send_to_me(me, message, &connection, is_answered, is_text, output).await
    }

    async fn plan(
        &self,
        mut checked: Checked,
        place: Place,
        target: Option<&Target>,
    ) -> Result<Planned, Failure> {
        let (mut outbox, mut memory, mut others) = (None, Memory::default(), Others::default());
        if let Some(target) = target.filter(|_| !place.is_new()) {
            let opened = place.open().await?;
            belongs(&opened, target, &place).await?;
            let list = list(&self.file);
            let own = match () {
                () if self.take_over => Own::All,
                () if place.is_of_input() => Own::Input(&self.file),
                () => Own::List(list.as_deref()),
            };
            let standing = opened.standing(&target.account).await?;
            memory = Memory::load(&opened, &target.account, own).await?;
            others = Others {
                foreign: memory.foreign,
                is_sending: standing.workers > 0 || memory.is_filling,
                take_over: self.take_over,
            };
            if !memory.known.is_empty() {
                for row in checked.read()? {
                    let (place, row) = row.map_err(Failure::usage)?;
                    let known = checked.rows.rows().get(place);
                    let is_changed = |known| memory.is_changed(known, &row.entry, &opened);
                    if known.is_some_and(is_changed) {
                        checked.rows.mark_changed(place);
                    }
                }
            }
            outbox = Some(opened);
        }
        let plan = Plan::new(&checked.rows, &memory.known, self.changed, self.limit);
        Ok(Planned {
            checked,
            place,
            outbox,
            plan,
            others,
        })
    }

    async fn print_check(
        &self,
        planned: Planned,
        target: Option<&Target>,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        for line in planned.lines(target) {
            output.line(line)?;
        }
        for line in planned.statistics()? {
            output.line(line)?;
        }
        for line in planned.first_messages()? {
            output.line(line)?;
        }
        for line in planned.notes()? {
            output.line(line)?;
        }
        output.flush()?;
        let mut checked = planned.check_others().await;
        if checked.is_ok() {
            checked = planned.conflicts().await;
        }
        close(planned.outbox).await?;
        checked.map(|()| Exit::Success)
    }

    async fn send(
        &self,
        mut planned: Planned,
        connection: Connection,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        let target = &connection.target;
        let is_rehearsal = self.settings.is_sandbox();
        let has_work = planned.plan.totals().due() > 0 || !planned.plan.cancel.is_empty();
        if !is_rehearsal && has_work {
            planned.lines(Some(target)).iter().for_each(note);
        }
        planned.notes()?.iter().for_each(note);
        planned.check_others().await?;
        planned.conflicts().await?;
        if has_work && !is_rehearsal && !self.yes && can_ask() {
            planned.statistics()?.iter().for_each(say);
            planned.first_messages()?.iter().for_each(say);
        }
        if has_work && !confirm(&question(&planned.plan, target), self.yes || is_rehearsal)? {
            close(planned.outbox).await?;
            say("nothing was sent");
            return Ok(Exit::NotSent);
        }
        let mut results = Results::new(
            output,
            Form::or_default(self.output),
            self.results.as_deref(),
        )?;
        let outbox = match planned.outbox.take() {
            Some(outbox) => outbox,
            None => {
                planned.place.check_folder()?;
                let outbox = planned.place.open().await?;
                belongs(&outbox, target, &planned.place).await?;
                outbox
            }
        };
        let standing = outbox.standing(&target.account).await?;
        if standing.workers > 0 {
            note("acquire: another process sends from this outbox as well");
        }
        let list = list(&self.file);
        let fill = Fill {
            outbox: &outbox,
            account: &target.account,
            file: &self.file,
            list: list.as_deref(),
        };
        let Planned {
            checked,
            place,
            plan,
            ..
        } = planned;
        let lines = fill.fill(&checked, &plan).await?;
        let shown = inert::path(&place.path);
        let afterwards = match place.is_temporary() {
            true => "It was a sandbox".to_owned(),
            false => format!("What was sent is in {shown}; to go on, run the same command again"),
        };
        let work = Work {
            outbox: &outbox,
            connection: &connection,
            pace: &self.pace,
            lines,
            shown,
            afterwards,
            follow: false,
            is_shared: place.is_database(),
        };
        let ended = work.run(Counts::new(&plan.totals()), &mut results).await;
        let states = States::load(&outbox, &target.account, &checked.rows).await?;
        let summary = Summary::new(&plan, &states);
        self.sum_up(&summary, &outbox, &place).await?;
        close(Some(outbox)).await?;
        Ok(ended?.exit(summary.exit()))
    }

    async fn sum_up(
        &self,
        summary: &Summary,
        outbox: &Outbox,
        place: &Place,
    ) -> Result<(), Failure> {
        note(summary);
        let mut listed = 0;
        for id in summary.unknown().iter().take(summary::LISTED) {
            if let Some(row) = outbox.get_by_id(*id).await? {
                note(format_args!("  {}", summary::needs_a_person(&row)));
                listed += 1;
            }
        }
        if let Some(more @ 1..) = summary.unknown().len().checked_sub(listed) {
            note(format_args!("  and {more} more unknown"));
        }
        if !place.is_temporary() {
            let shown = inert::path(&place.path);
            summary.advice(&shown).iter().for_each(note);
        }
        Ok(())
    }
}

/// `Send 200 messages as acme?`
fn question(plan: &Plan, target: &Target) -> String {
    let count = plan.totals().due();
    let messages = if count == 1 { "message" } else { "messages" };
    let to = match target.account_id() {
        Some(account) => format!("as {account}"),
        None => format!("to {}", target.base_url),
    };
    match count {
        0 => "Cancel what has left the file?".to_owned(),
        _ => format!("Send {count} {messages} {to}?"),
    }
}

/// # Errors
/// When the outbox belongs to another account or host.
async fn belongs(outbox: &Outbox, target: &Target, place: &Place) -> Result<(), Failure> {
    let accounts = outbox.accounts().await?;
    if let Some(other) = accounts.iter().find(|account| **account != target.account) {
        let (path, other) = (inert::path(&place.path), inert::inert(other));
        return Err(Failure::usage(format_args!(
            "the outbox {path} belongs to account {other}, not to {}: name another one with --outbox PATH",
            inert::inert(&target.account)
        )));
    }
    outbox.target(&target.account, &target.base_url).await?;
    Ok(())
}

fn print_requests(
    planned: &Planned,
    connection: &Connection,
    output: &mut Output,
) -> Result<Exit, Failure> {
    for row in planned.due()? {
        let row = row.map_err(Failure::usage)?;
        let request = connection.client.to_http_request(row.entry.message());
        let request =
            request.map_err(|invalid| Failure::usage(inert::inert(&invalid.to_string())))?;
        dry_run::http(&request, output)?;
    }
    output.flush()?;
    Ok(Exit::Success)
}

async fn close(outbox: Option<Outbox>) -> Result<(), Failure> {
    if let Some(outbox) = outbox {
        outbox.close().await?;
    }
    Ok(())
}
