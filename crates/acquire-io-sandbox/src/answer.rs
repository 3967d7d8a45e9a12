//! A documented answer, filled with values of the request and the account.
//!
//! A value is set only where the documented answer has the key, so each answer keeps its shape: its keys, its nulls,
//! how deep users are nested.

mod strange;

pub(crate) use strange::make_strange;
pub use strange::{Oddity, Strange};

use serde_json::{Value, json};

use crate::account::{Message, Sender};
use crate::check::Operation;

/// Fills a documented answer. `now` has the format of the pages.
pub(crate) fn compose(template: &Value, message: &Message<'_>, now: &str) -> Value {
    let mut answer = template.clone();
    let composer = Composer { message, now };
    composer.walk(&mut answer);
    match message.operation {
        Operation::SendChatMessage => composer.chat(&mut answer["data"]),
        Operation::SendMailMessage => composer.mail(&mut answer["data"]),
        Operation::SendSms => composer.sms(&mut answer["data"]),
    }
    answer
}

struct Composer<'a> {
    message: &'a Message<'a>,
    now: &'a str,
}

/// Sets the members that the object has.
fn set(object: &mut Value, values: Value) {
    let (Some(object), Value::Object(values)) = (object.as_object_mut(), values) else {
        return;
    };
    for (key, value) in values {
        if let Some(place) = object.get_mut(&key) {
            *place = value;
        }
    }
}

impl Composer<'_> {
    /// Sets the cases, contacts, timelines and people, wherever they are.
    fn walk(&self, value: &mut Value) {
        let Some(members) = value.as_object_mut() else {
            return;
        };
        let case = self.message.case;
        let thread = case.thread.unwrap_or(case.id);
        for (key, member) in members.iter_mut() {
            match key.as_str() {
                "case" | "cas" => {
                    let parent = (thread != case.id).then_some(thread);
                    let values = json!({
                        "id": case.id, "contactId": case.contact, "title": case.title,
                        "channel": case.channel, "status": case.status, "dateUpdated": self.now,
                        "parentId": parent, "threadId": thread,
                    });
                    set(member, values);
                }
                "contact" => set(member, json!({"id": case.contact})),
                "timeline" => {
                    let values = json!({
                        "id": case.timeline, "caseId": case.id, "threadId": thread,
                        "contactId": case.contact, "dateUpdated": self.now,
                    });
                    set(member, values);
                }
                "lastMessage" => {
                    let values = json!({"caseId": case.id, "channel": case.channel});
                    set(member, values);
                }
                "users" => self.participants(member),
                "sender" | "user" => self.person(member, self.message.sender),
                _ => {}
            }
            if key != "users" {
                self.walk(member);
            }
        }
    }

    /// The agent and the contact. Those of the thread's earlier cases are left out: the account has none.
    fn participants(&self, list: &mut Value) {
        let Some(list) = list.as_array_mut() else {
            return;
        };
        let mut seen = Vec::new();
        list.retain_mut(|participant| {
            let is_contact = participant["type"] == "contact";
            if seen.contains(&is_contact) {
                return false;
            }
            seen.push(is_contact);
            let case = self.message.case.id;
            set(
                participant,
                json!({"caseId": case, "status": "active", "closed": "no"}),
            );
            if is_contact {
                set(participant, json!({"userId": self.message.contact.id}));
                let contact = Sender::Contact(self.message.contact);
                if let Some(person) = participant.get_mut("user") {
                    self.person(person, contact);
                }
            }
            true
        });
    }

    fn person(&self, person: &mut Value, sender: Sender<'_>) {
        match sender {
            Sender::User(user) => {
                let values = json!({
                    "id": user.id, "type": "user", "name": user.name, "firstName": user.name,
                    "email": user.email,
                });
                set(person, values);
            }
            // The pages show a contact with these four fields only.
            Sender::Contact(contact) => {
                *person = json!({
                    "type": "contact", "id": contact.id, "name": sender.name(), "photo": null,
                });
            }
        }
    }

    fn chat(&self, data: &mut Value) {
        let &Message {
            request,
            case,
            sender,
            id,
            ..
        } = self.message;
        let values = json!({
            "channel": request.get("channel").unwrap_or(&json!("chat")),
            "senderType": sender.side(), "senderId": sender.id(),
            "type": request["message"]["type"], "message": request["message"]["message"],
            "meta": request.get("meta").unwrap_or(&json!({})),
            "dateCreated": self.now, "id": id, "caseId": case.id,
            "threadId": case.thread.unwrap_or(case.id), "contactId": case.contact,
        });
        set(data, values);
    }

    fn mail(&self, data: &mut Value) {
        let &Message {
            request,
            case,
            sender,
            inbox,
            id,
            ..
        } = self.message;
        let request = &request["data"];
        let mailboxes = |addresses: &Value| {
            let addresses = addresses.as_array().into_iter().flatten();
            addresses
                .map(|address| json!({"Name": "", "Email": address}))
                .collect::<Value>()
        };
        let values = json!({
            "id": id, "caseMessageId": id, "caseId": case.id, "inboxId": inbox.map(|it| it.id),
            "type": request["type"], "senderType": sender.side(), "senderId": sender.id(),
            "to": mailboxes(&request["to"]), "cc": mailboxes(&request["cc"]),
            "bcc": mailboxes(&request["bcc"]),
            "from": {"Name": inbox.map(|it| &it.name), "Email": request["from"], "MailboxHash": ""},
            "subject": request["subject"], "htmlBody": request["htmlBody"],
            "textBody": request.get("textBody").unwrap_or(&json!("")),
            "originalRecipient": request["to"][0],
            "mailboxInReplyTo": null, "parentId": null,
            "attachments": request.get("attachments").unwrap_or(&json!([])),
            "dateCreated": self.now, "scheduleAt": self.now, "mailMsgId": id,
        });
        set(data, values);
    }

    fn sms(&self, data: &mut Value) {
        let &Message {
            request,
            case,
            sender,
            id,
            ..
        } = self.message;
        let (to, from, text) = (&request["To"], &request["From"], &request["Body"]);
        set(data, json!({"threadId": case.id}));
        let sms = &mut data["data"];
        let sid = format!("SM{id:032x}");
        let values = json!({
            // Another number than the message's in its case, so that mixing them up shows.
            "id": id.wrapping_add(1_000_000), "caseMessageId": id,
            "message": format!("SMS by {}", sender.name()), "caseId": case.id, "case_id": case.id,
            "from": from, "to": to, "senderType": sender.side(), "senderId": sender.id(),
            "timelineId": case.timeline, "contactId": case.contact, "dateCreated": self.now,
            "call_sid": sid,
        });
        set(sms, values);
        let record = &mut sms["meta"];
        let account = record["accountSid"].as_str().unwrap_or_default();
        let uri = format!("/2010-04-01/Accounts/{account}/Messages/{sid}");
        let values = json!({
            "To": to, "to": to, "From": from, "from": from, "SMS": text, "Body": text, "body": text,
            "sid": sid, "uri": format!("{uri}.json"), "dateCreated": self.now, "dateUpdated": self.now,
            "subresourceUris": {"media": format!("{uri}/Media.json")},
        });
        set(record, values);
    }
}
