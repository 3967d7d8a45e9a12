//! What the generated answers lack.

use httpmock::Then;

use crate::operations::{SendChatMessageThen, SendMailMessageThen, SendSmsThen};
use crate::{Documented, api_error};

macro_rules! answers {
    ($($then:ident),*) => {$(
        /// # Documented answers and errors
        impl $then {
            /// Answers with a documented status and body: an answer of this operation, or an error.
            pub fn documented(self, answer: &Documented) -> Self {
                let then = head(self.into_inner(), answer.status());
                Self::new(then.body(answer.json()))
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
answers!(SendChatMessageThen, SendMailMessageThen, SendSmsThen);

fn head(then: Then, status: u16) -> Then {
    then.status(status)
        .header("content-type", "application/json")
}
