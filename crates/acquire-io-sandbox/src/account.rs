//! The account that the sandbox pretends to have: which messages it accepts.

mod seed;

pub use seed::{Case, Contact, Inbox, Key, Permission, Seed, User};

use std::io;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Value;

use crate::check::{Operation, Query};
use crate::refusal::Refusal;

/// The account. All that changes is how many messages it has accepted.
pub(crate) struct Account {
    pub(crate) seed: Seed,
    next_id: AtomicI64,
}

/// A message that the account accepts: all that the answer is composed from.
pub(crate) struct Message<'a> {
    pub(crate) operation: Operation,
    pub(crate) request: &'a Value,
    pub(crate) case: &'a Case,
    pub(crate) contact: &'a Contact,
    pub(crate) sender: Sender<'a>,
    /// Of an e-mail.
    pub(crate) inbox: Option<&'a Inbox>,
    /// The ID of the message in its case.
    pub(crate) id: i64,
}

/// Who sends a message.
#[derive(Clone, Copy)]
pub(crate) enum Sender<'a> {
    User(&'a User),
    Contact(&'a Contact),
}

impl Sender<'_> {
    /// The value of `senderType`.
    pub(crate) fn side(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Contact(_) => "contact",
        }
    }

    pub(crate) fn id(self) -> i64 {
        match self {
            Self::User(user) => user.id,
            Self::Contact(contact) => contact.id,
        }
    }

    /// The name that is shown: of a contact without one, `#` and the ID.
    pub(crate) fn name(self) -> String {
        match self {
            Self::User(user) => user.name.clone(),
            Self::Contact(Contact { id, name }) => name.clone().unwrap_or_else(|| format!("#{id}")),
        }
    }
}

/// How many known names a refusal lists.
const NAMED: usize = 10;

/// For the refusal of an unknown name: which are known, and how to add one.
fn known(what: &str, names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.take(NAMED + 1).collect();
    if let Some(last) = names.get_mut(NAMED) {
        "…".clone_into(last);
    }
    let list = match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    };
    format!(
        "the {what} of this sandbox are: {list}; to add one, save /_sandbox/seed, edit it, and start the sandbox with \
         `--seed <file>`"
    )
}

impl Account {
    pub(crate) fn new(seed: Seed, first_id: i64) -> io::Result<Self> {
        seed.check()?;
        Ok(Self {
            seed,
            next_id: AtomicI64::new(first_id),
        })
    }

    /// The user that a key belongs to, if the key exists and has the permission.
    pub(crate) fn authorize(&self, key: &str, operation: Operation) -> Result<&User, Refusal> {
        let unknown = || Refusal::unauthorized("the API key is not one of this sandbox");
        let mut keys = self.seed.keys.iter();
        let key = keys.find(|known| known.key == key).ok_or_else(unknown)?;
        let needed = match operation {
            Operation::SendChatMessage => Permission::Chat,
            Operation::SendMailMessage => Permission::Mail,
            Operation::SendSms => Permission::Sms,
        };
        if !key.permissions.contains(&needed) {
            return Err(Refusal::forbidden(format!(
                "the API key lacks the permission {needed:?}"
            )));
        }
        let mut users = self.seed.users.iter();
        users.find(|user| user.id == key.user).ok_or_else(unknown)
    }

    /// Accepts a message whose request the document allows, or refuses it.
    pub(crate) fn accept<'a>(
        &'a self,
        operation: Operation,
        user: &'a User,
        query: &Query,
        request: &'a Value,
    ) -> Result<Message<'a>, Refusal> {
        let mut inbox = None;
        let case = match operation {
            Operation::SendChatMessage => {
                let case = self.case(&request["caseId"])?;
                if let Some(contact) = query.contact_id() {
                    self.check_contact(contact, case, "query#")?;
                }
                case
            }
            Operation::SendMailMessage => {
                let mail = &request["data"];
                let case = self.case(&mail["caseId"])?;
                if !case.takes_mail() {
                    return Err(Refusal::invalid(format!(
                        "body#/data/caseId: the channel of case {} is {}; an e-mail needs a case of the channel mail, \
                         which the page of 2021-04-02 calls email",
                        case.id, case.channel
                    )));
                }
                let contact = mail["contactId"].as_i64().unwrap_or_default();
                self.check_contact(contact, case, "body#/data")?;
                inbox = Some(self.inbox(&mail["from"])?);
                case
            }
            Operation::SendSms => {
                let case = self.case(&request["threadId"])?;
                let contact = request["contactId"].as_i64().unwrap_or_default();
                self.check_contact(contact, case, "body#")?;
                self.check_sms(request, case)?;
                case
            }
        };
        let contact = self.contact(case.contact)?;
        let sender = match query.user_type()? {
            Some("contact") => Sender::Contact(contact),
            _ => Sender::User(user),
        };
        Ok(Message {
            operation,
            request,
            case,
            contact,
            sender,
            inbox,
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
        })
    }

    fn case(&self, id: &Value) -> Result<&Case, Refusal> {
        let case = self.seed.cases.iter().find(|case| *id == case.id);
        let case = case.ok_or_else(|| {
            let active = self
                .seed
                .cases
                .iter()
                .filter(|case| case.status == "active");
            let known = known("active cases", active.map(|case| case.id.to_string()));
            Refusal::not_found(format!("there is no case {id}; {known}"))
        })?;
        if case.status != "active" {
            return Err(Refusal::invalid(format!(
                "case {id} is {}, only active cases may receive messages",
                case.status
            )));
        }
        Ok(case)
    }

    fn contact(&self, id: i64) -> Result<&Contact, Refusal> {
        let contact = self.seed.contacts.iter().find(|contact| contact.id == id);
        contact.ok_or_else(|| {
            let contacts = self.seed.contacts.iter().map(|it| it.id.to_string());
            let known = known("contacts", contacts);
            Refusal::not_found(format!("there is no contact {id}; {known}"))
        })
    }

    fn check_contact(&self, id: i64, case: &Case, at: &str) -> Result<(), Refusal> {
        self.contact(id)?;
        if id == case.contact {
            return Ok(());
        }
        Err(Refusal::invalid(format!(
            "{at}/contactId: case {} is of contact {}, not of contact {id}",
            case.id, case.contact
        )))
    }

    fn inbox(&self, from: &Value) -> Result<&Inbox, Refusal> {
        let from = from.as_str().unwrap_or_default();
        let mut inboxes = self.seed.inboxes.iter();
        let inbox = inboxes.find(|inbox| inbox.address.eq_ignore_ascii_case(from));
        inbox.ok_or_else(|| {
            let known = known(
                "inboxes",
                self.seed.inboxes.iter().map(|it| it.address.clone()),
            );
            Refusal::invalid(format!(
                "body#/data/from: no inbox is connected to {from}; {known}"
            ))
        })
    }

    fn check_sms(&self, request: &Value, case: &Case) -> Result<(), Refusal> {
        let plain = |number: &str| number.strip_prefix('+').unwrap_or(number).to_owned();
        let from = request["From"].as_str().unwrap_or_default();
        let mut numbers = self.seed.phone_numbers.iter();
        if !numbers.any(|number| plain(number) == plain(from)) {
            let known = known("phone numbers", self.seed.phone_numbers.iter().cloned());
            return Err(Refusal::invalid(format!(
                "body#/From: {from} is not a phone number of the account; {known}"
            )));
        }
        let timeline = request["timelineId"].as_i64();
        if timeline != case.timeline {
            return Err(Refusal::invalid(format!(
                "body#/timelineId: {} is not the timeline of case {}",
                request["timelineId"], case.id
            )));
        }
        match request.get("id") {
            Some(id) if *id != case.id => Err(Refusal::invalid(format!(
                "body#/id: {id} is not the case that threadId names"
            ))),
            _ => Ok(()),
        }
    }
}
