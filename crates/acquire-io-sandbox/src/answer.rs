//! Answers in the documented shapes, filled from the request.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use acquire_io_api::types::{ChatMessageRequest, NewMailMessage, SmsRequest, UserType};
use serde_json::{Value, json};

/// Makes answers. Message IDs count up from 1.
#[derive(Default)]
pub(crate) struct Answers {
    last_id: AtomicI64,
}

impl Answers {
    fn next_id(&self) -> i64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn chat(
        &self,
        request: &ChatMessageRequest,
        sender: Option<UserType>,
        contact: Option<i64>,
    ) -> Value {
        let case = request.case_id;
        let sender = sender.unwrap_or(UserType::User);
        json!({"data": {
            "channel": request.channel.as_deref().unwrap_or("chat"),
            "senderType": sender,
            "senderId": match sender {
                UserType::User => AGENT,
                UserType::Contact => contact.unwrap_or_default(),
            },
            "type": request.message.type_,
            "seen": "no",
            "message": request.message.message,
            "meta": request.meta.clone().unwrap_or_default(),
            "dateCreated": now(),
            "case": {
                "dateCreated": now(), "dateUpdated": now(), "id": case, "closedBy": null,
                "title": "A conversation in the sandbox", "channel": "chat", "status": "active",
                "dateClosed": null, "meta": {}, "parentId": null, "userId": null, "threadId": case,
                "users": [participant(case.0, AGENT)]
            },
            "sender": agent(),
            "dateUpdated": null,
            "id": self.next_id(),
            "caseId": case,
            "threadId": case,
            "contactId": contact
        }})
    }

    pub(crate) fn mail(&self, request: &NewMailMessage) -> Value {
        let id = self.next_id();
        let mailbox = |address: &String| json!({"Name": "", "Email": address});
        let mailboxes = |addresses: &[String]| addresses.iter().map(mailbox).collect::<Value>();
        json!({"data": {
            "id": id, "caseMessageId": id, "channelId": null, "caseId": request.case_id,
            "inboxId": 1, "mailId": 1, "type": request.type_, "senderType": "user", "senderId": AGENT,
            "to": mailboxes(&request.to),
            "from": {"Name": "", "Email": request.from, "MailboxHash": ""},
            "cc": mailboxes(&request.cc), "bcc": mailboxes(&request.bcc), "reply_to": null,
            "subject": request.subject, "textBody": request.text_body, "htmlBody": request.html_body,
            "originalRecipient": request.to.first(), "parentId": null,
            "attachments": request.attachments.as_deref().unwrap_or_default(),
            "dateCreated": now(), "dateSeen": null, "dateBounce": null, "dateFailed": null,
            "dateDelivery": null, "seen": "no", "isDraft": "no", "scheduleAt": now(), "meta": null,
            "user": agent(), "sender": agent(), "mailMsgId": id
        }})
    }

    pub(crate) fn sms(&self, request: &SmsRequest) -> Value {
        let id = self.next_id();
        let case = json!({
            "dateCreated": now(), "dateUpdated": now(), "id": request.thread_id,
            "contactId": request.contact_id, "closedBy": null, "title": request.title,
            "channel": "chat", "status": "active", "dateClosed": null, "meta": {}, "parentId": null,
            "userId": null, "users": [participant(request.thread_id.0, AGENT)],
            "threadId": request.thread_id
        });
        let timeline = json!({
            "id": request.timeline_id, "objectType": "case", "caseId": request.thread_id,
            "viewId": null, "noteId": null, "threadId": request.thread_id, "dateCreated": now(),
            "dateUpdated": now(), "contactId": request.contact_id, "archive": "no", "meta": {}
        });
        json!({"data": {
            "cas": case,
            "threadId": request.thread_id,
            "timeline": timeline,
            "data": {
                "members": [], "message": "SMS by sandbox", "msgType": "sms", "channelType": "voip",
                "attachments": [], "id": id, "caseId": request.thread_id, "from": request.from,
                "to": request.to, "voip_account_id": 1, "senderType": "user", "senderId": AGENT,
                "type": "sms", "recording_status": null,
                "meta": {
                    "To": request.to, "to": request.to, "SMS": request.body, "Body": request.body,
                    "From": request.from, "body": request.body, "from": request.from,
                    "status": "queued", "direction": "outbound-api", "dateCreated": now()
                },
                "caseMessageId": id, "timelineId": request.timeline_id,
                "contactId": request.contact_id, "seen": "yes", "dateCreated": now(),
                "status": "sent", "price": "0", "sender": agent(), "is_new_case": false,
                "is_new_contact": false, "cas": case, "case_id": request.thread_id,
                "timeline": timeline, "is_case_join": false
            }
        }})
    }
}

/// The ID of the user that the sandbox's messages come from.
const AGENT: i64 = 25;

fn agent() -> Value {
    json!({
        "roles": [], "id": AGENT, "name": "sandbox", "firstName": "sandbox", "lastName": "",
        "photo": "", "email": "", "clientId": "", "parentId": 0, "type": "user", "accessLevel": null
    })
}

fn participant(case: i64, user: i64) -> Value {
    json!({
        "id": 1, "caseId": case, "type": "user", "userId": user, "role": "owner",
        "status": "active", "dateCreated": now(), "dateLastAssigned": now(), "closed": "no",
        "meta": null, "user": agent()
    })
}

fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}
