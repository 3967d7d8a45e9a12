//! What a run will do, for the person who is asked.

use acquire_io::Message;
use acquire_io_sandbox::cli::inert::{self, inert};

use super::Info;
use crate::batch::check::Counts;
use crate::batch::place::Place;
use crate::batch::plan::{Plan, Totals};
use crate::batch::read::json::Fields;
use crate::settings::Target;

/// How many messages are shown.
pub(crate) const SHOWN: usize = 3;
/// The longest value of a message that is shown, in characters.
const LONGEST: usize = 200;

/// The lines about a run: account, host, outbox, counts.
pub(crate) fn lines(
    counts: &Counts,
    plan: &Plan,
    target: Option<&Target>,
    place: &Place,
    is_new: bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    match target {
        Some(target) => {
            if let Some(account) = target.account_id() {
                let profile = target.profile.as_deref();
                let profile =
                    profile.map_or_else(String::new, |name| format!(" (profile {})", inert(name)));
                lines.push(format!("account    {}{profile}", inert(account)));
            }
            lines.push(format!("host       {}", inert(&target.base_url)));
            if let Some(source) = &target.key_source {
                lines.push(format!("API key    from {}", inert(source)));
            }
        }
        None => lines.push("account    none is set".to_owned()),
    }
    if !place.is_temporary() {
        let note = if is_new { " (new)" } else { "" };
        lines.push(format!("outbox     {}{note}", inert::path(&place.path)));
    }
    lines.push(format!("file       {counts}"));
    let totals = plan.totals();
    lines.extend(total_lines(&totals));
    if plan.left > 0 {
        lines.push(format!(
            "cancel     {} that are queued, and are not in the file any more",
            plan.left
        ));
    }
    lines
}

fn total_lines(totals: &Totals) -> Vec<String> {
    let Totals {
        new,
        corrected,
        queued,
        accepted,
        changed_after_accepted,
        refused,
        unknown,
        cancelled,
        skipped,
        later,
    } = *totals;
    let send = [
        (new, "new"),
        (corrected, "to be sent again or corrected"),
        (queued, "queued by an earlier run"),
    ];
    let settled = [
        (accepted, "accepted"),
        (changed_after_accepted, "changed after they were accepted"),
        (unknown, "unknown: look into their cases"),
        (refused, "refused: correct these rows"),
        (cancelled, "cancelled"),
    ];
    let rest = [
        (skipped, "left out by --changed skip"),
        (later, "left out by --limit"),
    ];
    let mut lines = vec![format!("send       {}", listed(&send))];
    for (name, counts) in [("settled  ", &settled[..]), ("left out ", &rest[..])] {
        if counts.iter().any(|(count, _)| *count > 0) {
            lines.push(format!("{name}  {}", listed(counts)));
        }
    }
    lines
}

/// `200: 197 new, 3 queued by an earlier run`.
fn listed(counts: &[(u64, &str)]) -> String {
    let total: u64 = counts.iter().map(|(count, _)| count).sum();
    let parts = counts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    match parts.is_empty() {
        true => "nothing".to_owned(),
        false => format!("{total}: {}", parts.join(", ")),
    }
}

/// A message as it will be sent.
pub(crate) fn message(info: &Info, message: &Message) -> Vec<String> {
    let mut lines = vec![format!("{}:", info.name())];
    let json = serde_json::to_string(message).unwrap_or_default();
    if let Ok(Fields(fields)) = serde_json::from_str(&json) {
        for (field, value) in fields {
            let text = serde_json::from_str::<String>(value.get());
            let text = text.unwrap_or_else(|_| value.get().to_owned());
            let text = match text.char_indices().nth(LONGEST) {
                Some((end, _)) => {
                    format!("{}… ({} characters)", &text[..end], text.chars().count())
                }
                None => text,
            };
            lines.push(format!("  {field:<10} {}", inert(&text)));
        }
    }
    lines
}
