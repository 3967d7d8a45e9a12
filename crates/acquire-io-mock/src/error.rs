//! The documented error envelope.

use acquire_io_api::RawJson;
use acquire_io_api::types::{ApiError, ApiErrorDetail};

/// The documented error envelope, `{"error": {"code": …, "message": …, "data": null}}`, for the methods that
/// answer with it.
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
