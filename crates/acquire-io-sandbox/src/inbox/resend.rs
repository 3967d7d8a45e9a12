//! Shell commands that send a message again.

use serde_json::{Map, Value};

use crate::check::Operation;
use crate::ledger::Received;
use crate::shell::word;

/// A curl command. It takes the key from the environment.
pub(crate) fn curl(entry: &Received, base_url: &str) -> String {
    let path = entry.uri.path_and_query().map_or("/", |it| it.as_str());
    let mut command = format!("curl {}", word(&format!("{base_url}{path}")));
    if path.contains(['{', '}', '[', ']']) {
        // To curl they are patterns.
        command.push_str(" --globoff");
    }
    if entry.method != "POST" {
        command.push_str(&format!(" -X {}", word(entry.method.as_str())));
    }
    command.push_str(" -H \"authorization: Bearer $ACQUIRE_API_KEY\"");
    if let Some(Ok(value)) = entry.headers.get("content-type").map(|it| it.to_str()) {
        command.push_str(&format!(" -H {}", word(&format!("content-type: {value}"))));
    }
    if !entry.body.is_empty() {
        let body = String::from_utf8_lossy(&entry.body);
        command.push_str(&format!(" --data-raw {}", word(&body)));
    }
    command
}

/// An `acquire` command, if the request is a message that it can send.
pub(crate) fn acquire(entry: &Received) -> Option<String> {
    let Value::Object(mut request) = serde_json::from_slice(&entry.body).ok()? else {
        return None;
    };
    let mut command = Command::default();
    let query = entry.uri.query().unwrap_or_default();
    let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let side = query
        .iter()
        .find_map(|(name, value)| name.ends_with("x-user-type").then_some(&**value));
    let contact = query
        .iter()
        .find_map(|(name, value)| (name == "contactId").then(|| Value::from(&**value)));
    match entry.operation? {
        Operation::SendChatMessage => {
            command.start("chat send");
            command.option("--case", request.remove("caseId"));
            command.side(side);
            command.option("--contact", contact);
            if let Value::Object(mut message) = request.remove("message")? {
                let option = match message.remove("type")?.as_str()? {
                    "message" => "--text",
                    "note" => "--note",
                    "event" => "--event",
                    _ => return None,
                };
                command.option(option, message.remove("message"));
                command.option("--translate-lang-key", message.remove("translateLangKey"));
                command.rest("/message", message);
            }
            command.option("--message-channel", request.remove("channel"));
            command.options("--mention", request.remove("mentionUsers"));
            command.option("--meta", request.remove("meta"));
            command.option("--delay", request.remove("delay"));
            command.rest("", request);
        }
        Operation::SendMailMessage => {
            let Value::Object(mut mail) = request.remove("data")? else {
                return None;
            };
            command.start("mail send");
            command.option("--case", mail.remove("caseId"));
            command.option("--contact", mail.remove("contactId"));
            command.option("--from", mail.remove("from"));
            command.options("--to", mail.remove("to"));
            for (name, option) in [
                ("cc", "--cc"),
                ("bcc", "--bcc"),
                ("attachments", "--attachment"),
            ] {
                match mail.remove(name) {
                    None => command.option("--without", Some(name.into())),
                    list => command.options(option, list),
                }
            }
            command.option("--subject", mail.remove("subject"));
            command.option("--html", mail.remove("htmlBody"));
            command.option("--text", mail.remove("textBody"));
            if mail.get("type").is_some_and(|kind| kind == "new") {
                mail.remove("type");
            }
            command.rest("/data", mail);
            command.rest("", request);
        }
        Operation::SendSms => {
            command.start("sms send");
            let case = request.remove("threadId")?;
            let text = request.remove("Body")?;
            command.option("--case", Some(case.clone()));
            command.option("--contact", request.remove("contactId"));
            command.option("--timeline", request.remove("timelineId"));
            command.side(side);
            command.option("--from", request.remove("From"));
            command.option("--to", request.remove("To"));
            command.option("--text", Some(text.clone()));
            command.option("--title", request.remove("title"));
            for (name, option) in [
                ("isClosed", "--closed"),
                ("isMultiChannel", "--multi-channel"),
            ] {
                match request.remove(name) {
                    None => command.option("--without", Some(name.into())),
                    Some(Value::Bool(true)) => command.start(option),
                    _ => {}
                }
            }
            match request.remove("msgType") {
                None => command.option("--without", Some("msgType".into())),
                kind => command.option("--message-type", kind),
            }
            // The command fills these in: the case and the text again.
            for (name, same) in [
                ("id", Some(&case)),
                ("message", Some(&text)),
                ("sms", Some(&text)),
                ("markValue", None),
            ] {
                match request.get(name) {
                    None => command.option("--without", Some(name.into())),
                    Some(value) if same.is_none_or(|same| same == value) => {
                        request.remove(name);
                    }
                    Some(_) => {}
                }
            }
            command.rest("", request);
        }
    }
    Some(command.finish())
}

/// A command that is being written.
#[derive(Default)]
struct Command {
    words: Vec<String>,
    /// Members without an option of their own, by JSON pointer.
    rest: Map<String, Value>,
}

impl Command {
    fn start(&mut self, word: &str) {
        self.words.push(word.to_owned());
    }

    fn side(&mut self, side: Option<&str>) {
        match side {
            Some("user") => self.start("--as-agent"),
            Some("contact") => self.start("--as-contact"),
            _ => {}
        }
    }

    fn option(&mut self, option: &str, value: Option<Value>) {
        let text = match value {
            None => return,
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
        };
        self.words.push(format!("{option} {}", word(&text)));
    }

    fn options(&mut self, option: &str, values: Option<Value>) {
        match values {
            Some(Value::Array(list)) => {
                for value in list {
                    self.option(option, Some(value));
                }
            }
            value => self.option(option, value),
        }
    }

    fn rest(&mut self, pointer: &str, members: Map<String, Value>) {
        for (name, value) in members {
            let name = name.replace('~', "~0").replace('/', "~1");
            self.rest.insert(format!("{pointer}/{name}"), value);
        }
    }

    fn finish(mut self) -> String {
        if !self.rest.is_empty() {
            let json = Value::Object(std::mem::take(&mut self.rest));
            self.option("--json", Some(json));
        }
        format!("acquire {}", self.words.join(" "))
    }
}
