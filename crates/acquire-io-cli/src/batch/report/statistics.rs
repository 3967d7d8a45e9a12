//! Statistics of a list before it is sent: rewritten numbers, repeated recipients, lengths, SMS segments.

use std::collections::HashMap;

use acquire_io::Message;
use acquire_io_sandbox::cli::inert::inert;
use sha2::{Digest as _, Sha256};

use super::Info;
use super::segments::{Alphabet, Segments};
use crate::batch::check::row::Row;

/// How many examples are listed.
const LISTED: usize = 3;

/// Statistics of the messages that are due.
#[derive(Default)]
pub(crate) struct Statistics {
    rewritten: u64,
    /// Examples: before, after, and the row.
    rewritten_listed: Vec<String>,
    /// The hash of each recipient.
    recipients: Vec<u64>,
    /// The longest text in characters, and its row.
    longest: Option<(usize, String)>,
    sms: u64,
    segments: u64,
    /// SMS of more than one segment.
    long_sms: u64,
    ucs2: u64,
    /// The character that makes the first one UCS-2, and its row.
    first_ucs2: Option<(char, String)>,
}

impl Statistics {
    pub(crate) fn add(&mut self, row: &Row) {
        let name = || Info::of_file(row).name();
        for (before, after) in &row.remarks.rewritten {
            self.rewritten += 1;
            if self.rewritten_listed.len() < LISTED {
                let change = format!("{} → {after} ({})", inert(before), name());
                self.rewritten_listed.push(change);
            }
        }
        let message = row.entry.message();
        self.recipients
            .extend(recipients(message).iter().map(|to| hash(to)));
        let Some(text) = text(message) else {
            return;
        };
        let length = text.chars().count();
        if self
            .longest
            .as_ref()
            .is_none_or(|(longest, _)| *longest < length)
        {
            self.longest = Some((length, name()));
        }
        if let Message::Sms(_) = message {
            let segments = Segments::of(text);
            self.sms += 1;
            self.segments += segments.count;
            self.long_sms += u64::from(segments.count > 1);
            if segments.alphabet == Alphabet::Ucs2 {
                self.ucs2 += 1;
                if self.first_ucs2.is_none() {
                    self.first_ucs2 = segments.cause.map(|cause| (cause, name()));
                }
            }
        }
    }

    /// The recipients that occur more than once. A second pass over the rows fills in their names.
    pub(crate) fn repeated(&mut self) -> Repeated {
        self.recipients.sort_unstable();
        let groups = self.recipients.chunk_by(|one, other| one == other);
        let repeated = groups
            .filter(|group| group.len() > 1)
            .filter_map(|group| group.first());
        let mut repeated = repeated.copied();
        let listed: Vec<_> = repeated.by_ref().take(LISTED).collect();
        Repeated {
            count: listed.len() + repeated.count(),
            listed: listed.into_iter().map(|hash| (hash, None)).collect(),
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.rewritten > 0 {
            lines.push(format!(
                "phones     {} rewritten: {}{}",
                self.rewritten,
                self.rewritten_listed.join(", "),
                if self.rewritten > self.rewritten_listed.len() as u64 {
                    ", ..."
                } else {
                    ""
                }
            ));
        }
        if let Some((length, name)) = &self.longest {
            lines.push(format!("longest    {length} characters ({name})"));
        }
        if self.sms > 0 {
            let mut line = format!(
                "sms        {} segments for {} messages, {} of more than one; {} GSM-7, {} UCS-2",
                self.segments,
                self.sms,
                self.long_sms,
                self.sms - self.ucs2,
                self.ucs2
            );
            if let Some((cause, name)) = &self.first_ucs2 {
                let cause = inert(&cause.to_string());
                line.push_str(&format!(", for example for {cause} ({name})"));
            }
            lines.push(line);
        }
        lines
    }
}

/// Recipients that occur more than once.
pub(crate) struct Repeated {
    count: usize,
    /// By its hash: the recipient and its rows, once they were found.
    listed: HashMap<u64, Option<(String, Vec<String>)>>,
}

impl Repeated {
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn find(&mut self, row: &Row) {
        for to in recipients(row.entry.message()) {
            if let Some(found) = self.listed.get_mut(&hash(&to)) {
                let (_, rows) = found.get_or_insert_with(|| (to, Vec::new()));
                if rows.len() < LISTED {
                    rows.push(Info::of_file(row).name());
                }
            }
        }
    }

    pub(crate) fn line(self) -> String {
        let mut listed: Vec<_> = self.listed.into_values().flatten().collect();
        listed.sort_unstable();
        let listed = listed
            .iter()
            .map(|(to, rows)| format!("{} ({})", inert(to), rows.join("; ")));
        let mut listed: Vec<_> = listed.collect();
        if self.count > listed.len() {
            listed.push("...".to_owned());
        }
        let recipients = if self.count == 1 {
            "recipient gets"
        } else {
            "recipients get"
        };
        format!(
            "repeated   {} {recipients} more than one message: {}",
            self.count,
            listed.join(", ")
        )
    }
}

fn recipients(message: &Message) -> Vec<String> {
    match message {
        Message::Chat(chat) => match chat.get_contact() {
            Some(contact) => vec![format!("contact {}", contact.0)],
            None => vec![format!("case {}", chat.get_case().0)],
        },
        Message::Mail(mail) => mail.get_to().iter().map(|to| to.to_lowercase()).collect(),
        Message::Sms(sms) => {
            let number = sms.get_to().map(|to| to.trim_start_matches('+'));
            number
                .map(|number| format!("+{number}"))
                .into_iter()
                .collect()
        }
    }
}

/// The main text of a message.
fn text(message: &Message) -> Option<&str> {
    match message {
        Message::Chat(chat) => chat.get_text().or(chat.get_note()).or(chat.get_event()),
        Message::Mail(mail) => mail.get_html().or(mail.get_text()),
        Message::Sms(sms) => sms.get_text(),
    }
}

fn hash(text: &str) -> u64 {
    let bytes = Sha256::digest(text);
    bytes
        .iter()
        .take(8)
        .fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}
