//! Chat messages, notes and events.

use acquire_io_api as api;
use serde_json::{Map, Value};

use super::{ApiResult, collect_texts, sealed};
use crate::check;
use crate::client::UserTypeParameter;
use crate::error::InputError;
use crate::outgoing::Outgoing;
use crate::types::{
    CaseId, ChatMessageRequest, ChatMessageResponse, ChatMessageType, ContactId, NewChatMessage,
    UserType,
};

/// The chat channel. See [`Client::chat`](crate::Client::chat).
#[derive(Clone)]
pub struct Chat {
    case: CaseId,
    kind: ChatMessageType,
    text: Option<String>,
    translate_to: Option<String>,
    channel: Option<String>,
    mentions: Option<Vec<String>>,
    meta: Option<Map<String, Value>>,
    delay: Option<i64>,
    sender: Option<UserType>,
    contact: Option<ContactId>,
}

impl Chat {
    pub(crate) fn new(case: CaseId) -> Self {
        Self {
            case,
            kind: ChatMessageType::Message,
            text: None,
            translate_to: None,
            channel: None,
            mentions: None,
            meta: None,
            delay: None,
            sender: None,
            contact: None,
        }
    }
}

/// # Chat
impl Outgoing<Chat> {
    /// A message, visible to the contact. Sent as `message.message`.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.content(ChatMessageType::Message, text.into())
    }

    /// A note in place of a message.
    pub fn note(self, text: impl Into<String>) -> Self {
        self.content(ChatMessageType::Note, text.into())
    }

    /// An event in place of a message.
    pub fn event(self, text: impl Into<String>) -> Self {
        self.content(ChatMessageType::Event, text.into())
    }

    fn content(mut self, kind: ChatMessageType, text: String) -> Self {
        self.message.kind = kind;
        self.message.text = Some(text);
        self
    }

    /// Sends as an agent: `x-user-type=user`. Without this and [`as_contact`](Self::as_contact) the
    /// parameter is left out, as the page of 2021-04-02 does.
    pub fn as_agent(mut self) -> Self {
        self.message.sender = Some(UserType::User);
        self
    }

    /// Sends as the contact: `x-user-type=contact` and `contactId`. A later [`as_agent`](Self::as_agent) leaves the
    /// `contactId`, which the newest page stars as required whichever side sends.
    pub fn as_contact(mut self, contact: ContactId) -> Self {
        self.message.sender = Some(UserType::Contact);
        self.contact_id(contact)
    }

    /// Names the contact in the query, `contactId`, whichever side sends.
    pub fn contact_id(mut self, contact: ContactId) -> Self {
        self.message.contact = Some(contact);
        self
    }

    /// The language to translate to, for example `en`. Sent as `message.translateLangKey`.
    pub fn translate_to(mut self, language: impl Into<String>) -> Self {
        self.message.translate_to = Some(language.into());
        self
    }

    /// The channel to send through, `chat` in the examples. Sent as `channel`. Left out by default.
    pub fn message_channel(mut self, channel: impl Into<String>) -> Self {
        self.message.channel = Some(channel.into());
        self
    }

    /// Mentions a user by ID, which is a string here. Sent in `mentionUsers`.
    pub fn mention(mut self, user: impl Into<String>) -> Self {
        self.message
            .mentions
            .get_or_insert_default()
            .push(user.into());
        self
    }

    /// A value that Acquire keeps with the message. Sent in `meta`.
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.message
            .meta
            .get_or_insert_default()
            .insert(key.into(), value.into());
        self
    }

    /// Sent as `delay`. No page tells its unit; the example, 1000, suggests milliseconds.
    pub fn delay(mut self, delay: i64) -> Self {
        self.message.delay = Some(delay);
        self
    }
}

impl sealed::Channel for Chat {
    const OPERATION: &'static str = "sendChatMessage";

    const METHOD_AND_PATH: (&'static str, &'static str) =
        ("POST", "/api/v1/crm/messenger/chat/add-message");

    type Request = (ChatMessageRequest, Option<UserType>, Option<ContactId>);

    type Answer = ChatMessageResponse;

    fn request(&self) -> Result<Self::Request, InputError> {
        check::id("case", self.case.0)?;
        let text = check::required("text", &self.text)?;
        check::text("text", text)?;
        check::optional_text("message_channel", &self.channel)?;
        for user in self.mentions.iter().flatten() {
            check::text("mention", user)?;
        }
        if let Some(language) = &self.translate_to {
            check::language("translate_to", language)?;
        }
        if let Some(contact) = self.contact {
            check::id("contact_id", contact.0)?;
        }
        let request = ChatMessageRequest {
            case_id: self.case,
            channel: self.channel.clone(),
            delay: self.delay,
            mention_users: self.mentions.clone(),
            message: NewChatMessage {
                message: text.to_owned(),
                translate_lang_key: self.translate_to.clone(),
                type_: self.kind,
            },
            meta: self.meta.clone(),
        };
        Ok((request, self.sender, self.contact))
    }

    fn private(&self) -> Vec<String> {
        let mut texts: Vec<_> = self.text.iter().cloned().collect();
        texts.extend(self.mentions.iter().flatten().cloned());
        for (key, value) in self.meta.iter().flatten() {
            texts.push(key.clone());
            collect_texts(value, &mut texts);
        }
        texts
    }

    async fn call(
        client: &api::Client,
        spelling: UserTypeParameter,
        (request, sender, contact): Self::Request,
    ) -> ApiResult<ChatMessageResponse> {
        let mut call = client.send_chat_message().body(request);
        if let Some(contact) = contact {
            call = call.contact_id(contact);
        }
        if let Some(sender) = sender {
            call = match spelling {
                UserTypeParameter::Newest => call.x_user_type(sender),
                UserTypeParameter::Older => call.older_user_type(sender),
            };
        }
        call.send().await
    }
}
