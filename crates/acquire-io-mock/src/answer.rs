//! Answers that the generated methods don't have: documented ones, and errors with any status.

use acquire_io_api::RawJson;
use acquire_io_api::types::{ApiError, ApiErrorDetail};
use httpmock::Then;

use crate::documented::Documented;
use crate::operations::{SendChatMessageThen, SendMailMessageThen, SendSmsThen};

macro_rules! answers {
    ($($then:ident),*) => {$(
        /// # Documented answers, and errors
        impl $then {
            /// Answers with a documented status and body: of an answer of this operation, or of an error.
            pub fn documented(self, answer: &Documented) -> Self {
                let then = head(self.into_inner(), answer.status());
                Self::new(then.body(answer.json()))
            }

            /// Answers with any status and the documented error envelope, see [`api_error`]. A 2xx with it is a
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

/// The documented error envelope, `{"error": {"code": …, "message": …, "data": null}}`, for typed answers.
///
/// ```
/// use acquire_io_mock::{MockServer, MockServerExt, api_error};
///
/// let server = MockServer::start();
/// server.send_sms(|_, then| {
///     then.forbidden(&api_error("ERROR_UNAUTHORIZED_ACCESS", "Invalid request"));
/// });
/// ```
pub fn api_error(code: impl Into<String>, message: impl Into<String>) -> ApiError {
    let mut detail = ApiErrorDetail::default();
    detail.code = Some(code.into());
    detail.message = Some(message.into());
    // Writing null never fails.
    detail.data = RawJson::from_value(&()).ok();
    let mut error = ApiError::default();
    error.error = Some(detail);
    error
}
