//! E-mail.

use acquire_io_api as api;
use serde_json::Value;

use super::{ApiResult, collect_texts, sealed};
use crate::check;
use crate::client::UserTypeParameter;
use crate::error::InputError;
use crate::outgoing::Outgoing;
use crate::types::{
    CaseId, ContactId, MailMessageRequest, MailMessageResponse, MailMessageType, NewMailMessage,
};

/// The mail channel. See [`Client::mail`](crate::Client::mail).
#[derive(Clone)]
pub struct Mail {
    case: CaseId,
    contact: ContactId,
    from: Option<String>,
    to: Vec<String>,
    cc: Vec<String>,
    bcc: Vec<String>,
    subject: Option<String>,
    html: Option<String>,
    text: Option<String>,
    attachments: Option<Vec<Value>>,
}

impl Mail {
    pub(crate) fn new(case: CaseId, contact: ContactId) -> Self {
        Self {
            case,
            contact,
            from: None,
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: None,
            html: None,
            text: None,
            attachments: Some(Vec::new()),
        }
    }
}

/// # Mail
impl Outgoing<Mail> {
    /// The sender's address. It must belong to an inbox that is connected to the account.
    pub fn from(mut self, address: impl Into<String>) -> Self {
        self.message.from = Some(address.into());
        self
    }

    /// Adds a recipient. At least one is required.
    pub fn to(mut self, address: impl Into<String>) -> Self {
        self.message.to.push(address.into());
        self
    }

    /// Adds a recipient of a copy.
    pub fn cc(mut self, address: impl Into<String>) -> Self {
        self.message.cc.push(address.into());
        self
    }

    /// Adds a recipient of a blind copy.
    pub fn bcc(mut self, address: impl Into<String>) -> Self {
        self.message.bcc.push(address.into());
        self
    }

    /// The subject. Required; it may be empty.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.message.subject = Some(subject.into());
        self
    }

    /// The e-mail as HTML. Required. Sent as `htmlBody`.
    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.message.html = Some(html.into());
        self
    }

    /// The e-mail as plain text, beside the HTML. Sent as `textBody`.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.message.text = Some(text.into());
        self
    }

    /// Adds an attachment, as JSON: no page tells its form. Without any, `attachments` is an empty list,
    /// which the newest page requires.
    pub fn attachment(mut self, attachment: impl Into<Value>) -> Self {
        self.message
            .attachments
            .get_or_insert_default()
            .push(attachment.into());
        self
    }

    /// Leaves `attachments` out, as the page of 2021-04-02 does.
    pub fn without_attachments(mut self) -> Self {
        self.message.attachments = None;
        self
    }
}

impl sealed::Channel for Mail {
    const OPERATION: &'static str = "sendMailMessage";

    const METHOD_AND_PATH: (&'static str, &'static str) = ("POST", "/api/v1/mail/add-message");

    type Request = MailMessageRequest;

    type Answer = MailMessageResponse;

    fn request(&self) -> Result<Self::Request, InputError> {
        check::id("case", self.case.0)?;
        check::id("contact", self.contact.0)?;
        let from = check::required("from", &self.from)?;
        check::mail_address("from", from)?;
        if self.to.is_empty() {
            return Err(InputError::missing("to"));
        }
        for (field, addresses) in [("to", &self.to), ("cc", &self.cc), ("bcc", &self.bcc)] {
            addresses
                .iter()
                .try_for_each(|address| check::mail_address(field, address))?;
        }
        let html = check::required("html", &self.html)?;
        check::text("html", html)?;
        check::optional_text("text", &self.text)?;
        Ok(MailMessageRequest {
            data: NewMailMessage {
                attachments: self.attachments.clone(),
                bcc: self.bcc.clone(),
                case_id: self.case,
                cc: self.cc.clone(),
                contact_id: self.contact,
                from: from.to_owned(),
                html_body: html.to_owned(),
                subject: check::required("subject", &self.subject)?.to_owned(),
                text_body: self.text.clone(),
                to: self.to.clone(),
                type_: MailMessageType::Message,
            },
        })
    }

    fn private(&self) -> Vec<String> {
        let single = [&self.from, &self.subject, &self.html, &self.text];
        let lists = [&self.to, &self.cc, &self.bcc];
        let mut texts: Vec<_> = single
            .into_iter()
            .flatten()
            .chain(lists.into_iter().flatten())
            .cloned()
            .collect();
        for attachment in self.attachments.iter().flatten() {
            collect_texts(attachment, &mut texts);
        }
        texts
    }

    async fn call(
        client: &api::Client,
        _: UserTypeParameter,
        request: Self::Request,
    ) -> ApiResult<MailMessageResponse> {
        client.send_mail_message().body(request).send().await
    }
}
