//! The ledger as people look at it: lists, conversations, mail, commands that send a message again.

mod mail;
mod resend;

pub(crate) use mail::html;
pub(crate) use resend::{acquire, curl};

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::account::Seed;
use crate::check::Operation;
use crate::ledger::{Received, Summary, Verdict, timestamp};

/// An entry as a list shows it: without its headers and bodies.
#[derive(Serialize)]
pub(crate) struct Row<'a> {
    number: u64,
    time: String,
    operation: Option<Operation>,
    method: &'a str,
    path: &'a str,
    verdict: Verdict,
    reason: Option<&'a str>,
    fault: Option<&'a str>,
    status: Option<u16>,
    #[serde(flatten)]
    summary: &'a Summary,
}

impl<'a> Row<'a> {
    pub(crate) fn of(entry: &'a Received) -> Self {
        Self {
            number: entry.number,
            time: timestamp(entry.time),
            operation: entry.operation,
            method: entry.method.as_str(),
            path: entry.uri.path(),
            verdict: entry.verdict,
            reason: entry.reason.as_deref(),
            fault: entry.fault.as_deref(),
            status: entry.status.map(|status| status.as_u16()),
            summary: entry.summary(),
        }
    }
}

/// A case that messages were sent to, whether or not the account has it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Conversation {
    /// The case.
    pub case: i64,
    /// The name of the contact, if the account has the case.
    pub contact: Option<String>,
    /// The title of the case, if the account has it.
    pub title: Option<String>,
    /// How many messages the ledger holds.
    pub messages: usize,
    /// How many of these were not accepted.
    pub failed: usize,
    /// The number of the newest.
    pub last: u64,
    /// The subject or the text of the newest.
    pub text: String,
}

/// All conversations, the one with the newest message first.
pub(crate) fn conversations(entries: &[Arc<Received>], seed: &Seed) -> Vec<Conversation> {
    let mut list: Vec<Conversation> = Vec::new();
    let mut places: HashMap<i64, usize> = HashMap::new();
    for entry in entries.iter().rev() {
        let summary = entry.summary();
        let Some(case) = summary.case else {
            continue;
        };
        let place = *places.entry(case).or_insert_with(|| {
            let known = seed.cases.iter().find(|known| known.id == case);
            list.push(Conversation {
                case,
                contact: known.and_then(|case| {
                    let contact = seed.contacts.iter().find(|it| it.id == case.contact)?;
                    let name = contact.name.clone();
                    Some(name.unwrap_or_else(|| format!("#{}", contact.id)))
                }),
                title: known.map(|case| case.title.clone()),
                messages: 0,
                failed: 0,
                last: entry.number,
                text: summary
                    .subject
                    .clone()
                    .unwrap_or_else(|| summary.text.clone()),
            });
            list.len() - 1
        });
        if let Some(conversation) = list.get_mut(place) {
            conversation.messages += 1;
            conversation.failed += usize::from(entry.verdict != Verdict::Accepted);
        }
    }
    list
}
