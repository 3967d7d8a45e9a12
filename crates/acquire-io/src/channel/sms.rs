//! SMS.

use acquire_io_api as api;

use super::{ApiResult, sealed};
use crate::check;
use crate::client::UserTypeParameter;
use crate::error::InputError;
use crate::outgoing::Outgoing;
use crate::types::{CaseId, ContactId, SmsRequest, SmsResponse, TimelineId, UserType};

/// The SMS channel. See [`Client::sms`](crate::Client::sms).
#[derive(Clone)]
pub struct Sms {
    case: CaseId,
    contact: ContactId,
    timeline: TimelineId,
    from: Option<String>,
    to: Option<String>,
    text: Option<String>,
    title: Option<String>,
    message_type: String,
    closed: bool,
    multi_channel: bool,
    sender: Option<UserType>,
}

impl Sms {
    pub(crate) fn new(case: CaseId, contact: ContactId, timeline: TimelineId) -> Self {
        Self {
            case,
            contact,
            timeline,
            from: None,
            to: None,
            text: None,
            title: None,
            message_type: "message".to_owned(),
            closed: false,
            multi_channel: false,
            sender: None,
        }
    }
}

/// # SMS
impl Outgoing<Sms> {
    /// The account's phone number to send from, with country and area code, for example `+12513188609`.
    pub fn from(mut self, number: impl Into<String>) -> Self {
        self.message.from = Some(number.into());
        self
    }

    /// The contact's phone number, with country and area code. The pages show it with and without the
    /// leading plus; it is sent as given.
    pub fn to(mut self, number: impl Into<String>) -> Self {
        self.message.to = Some(number.into());
        self
    }

    /// The text. Sent as `Body`, `message` and `sms`, and as an escaped HTML paragraph in `markValue`.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.message.text = Some(text.into());
        self
    }

    /// The title of the case. Left out by default; every example has it.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.message.title = Some(title.into());
        self
    }

    /// Sent as `msgType`. Default: `message`, as in every example.
    pub fn message_type(mut self, message_type: impl Into<String>) -> Self {
        self.message.message_type = message_type.into();
        self
    }

    /// Sent as `isClosed`. Default: false, as in every example.
    pub fn closed(mut self, closed: bool) -> Self {
        self.message.closed = closed;
        self
    }

    /// Sent as `isMultiChannel`. Default: false, as in every example.
    pub fn multi_channel(mut self, multi_channel: bool) -> Self {
        self.message.multi_channel = multi_channel;
        self
    }

    /// Sends as an agent: `x-user-type=user`. By default the parameter is left out.
    pub fn as_agent(mut self) -> Self {
        self.message.sender = Some(UserType::User);
        self
    }

    /// Sends as the contact: `x-user-type=contact`. Which contact that is stands in the message already.
    pub fn as_contact(mut self) -> Self {
        self.message.sender = Some(UserType::Contact);
        self
    }
}

impl sealed::Channel for Sms {
    const OPERATION: &'static str = "sendSms";

    const METHOD_AND_PATH: (&'static str, &'static str) = ("POST", "/api/v1/voip/send-sms");

    type Request = (SmsRequest, Option<UserType>);

    type Answer = SmsResponse;

    fn request(&self) -> Result<Self::Request, InputError> {
        check::id("case", self.case.0)?;
        check::id("contact", self.contact.0)?;
        check::id("timeline", self.timeline.0)?;
        let from = check::required("from", &self.from)?;
        check::phone_number("from", from)?;
        let to = check::required("to", &self.to)?;
        check::phone_number("to", to)?;
        let text = check::required("text", &self.text)?;
        check::text("text", text)?;
        check::optional_text("title", &self.title)?;
        check::text("message_type", &self.message_type)?;
        let request = SmsRequest {
            body: text.to_owned(),
            contact_id: self.contact,
            from: from.to_owned(),
            id: Some(self.case),
            is_closed: Some(self.closed),
            is_multi_channel: Some(self.multi_channel),
            mark_value: Some(format!("<p>{}</p>", html_escape::encode_text(text))),
            message: Some(text.to_owned()),
            msg_type: Some(self.message_type.clone()),
            sms: Some(text.to_owned()),
            thread_id: self.case,
            timeline_id: self.timeline,
            title: self.title.clone(),
            to: to.to_owned(),
        };
        Ok((request, self.sender))
    }

    fn private(&self) -> Vec<String> {
        let numbers = [&self.from, &self.to].into_iter().flatten();
        // A server may repeat a number without its plus.
        let numbers = numbers.map(|number| number.trim_start_matches('+').to_owned());
        let texts = [&self.text, &self.title].into_iter().flatten().cloned();
        numbers.chain(texts).collect()
    }

    async fn call(
        client: &api::Client,
        _: UserTypeParameter,
        (request, sender): Self::Request,
    ) -> ApiResult<SmsResponse> {
        let mut call = client.send_sms().body(request);
        if let Some(sender) = sender {
            call = call.x_user_type(sender);
        }
        call.send().await
    }
}
