//! Chat messages, notes and events.

use acquire_io_api as api;
use acquire_io_api::RawJson;
use serde::Serialize;

use crate::channel::{Channel, Sender, UserTypeParameter};
use crate::message::fields::Fields;
use crate::message::json::{Additions, Free};
use crate::message::texts::{OptionalText, Texts};
use crate::problem::{InvalidMessage, Problems};
use crate::types::{CaseId, ChatMessageRequest, ChatMessageType, ContactId, NewChatMessage};

/// A chat message, note or event for a case. See the operation `sendChatMessage`.
///
/// A plain value, without a client: it can be compared, stored as JSON, and sent by another process.
///
/// ```
/// use acquire_io::{CaseId, Chat};
///
/// let chat = Chat::new(CaseId(2069)).as_agent().text("Hey");
/// let json = serde_json::to_string(&chat)?;
/// assert_eq!(json, r#"{"channel":"chat","case":2069,"text":"Hey","sender":"agent"}"#);
/// assert_eq!(serde_json::from_str::<Chat>(&json)?, chat);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(
        deny_unknown_fields,
        description = "A chat message, note or event for a case."
    )
)]
pub struct Chat {
    /// Always `chat`.
    channel: Tag,
    /// The case, a conversation with a contact.
    #[cfg_attr(feature = "schemars", schemars(with = "i64"))]
    pub(super) case: CaseId,
    /// The text of a message. One of `text`, `note` and `event` is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// A note instead of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// An event instead of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    /// The side that sends. Left out of the request if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<Sender>,
    /// The contact. Sent as `contactId` in the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<i64>"))]
    contact: Option<ContactId>,
    /// A language tag, for example `en`. Sent as `translateLangKey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    translate_lang_key: Option<String>,
    /// Sent as `channel`, which is `chat` in the examples.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_channel: Option<String>,
    /// IDs of users, as strings: one, or a list. Sent as `mentionUsers`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schemars",
        schemars(with = "Option<crate::message::fields::schema::OneOrMany<String>>")
    )]
    mention: Vec<String>,
    /// An object of free form. The documented answers repeat it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schemars",
        schemars(with = "Option<crate::message::fields::schema::Object>")
    )]
    meta: Option<Free>,
    /// Sent as `delay`. No page says its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay: Option<i64>,
    /// Values to set in the request's JSON, by JSON pointer.
    #[serde(skip_serializing_if = "Additions::is_empty")]
    #[cfg_attr(
        feature = "schemars",
        schemars(with = "Option<crate::message::fields::schema::Object>")
    )]
    pub(super) json: Additions,
}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(inline, rename_all = "lowercase")
)]
#[serde(rename_all = "lowercase")]
enum Tag {
    Chat,
}

impl Chat {
    /// A message for a case. One of [`text`](Self::text), [`note`](Self::note) and [`event`](Self::event) is required.
    #[must_use]
    pub fn new(case: CaseId) -> Self {
        Self {
            channel: Tag::Chat,
            case,
            text: None,
            note: None,
            event: None,
            sender: None,
            contact: None,
            translate_lang_key: None,
            message_channel: None,
            mention: Vec::new(),
            meta: None,
            delay: None,
            json: Additions::default(),
        }
    }

    /// The text of a message. Sent as `message.message`.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        (self.text, self.note, self.event) = (Some(text.into()), None, None);
        self
    }

    /// A note instead of a message.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        (self.text, self.note, self.event) = (None, Some(text.into()), None);
        self
    }

    /// An event instead of a message.
    #[must_use]
    pub fn event(mut self, text: impl Into<String>) -> Self {
        (self.text, self.note, self.event) = (None, None, Some(text.into()));
        self
    }

    /// Sends as an agent: `x-user-type=user`. Without this and [`as_contact`](Self::as_contact) the parameter is left out,
    /// as on the page of 2021-04-02.
    #[must_use]
    pub fn as_agent(mut self) -> Self {
        self.sender = Some(Sender::Agent);
        self
    }

    /// Sends as the contact: `x-user-type=contact`. Name the contact with [`contact`](Self::contact): the newest page
    /// requires its ID, the page of 2021-03-30 doesn't.
    #[must_use]
    pub fn as_contact(mut self) -> Self {
        self.sender = Some(Sender::Contact);
        self
    }

    /// The contact. Sent as `contactId` in the query, which the newest page requires and no other page mentions.
    #[must_use]
    pub fn contact(mut self, contact: impl Into<Option<ContactId>>) -> Self {
        self.contact = contact.into();
        self
    }

    /// A language tag, for example `en`: "HTML ISO language code" on Acquire's page. Sent as `message.translateLangKey`. No
    /// page says whether it is the language of the text or the one to translate to.
    #[must_use]
    pub fn translate_lang_key(mut self, language: impl Into<OptionalText>) -> Self {
        self.translate_lang_key = language.into().0;
        self
    }

    /// Sent as `channel`, which is `chat` in the examples and described nowhere. Left out by default.
    #[must_use]
    pub fn message_channel(mut self, channel: impl Into<OptionalText>) -> Self {
        self.message_channel = channel.into().0;
        self
    }

    /// Adds one or more user IDs, as strings. Sent as `mentionUsers`, which no page describes.
    #[must_use]
    pub fn mention(mut self, users: impl Into<Texts>) -> Self {
        self.mention.extend(users.into().0);
        self
    }

    /// Data of free form: anything that serialises as a JSON object. Sent as `meta`, which no page describes; the documented
    /// answers repeat it.
    ///
    /// A [`RawJson`](crate::RawJson) is sent byte for byte.
    #[must_use]
    pub fn meta(mut self, meta: impl Serialize) -> Self {
        self.meta = Some(Free::new(&meta));
        self
    }

    /// Sent as `delay`. No page says its unit; the example, 1000, suggests milliseconds.
    #[must_use]
    pub fn delay(mut self, delay: impl Into<Option<i64>>) -> Self {
        self.delay = delay.into();
        self
    }

    /// The case.
    pub fn get_case(&self) -> CaseId {
        self.case
    }

    /// The text of a message.
    pub fn get_text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The text of a note.
    pub fn get_note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The text of an event.
    pub fn get_event(&self) -> Option<&str> {
        self.event.as_deref()
    }

    /// The side that sends, if it is set.
    pub fn get_sender(&self) -> Option<Sender> {
        self.sender
    }

    /// The contact, if it is set.
    pub fn get_contact(&self) -> Option<ContactId> {
        self.contact
    }

    /// The language.
    pub fn get_translate_lang_key(&self) -> Option<&str> {
        self.translate_lang_key.as_deref()
    }

    /// What is sent as `channel`.
    pub fn get_message_channel(&self) -> Option<&str> {
        self.message_channel.as_deref()
    }

    /// The IDs that are sent as `mentionUsers`.
    pub fn get_mention(&self) -> &[String] {
        &self.mention
    }

    /// The data of free form.
    pub fn get_meta(&self) -> Option<&RawJson> {
        self.meta.as_ref()?.json()
    }

    /// The delay.
    pub fn get_delay(&self) -> Option<i64> {
        self.delay
    }

    fn content(&self) -> Option<&str> {
        let texts = [&self.text, &self.note, &self.event];
        texts.into_iter().flatten().next().map(String::as_str)
    }

    fn kind(&self) -> ChatMessageType {
        match (&self.note, &self.event) {
            (Some(_), _) => ChatMessageType::Note,
            (None, Some(_)) => ChatMessageType::Event,
            (None, None) => ChatMessageType::Message,
        }
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, InvalidMessage> {
        let chat = Self {
            channel: Tag::Chat,
            case: CaseId(fields.required_number("case")),
            text: fields.text("text"),
            note: fields.text("note"),
            event: fields.text("event"),
            sender: fields.word("sender", "agent or contact"),
            contact: fields.number("contact").map(ContactId),
            translate_lang_key: fields.text("translate_lang_key"),
            message_channel: fields.text("message_channel"),
            mention: fields.texts("mention"),
            meta: fields.object("meta"),
            delay: fields.number("delay"),
            json: fields.additions("json"),
        };
        fields.finish(Channel::Chat, chat, Self::check)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        problems.check_id("case", self.case.0);
        problems.check_content([
            ("text", &self.text),
            ("note", &self.note),
            ("event", &self.event),
        ]);
        if let Some(contact) = self.contact {
            problems.check_id("contact", contact.0);
        }
        problems.check_optional(
            "translate_lang_key",
            &self.translate_lang_key,
            Problems::check_language,
        );
        problems.check_optional(
            "message_channel",
            &self.message_channel,
            Problems::check_name,
        );
        for user in &self.mention {
            problems.check_name("mention", user);
        }
        if let Some(meta) = &self.meta {
            problems.check_object("meta", meta);
        }
        problems.check_additions(&self.json);
    }

    pub(super) fn body(&self) -> ChatMessageRequest {
        ChatMessageRequest {
            case_id: self.case,
            channel: self.message_channel.clone(),
            delay: self.delay,
            mention_users: (!self.mention.is_empty()).then(|| self.mention.clone()),
            message: NewChatMessage {
                message: self.content().unwrap_or_default().to_owned(),
                translate_lang_key: self.translate_lang_key.clone(),
                type_: self.kind(),
            },
            meta: self.meta.as_ref().and_then(Free::json).cloned(),
        }
    }

    pub(super) fn request(
        &self,
        client: &api::Client,
        spelling: UserTypeParameter,
    ) -> Option<reqwest::Request> {
        let mut call = client.send_chat_message().body(self.body());
        if let Some(contact) = self.contact {
            call = call.contact_id(contact);
        }
        if let Some(sender) = self.sender {
            call = match spelling {
                UserTypeParameter::Newest => call.x_user_type(sender),
                UserTypeParameter::Older => call.older_user_type(sender),
            };
        }
        call.request().ok()
    }

    /// Content that an error must mask if the server repeats it.
    pub(super) fn private(&self) -> Vec<String> {
        let mut texts: Vec<_> = self.content().map(str::to_owned).into_iter().collect();
        texts.extend(self.mention.iter().cloned());
        if let Some(meta) = &self.meta {
            meta.collect_texts(&mut texts);
        }
        texts
    }
}
