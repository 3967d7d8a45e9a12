//! E-mail.

use acquire_io_api as api;
use acquire_io_api::RawJson;
use serde::Serialize;

use crate::channel::Channel;
use crate::message::fields::Fields;
use crate::message::json::{Additions, Free};
use crate::message::texts::{OptionalText, Texts};
use crate::problem::{InvalidMessage, Problems};
use crate::types::{CaseId, ContactId, MailMessageRequest, MailMessageType, NewMailMessage};

/// An e-mail for a case whose channel is mail (`email`, by the page of 2021-04-02). See the operation `sendMailMessage`.
///
/// A plain value, without a client: it can be compared, stored as JSON, and sent by another process.
///
/// ```
/// use acquire_io::{CaseId, ContactId, Mail, Message};
///
/// let mail = Mail::new(CaseId(575), ContactId(597632))
///     .from("user@acquire.io")
///     .to(["ann@example.com", "bob@example.com"])
///     .subject("Your order")
///     .html("<p>It is ready.</p>");
/// Message::from(&mail).check()?;
/// assert_eq!(mail.get_to(), ["ann@example.com", "bob@example.com"]);
/// # Ok::<(), acquire_io::InvalidMessage>(())
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(
        deny_unknown_fields,
        description = "An e-mail for a case whose channel is mail."
    )
)]
pub struct Mail {
    /// Always `mail`.
    channel: Tag,
    /// The case, whose channel is mail.
    #[cfg_attr(feature = "schemars", schemars(with = "i64"))]
    pub(super) case: CaseId,
    /// The contact.
    #[cfg_attr(feature = "schemars", schemars(with = "i64"))]
    contact: ContactId,
    /// The sender's address, of an inbox that is connected to the account. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The recipients: one, or a list. Required.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schemars",
        schemars(with = "Option<crate::message::fields::schema::OneOrMany<String>>")
    )]
    to: Vec<String>,
    /// The recipients of copies: one, or a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schemars",
        schemars(with = "Option<crate::message::fields::schema::OneOrMany<String>>")
    )]
    cc: Vec<String>,
    /// The recipients of blind copies: one, or a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schemars",
        schemars(with = "Option<crate::message::fields::schema::OneOrMany<String>>")
    )]
    bcc: Vec<String>,
    /// The subject, which may be empty. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The e-mail as HTML. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    /// The e-mail as plain text, in addition to the HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Attachments, as JSON of any form: one, or a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<serde_json::Value>"))]
    attachment: Vec<Free>,
    /// What the client normally fills in and should leave out: `cc`, `bcc`, `attachments`. One, or a list.
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
    Mail,
}

impl Mail {
    /// An e-mail for a case. [`from`](Self::from), [`to`](Self::to), [`subject`](Self::subject) and [`html`](Self::html) are
    /// required.
    #[must_use]
    pub fn new(case: CaseId, contact: ContactId) -> Self {
        Self {
            channel: Tag::Mail,
            case,
            contact,
            from: None,
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: None,
            html: None,
            text: None,
            attachment: Vec::new(),
            without: Vec::new(),
            json: Additions::default(),
        }
    }

    /// The sender's address, without a name. It must belong to an inbox that is connected to the account.
    #[must_use]
    pub fn from(mut self, address: impl Into<String>) -> Self {
        self.from = Some(address.into());
        self
    }

    /// Adds one or more recipients. At least one is required.
    #[must_use]
    pub fn to(mut self, addresses: impl Into<Texts>) -> Self {
        self.to.extend(addresses.into().0);
        self
    }

    /// Adds one or more recipients of copies. Without any, `cc` is an empty list.
    #[must_use]
    pub fn cc(mut self, addresses: impl Into<Texts>) -> Self {
        self.cc.extend(addresses.into().0);
        self
    }

    /// Adds one or more recipients of blind copies. Without any, `bcc` is an empty list.
    #[must_use]
    pub fn bcc(mut self, addresses: impl Into<Texts>) -> Self {
        self.bcc.extend(addresses.into().0);
        self
    }

    /// The subject. Required; it may be empty.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// The e-mail as HTML. Required. Sent as `htmlBody`.
    #[must_use]
    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.html = Some(html.into());
        self
    }

    /// The e-mail as plain text, in addition to the HTML. Sent as `textBody`, which only the newest page's example has.
    #[must_use]
    pub fn text(mut self, text: impl Into<OptionalText>) -> Self {
        self.text = text.into().0;
        self
    }

    /// Adds an attachment, or several as a list: anything that serialises as JSON, since no page describes their form.
    /// Without any, `attachments` is an empty list, which the newest page requires.
    #[must_use]
    pub fn attachment(mut self, attachments: impl Serialize) -> Self {
        self.attachment.extend(Free::new(&attachments).into_items());
        self
    }

    /// Leaves out one or more values that the client normally fills in, by their names on the wire: `cc`, `bcc`,
    /// `attachments`. The example of 2021-04-02 has no `attachments`.
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

    /// The sender's address.
    pub fn get_from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// The recipients.
    pub fn get_to(&self) -> &[String] {
        &self.to
    }

    /// The recipients of copies.
    pub fn get_cc(&self) -> &[String] {
        &self.cc
    }

    /// The recipients of blind copies.
    pub fn get_bcc(&self) -> &[String] {
        &self.bcc
    }

    /// The subject.
    pub fn get_subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The HTML.
    pub fn get_html(&self) -> Option<&str> {
        self.html.as_deref()
    }

    /// The plain text.
    pub fn get_text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The attachments.
    pub fn get_attachment(&self) -> impl Iterator<Item = &RawJson> {
        self.attachment.iter().filter_map(Free::json)
    }

    /// The names of what is left out.
    pub fn get_without(&self) -> &[String] {
        &self.without
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, InvalidMessage> {
        let attachment = fields.free("attachment");
        let mail = Self {
            channel: Tag::Mail,
            case: CaseId(fields.required_number("case")),
            contact: ContactId(fields.required_number("contact")),
            from: fields.text("from"),
            to: fields.texts("to"),
            cc: fields.texts("cc"),
            bcc: fields.texts("bcc"),
            subject: fields.text("subject"),
            html: fields.text("html"),
            text: fields.text("text"),
            attachment: attachment.map(Free::into_items).unwrap_or_default(),
            without: fields.texts("without"),
            json: fields.additions("json"),
        };
        fields.finish(Channel::Mail, mail, Self::check)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        problems.check_id("case", self.case.0);
        problems.check_id("contact", self.contact.0);
        problems.check_required("from", &self.from, Problems::check_mail_address);
        problems.check_recipients("to", &self.to);
        for (field, addresses) in [("to", &self.to), ("cc", &self.cc), ("bcc", &self.bcc)] {
            for address in addresses {
                problems.check_mail_address(field, address);
            }
        }
        problems.check_required("subject", &self.subject, Problems::check_line);
        problems.check_required("html", &self.html, Problems::check_text);
        problems.check_optional("text", &self.text, Problems::check_text);
        for attachment in &self.attachment {
            problems.check_free("attachment", attachment);
        }
        let filled_in = [
            ("cc", !self.cc.is_empty()),
            ("bcc", !self.bcc.is_empty()),
            ("attachments", !self.attachment.is_empty()),
        ];
        problems.check_without(&self.without, &filled_in);
        problems.check_additions(&self.json);
    }

    pub(super) fn body(&self) -> MailMessageRequest {
        let attachments = self.attachment.iter().filter_map(Free::json).cloned();
        let data = NewMailMessage {
            attachments: Some(attachments.collect()),
            bcc: self.bcc.clone(),
            case_id: self.case,
            cc: self.cc.clone(),
            contact_id: self.contact,
            from: self.from.clone().unwrap_or_default(),
            html_body: self.html.clone().unwrap_or_default(),
            subject: self.subject.clone().unwrap_or_default(),
            text_body: self.text.clone(),
            to: self.to.clone(),
            type_: MailMessageType::Message,
        };
        MailMessageRequest { data }
    }

    pub(super) fn request(&self, client: &api::Client) -> Option<reqwest::Request> {
        let call = client.send_mail_message();
        call.body(self.body()).request().ok()
    }

    /// Content that an error must mask if the server repeats it.
    pub(super) fn private(&self) -> Vec<String> {
        let single = [&self.from, &self.subject, &self.html, &self.text];
        let lists = [&self.to, &self.cc, &self.bcc];
        let mut texts: Vec<_> = single
            .into_iter()
            .flatten()
            .chain(lists.into_iter().flatten())
            .cloned()
            .collect();
        for attachment in &self.attachment {
            attachment.collect_texts(&mut texts);
        }
        texts
    }
}
