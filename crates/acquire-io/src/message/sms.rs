//! SMS.

use acquire_io_api as api;
use serde::Serialize;

use crate::channel::{Channel, Sender};
use crate::message::fields::Fields;
use crate::message::json::Additions;
use crate::message::texts::{OptionalText, Texts};
use crate::problem::{InvalidMessage, Problems};
use crate::types::{CaseId, ContactId, SmsRequest, TimelineId};

/// An SMS for a case. See the operation `sendSms`.
///
/// A plain value, without a client: it can be compared, stored as JSON, and sent by another process.
///
/// ```
/// use acquire_io::{CaseId, ContactId, Message, Sms, TimelineId};
///
/// let sms = Sms::new(CaseId(2219), ContactId(751069), TimelineId(2108))
///     .from("+12513188609")
///     .to("+919666929552")
///     .text("Your order is ready");
/// Message::from(sms).check()?;
/// # Ok::<(), acquire_io::InvalidMessage>(())
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields, description = "An SMS for a case.")
)]
pub struct Sms {
    /// Always `sms`.
    channel: Tag,
    /// The case. Sent as `threadId` and `id`.
    #[cfg_attr(feature = "schemars", schemars(with = "i64"))]
    pub(super) case: CaseId,
    /// The contact.
    #[cfg_attr(feature = "schemars", schemars(with = "i64"))]
    contact: ContactId,
    /// The timeline.
    #[cfg_attr(feature = "schemars", schemars(with = "i64"))]
    timeline: TimelineId,
    /// The account's phone number to send from, with country and area code. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The contact's phone number, with country and area code. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// The text. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Sent as `title`: the title of the case in the examples.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Sent as `msgType`, by default `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_type: Option<String>,
    /// Sent as `isClosed`, by default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<bool>,
    /// Sent as `isMultiChannel`, by default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_channel: Option<bool>,
    /// The side that sends. Left out of the request if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<Sender>,
    /// What the client normally fills in and should leave out: `id`, `isClosed`, `isMultiChannel`, `markValue`, `message`,
    /// `msgType`, `sms`. One, or a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schemars",
        schemars(with = "Option<crate::message::fields::schema::OneOrMany<String>>")
    )]
    pub(super) without: Vec<String>,
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
    Sms,
}

impl Sms {
    /// An SMS for a case. [`from`](Self::from), [`to`](Self::to) and [`text`](Self::text) are required.
    #[must_use]
    pub fn new(case: CaseId, contact: ContactId, timeline: TimelineId) -> Self {
        Self {
            channel: Tag::Sms,
            case,
            contact,
            timeline,
            from: None,
            to: None,
            text: None,
            title: None,
            message_type: None,
            closed: None,
            multi_channel: None,
            sender: None,
            without: Vec::new(),
            json: Additions::default(),
        }
    }

    /// The account's phone number to send from, with country and area code, for example `+12513188609`.
    #[must_use]
    pub fn from(mut self, number: impl Into<String>) -> Self {
        self.from = Some(number.into());
        self
    }

    /// The contact's phone number, with country and area code. The pages show it with and without the
    /// leading plus; it is sent as given.
    #[must_use]
    pub fn to(mut self, number: impl Into<String>) -> Self {
        self.to = Some(number.into());
        self
    }

    /// The text. Sent as `Body`, `message` and `sms`, and as an escaped HTML paragraph in `markValue`.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Sent as `title`: the title of the case in the examples, which all have it. Left out by default.
    #[must_use]
    pub fn title(mut self, title: impl Into<OptionalText>) -> Self {
        self.title = title.into().0;
        self
    }

    /// Sent as `msgType`. Default: `message`, as in every example.
    #[must_use]
    pub fn message_type(mut self, message_type: impl Into<OptionalText>) -> Self {
        self.message_type = message_type.into().0;
        self
    }

    /// Sent as `isClosed`. Default: false, as in every example.
    #[must_use]
    pub fn closed(mut self, closed: impl Into<Option<bool>>) -> Self {
        self.closed = closed.into();
        self
    }

    /// Sent as `isMultiChannel`. Default: false, as in every example.
    #[must_use]
    pub fn multi_channel(mut self, multi_channel: impl Into<Option<bool>>) -> Self {
        self.multi_channel = multi_channel.into();
        self
    }

    /// Sends as an agent: `x-user-type=user`. By default the parameter is left out.
    #[must_use]
    pub fn as_agent(mut self) -> Self {
        self.sender = Some(Sender::Agent);
        self
    }

    /// Sends as the contact: `x-user-type=contact`.
    #[must_use]
    pub fn as_contact(mut self) -> Self {
        self.sender = Some(Sender::Contact);
        self
    }

    /// Leaves out one or more values that the client normally fills in, by their names on the wire: `id`, `isClosed`,
    /// `isMultiChannel`, `markValue`, `message`, `msgType`, `sms`. Every example has all of them.
    #[must_use]
    pub fn without(mut self, names: impl Into<Texts>) -> Self {
        self.without.extend(names.into().0);
        self
    }

    /// The case.
    pub fn get_case(&self) -> CaseId {
        self.case
    }

    /// The contact.
    pub fn get_contact(&self) -> ContactId {
        self.contact
    }

    /// The timeline.
    pub fn get_timeline(&self) -> TimelineId {
        self.timeline
    }

    /// The number to send from.
    pub fn get_from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// The contact's number.
    pub fn get_to(&self) -> Option<&str> {
        self.to.as_deref()
    }

    /// The text.
    pub fn get_text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// What is sent as `title`.
    pub fn get_title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// What is sent as `msgType`, if it is set.
    pub fn get_message_type(&self) -> Option<&str> {
        self.message_type.as_deref()
    }

    /// What is sent as `isClosed`, if it is set.
    pub fn get_closed(&self) -> Option<bool> {
        self.closed
    }

    /// What is sent as `isMultiChannel`, if it is set.
    pub fn get_multi_channel(&self) -> Option<bool> {
        self.multi_channel
    }

    /// The side that sends, if it is set.
    pub fn get_sender(&self) -> Option<Sender> {
        self.sender
    }

    /// The names of what is left out.
    pub fn get_without(&self) -> &[String] {
        &self.without
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, InvalidMessage> {
        let sms = Self {
            channel: Tag::Sms,
            case: CaseId(fields.required_number("case")),
            contact: ContactId(fields.required_number("contact")),
            timeline: TimelineId(fields.required_number("timeline")),
            from: fields.text("from"),
            to: fields.text("to"),
            text: fields.text("text"),
            title: fields.text("title"),
            message_type: fields.text("message_type"),
            closed: fields.flag("closed"),
            multi_channel: fields.flag("multi_channel"),
            sender: fields.word("sender", "agent or contact"),
            without: fields.texts("without"),
            json: fields.additions("json"),
        };
        fields.finish(Channel::Sms, sms, Self::check)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        problems.check_id("case", self.case.0);
        problems.check_id("contact", self.contact.0);
        problems.check_id("timeline", self.timeline.0);
        problems.check_required("from", &self.from, Problems::check_phone_number);
        problems.check_required("to", &self.to, Problems::check_phone_number);
        problems.check_required("text", &self.text, Problems::check_text);
        problems.check_optional("title", &self.title, Problems::check_name);
        problems.check_optional("message_type", &self.message_type, Problems::check_name);
        let filled_in = [
            ("id", false),
            ("isClosed", self.closed.is_some()),
            ("isMultiChannel", self.multi_channel.is_some()),
            ("markValue", false),
            ("message", false),
            ("msgType", self.message_type.is_some()),
            ("sms", false),
        ];
        problems.check_without(&self.without, &filled_in);
        problems.check_additions(&self.json);
    }

    pub(super) fn body(&self) -> SmsRequest {
        let text = self.text.as_deref().unwrap_or_default();
        let message_type = self.message_type.as_deref().unwrap_or("message");
        SmsRequest {
            body: text.to_owned(),
            contact_id: self.contact,
            from: self.from.clone().unwrap_or_default(),
            id: Some(self.case),
            is_closed: Some(self.closed.unwrap_or_default()),
            is_multi_channel: Some(self.multi_channel.unwrap_or_default()),
            mark_value: Some(format!("<p>{}</p>", html_escape::encode_text(text))),
            message: Some(text.to_owned()),
            msg_type: Some(message_type.to_owned()),
            sms: Some(text.to_owned()),
            thread_id: self.case,
            timeline_id: self.timeline,
            title: self.title.clone(),
            to: self.to.clone().unwrap_or_default(),
        }
    }

    pub(super) fn request(&self, client: &api::Client) -> Option<reqwest::Request> {
        let mut call = client.send_sms().body(self.body());
        if let Some(sender) = self.sender {
            call = call.x_user_type(sender);
        }
        call.request().ok()
    }

    /// Content that an error must mask if the server repeats it.
    pub(super) fn private(&self) -> Vec<String> {
        let numbers = [&self.from, &self.to].into_iter().flatten();
        // The server may repeat a number without its plus.
        let numbers = numbers.map(|number| number.trim_start_matches('+').to_owned());
        let texts = [&self.text, &self.title].into_iter().flatten().cloned();
        numbers.chain(texts).collect()
    }
}
