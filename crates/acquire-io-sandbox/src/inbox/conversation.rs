//! The messages of a case.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::ledger::{Received, Verdict};
use crate::state::Seed;

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

/// The one with the newest message first.
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
