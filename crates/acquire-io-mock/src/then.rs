//! What the generated answers lack.

use acquire_io_api::types::{ApiError, ChatMessageResponse, MailMessageResponse, SmsResponse};
use httpmock::Then;

use crate::operations::{SendChatMessageThen, SendMailMessageThen, SendSmsThen};
use crate::{Documented, api_error};

macro_rules! answers {
    ($($then:ident: $answer:ty),*) => {$(
        /// # Documented answers and errors
        impl $then {
            /// Answers with a documented status and body.
            pub fn documented(self, answer: Documented<$answer>) -> Self {
                Self::new(documented(self.into_inner(), answer))
            }

            /// Answers with a documented error's status and body.
            pub fn documented_error(self, error: Documented<ApiError>) -> Self {
                Self::new(documented(self.into_inner(), error))
            }

            /// Answers with any status and the documented error envelope, see [`api_error`]. With a 2xx it is a
            /// refusal too.
            pub fn error(self, status: u16, code: &str, message: &str) -> Self {
                let body = api_error(code, message);
                Self::new(head(self.into_inner(), status).json_body_obj(&body))
            }
        }
    )*};
}
answers!(
    SendChatMessageThen: ChatMessageResponse,
    SendMailMessageThen: MailMessageResponse,
    SendSmsThen: SmsResponse
);

fn documented<T>(then: Then, answer: Documented<T>) -> Then {
    head(then, answer.status()).body(answer.json())
}

fn head(then: Then, status: u16) -> Then {
    then.status(status)
        .header("content-type", "application/json")
}
