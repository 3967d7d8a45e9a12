//! Phone numbers, e-mail addresses and languages: what passes goes out as it is and can't be more than it seems.

use std::sync::LazyLock;

use acquire_io::{CaseId, Chat, Client, ContactId, Mail, Message, Sms, TimelineId};
use serde_json::Value;

use crate::private::assert_hides;

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let client = Client::builder().account_id("acme").api_key("key").build();
    client.expect("the settings are right")
});

/// Takes the bytes as the recipient of an SMS and of an e-mail, and as a language.
pub fn run(data: &[u8]) {
    let Ok(value) = std::str::from_utf8(data) else {
        return;
    };
    let sms = Sms::new(CaseId(1), ContactId(1), TimelineId(1));
    if let Some(request) = request(sms.from("+12513188609").to(value).text("hi")) {
        assert_eq!(request["To"], value);
        let digits = value.strip_prefix('+').unwrap_or(value);
        assert!((7..=15).contains(&digits.len()), "{value}");
        assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{value}");
    }
    let mail = Mail::new(CaseId(1), ContactId(1)).from("a@example.com");
    if let Some(request) = request(mail.to(value).subject("hi").html("hi")) {
        assert_eq!(request["data"]["to"][0], value);
        // One address, and nothing of another header.
        assert!(!value.chars().any(char::is_control), "{value:?}");
        let (local, domain) = value.rsplit_once('@').expect("an address has an @");
        assert!(!local.is_empty() && !domain.is_empty(), "{value:?}");
        let is_quoted = local.starts_with('"') && local.ends_with('"') && local.len() > 2;
        let is_literal = domain.starts_with('[') && domain.ends_with(']');
        let stands_for_more = |c: char| ",;<>()@ ".contains(c);
        assert!(is_quoted || !local.contains(stands_for_more), "{value:?}");
        assert!(is_literal || !domain.contains(stands_for_more), "{value:?}");
    }
    let chat = Chat::new(CaseId(1)).text("hi").translate_lang_key(value);
    if let Some(request) = request(chat) {
        assert_eq!(request["message"]["translateLangKey"], value);
        assert!(
            value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        );
    }
}

fn request(message: impl Into<Message>) -> Option<Value> {
    match CLIENT.to_http_request(message) {
        Ok(request) => Some(serde_json::from_slice(request.body()).expect("JSON")),
        Err(error) => {
            assert_eq!(error.problems().len(), 1, "{error}");
            assert_hides(&format!("{error} {error:?}"), "");
            None
        }
    }
}
