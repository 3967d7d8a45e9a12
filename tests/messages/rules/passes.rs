//! What passes the client's rules, the document accepts, and so does the sandbox.

use acquire_io::UserTypeParameter::{Newest, Older};
use acquire_io::{Channel, Client, Message, UserTypeParameter};
use acquire_io_sandbox::Sandbox;
use acquire_io_tests::json_schema::json_schema;
use acquire_io_tests::{Result, documents};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::rules::generate::{Generated, generate, seed};

/// How many messages are tried. Each is made of its number alone: to see one again, try that number.
const MESSAGES: u64 = 1_500;

/// The validator of each channel's request.
struct Document([Validator; 3]);

impl Document {
    fn read() -> Result<Self> {
        let document = documents::openapi()?;
        let request = |name: &str| {
            jsonschema::draft202012::new(&json!({
                "$ref": format!("#/components/schemas/{name}"),
                "components": json_schema(&document["components"]),
            }))
        };
        Ok(Self([
            request("ChatMessageRequest")?,
            request("MailMessageRequest")?,
            request("SmsRequest")?,
        ]))
    }

    fn of(&self, channel: Channel) -> &Validator {
        let [chat, mail, sms] = &self.0;
        match channel {
            Channel::Chat => chat,
            Channel::Mail => mail,
            Channel::Sms => sms,
        }
    }
}

/// JSON as a value. Numbers that no value holds become others.
fn value(json: &str) -> Result<Value> {
    Ok(serde_json::from_str(&json.replace("1e999", "1e99"))?)
}

async fn sandbox(strict: bool, spelling: UserTypeParameter) -> Result<(Sandbox, Client)> {
    let builder = Sandbox::builder().seed(seed()?).strict(strict);
    let sandbox = builder.start().await?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .user_type_parameter(spelling)
        .build()?;
    Ok((sandbox, client))
}

#[tokio::test]
async fn what_passes_is_accepted() -> Result {
    let document = Document::read()?;
    let (_strict_sandbox, strict) = sandbox(true, Newest).await?;
    let (_relaxed_sandbox, relaxed) = sandbox(false, Older).await?;
    let (mut passed, mut passed_strict) = ([0; 3], 0);
    for number in 0..MESSAGES {
        let Generated {
            message,
            needs_relaxed,
            left_out,
        } = generate(number);
        let client = if needs_relaxed { &relaxed } else { &strict };
        let request = client.to_http_request(&message);
        let checked = message.check();
        // A check finds all that making the request finds.
        assert_eq!(
            request.as_ref().err(),
            checked.as_ref().err(),
            "message {number}"
        );
        let Ok(request) = request else { continue };

        let mut body = value(std::str::from_utf8(request.body())?)?;
        for name in left_out {
            body["data"][name] = json!([]);
        }
        let errors = document.of(message.channel()).iter_errors(&body);
        let errors: Vec<_> = errors.map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "message {number}: {body}");

        let sent = client.send(&message).await;
        sent.map_err(|error| format!("message {number}: {error}: {body}"))?;
        passed[message.channel() as usize] += 1;
        passed_strict += u64::from(!needs_relaxed);
    }
    // So that it can't pass by refusing.
    let least = MESSAGES / 3 / 2;
    assert!(passed.iter().all(|passed| *passed > least), "{passed:?}");
    assert!(passed_strict > MESSAGES / 4, "{passed_strict}");
    Ok(())
}

/// Its JSON is what its JSON Schema says, and reads back as the same message.
#[test]
fn what_passes_can_be_stored() -> Result {
    let schema = schemars::schema_for!(Message).to_value();
    let schema = jsonschema::draft202012::new(&schema)?;
    for number in 0..MESSAGES {
        let Generated { message, .. } = generate(number);
        if message.check().is_err() {
            continue;
        }
        let json = serde_json::to_string(&message)?;
        assert!(
            Message::from_json(&json)? == message,
            "message {number}: {json}"
        );
        let value = value(&json)?;
        let errors = schema.iter_errors(&value).map(|error| error.to_string());
        assert_eq!(
            errors.collect::<Vec<_>>(),
            [""; 0],
            "message {number}: {json}"
        );
    }
    Ok(())
}
