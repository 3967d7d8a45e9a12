//! The outcome of one message, on one line for people.

use std::fmt;

use acquire_io::{CaseId, Delivery, Message};
use acquire_io_sandbox::cli::inert::inert;
use anstyle::{AnsiColor, Style};

/// `Display` colours the outcome: print it through `anstream`, which removes the colour where it isn't wanted. Foreign text
/// is inert.
pub(crate) struct Line<'a> {
    pub(crate) outcome: Delivery,
    /// How the reader identifies the message: by a host, or by a row's key or line.
    pub(crate) label: &'a str,
    pub(crate) case: CaseId,
    /// See [`recipient`].
    pub(crate) recipient: Option<&'a str>,
    /// The message's ID, or why it was not accepted.
    pub(crate) reason: &'a str,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = style(self.outcome);
        write!(f, "{style}{:<8}{style:#}", self.outcome)?;
        write!(f, "  {}  case {}", inert(self.label), self.case.0)?;
        if let Some(recipient) = self.recipient {
            write!(f, "  {}", inert(recipient))?;
        }
        if !self.reason.is_empty() {
            write!(f, "  {}", inert(self.reason))?;
        }
        Ok(())
    }
}

fn style(outcome: Delivery) -> Style {
    match outcome {
        Delivery::Accepted => AnsiColor::Green.on_default(),
        Delivery::Refused => AnsiColor::Red.on_default(),
        Delivery::NotSent => AnsiColor::Yellow.on_default(),
        // A person has to look into the case.
        Delivery::Unknown => AnsiColor::Magenta.on_default().bold(),
    }
}

/// The recipient, if the message names one. Of an e-mail the first, and how many more there are.
pub(crate) fn recipient(message: &Message) -> Option<String> {
    match message {
        Message::Chat(chat) => chat.get_contact().map(|id| format!("contact {}", id.0)),
        Message::Mail(mail) => match mail.get_to() {
            [] => None,
            [only] => Some(only.clone()),
            [first, others @ ..] => Some(format!("{first} and {} more", others.len())),
        },
        Message::Sms(sms) => sms.get_to().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use acquire_io::{Chat, ContactId, Mail, Sms, TimelineId};

    use super::*;

    #[test]
    fn each_outcome_has_a_colour_and_the_columns_line_up() {
        let shown = Delivery::ALL.map(|outcome| {
            let line = Line {
                outcome,
                label: "k\u{1b}1",
                case: CaseId(28),
                recipient: Some("ann@example.com"),
                reason: "why\nnot",
            };
            line.to_string()
        });
        let rest = r"  k\u{1b}1  case 28  ann@example.com  why\nnot";
        assert_eq!(
            shown,
            [
                format!("\u{1b}[32maccepted\u{1b}[0m{rest}"),
                format!("\u{1b}[31mrefused \u{1b}[0m{rest}"),
                format!("\u{1b}[33mnot sent\u{1b}[0m{rest}"),
                format!("\u{1b}[1m\u{1b}[35munknown \u{1b}[0m{rest}"),
            ]
        );
    }

    #[test]
    fn whom_it_goes_to() {
        let (case, contact) = (CaseId(1), ContactId(2));
        let of = |message: Message| recipient(&message);
        assert_eq!(of(Chat::new(case).into()), None);
        assert_eq!(
            of(Chat::new(case).contact(contact).into()).as_deref(),
            Some("contact 2")
        );
        let mail = Mail::new(case, contact);
        assert_eq!(of(mail.clone().into()), None);
        assert_eq!(of(mail.clone().to("a").into()).as_deref(), Some("a"));
        assert_eq!(
            of(mail.to("a").to("b").to("c").into()).as_deref(),
            Some("a and 2 more")
        );
        let sms = Sms::new(case, contact, TimelineId(3)).to("+1");
        assert_eq!(of(sms.into()).as_deref(), Some("+1"));
    }
}
