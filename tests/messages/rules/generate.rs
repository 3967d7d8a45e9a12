//! Messages at random: of all three channels, with unusual values, most of which pass the rules.

use acquire_io::{CaseId, Chat, ContactId, Mail, Message, RawJson, Sms, TimelineId};
use acquire_io_sandbox::{Case, Contact, Inbox, Seed};
use fastrand::Rng;

use Value::{Free, Object, Text};

/// A message for the account of [`seed`].
pub(crate) struct Generated {
    pub(crate) message: Message,
    /// Whether `json` adds a key that the document doesn't declare, or `without` takes one that it requires.
    pub(crate) needs_relaxed: bool,
    /// What is sent as `cc` or `bcc` otherwise, and is left out.
    pub(crate) left_out: Vec<&'static str>,
}

const GREAT: i64 = i64::MAX;

/// Case, contact, timeline.
const CASES: [(i64, i64, i64); 3] = [(2219, 751_069, 2108), (1, GREAT, GREAT), (GREAT, GREAT, 1)];

/// Cases that take e-mail, and their contacts.
const MAIL_CASES: [(i64, i64); 3] = [(575, 597_632), (2, GREAT), (GREAT - 1, GREAT)];

const NUMBERS: [&str; 4] = ["+12513188609", "12513188609", "+1234567", "999999999999999"];

const ADDRESSES: [&str; 9] = [
    "user@acquire.io",
    "USER@ACQUIRE.IO",
    "o'neil+a.b@Mail.example.co.uk",
    "!#$%&'*+-/=?^_`{|}~@example.com",
    "\"a b@c\"@example.com",
    "a@xn--mnchen-3ya.example",
    "a@localhost",
    "a@[127.0.0.1]",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com",
];

const LANGUAGES: [&str; 6] = ["en", "EN", "pt-BR", "zh-Hant-TW", "de-1996", "x-own"];

/// The documented account, with the greatest IDs, and numbers and inboxes of unusual form.
pub(crate) fn seed() -> std::io::Result<Seed> {
    let mut seed = Seed::documented()?;
    seed.contacts.push(Contact {
        id: GREAT,
        name: None,
    });
    let case = |id, channel: &str, timeline| Case {
        id,
        contact: GREAT,
        channel: channel.to_owned(),
        status: "active".to_owned(),
        thread: None,
        timeline,
        title: String::new(),
    };
    seed.cases.push(case(1, "chat", Some(GREAT)));
    seed.cases.push(case(GREAT, "sms", Some(1)));
    seed.cases.push(case(2, "mail", None));
    seed.cases.push(case(GREAT - 1, "email", None));
    seed.phone_numbers
        .extend(NUMBERS.into_iter().map(str::to_owned));
    let inboxes = ADDRESSES.into_iter().zip(100..);
    seed.inboxes.extend(inboxes.map(|(address, id)| Inbox {
        id,
        address: address.to_owned(),
        name: String::new(),
    }));
    Ok(seed)
}

/// The same for the same number.
pub(crate) fn generate(number: u64) -> Generated {
    let mut random = Random(Rng::with_seed(number));
    match number % 3 {
        0 => random.chat(),
        1 => random.mail(),
        _ => random.sms(),
    }
}

struct Random(Rng);

/// A JSON pointer, a value for it, and whether the document declares the place.
type Addition = (&'static str, Value, bool);

/// JSON that is given, or is made at random.
enum Value {
    Text(&'static str),
    Object,
    Free,
}

impl Random {
    fn seldom(&mut self) -> bool {
        self.0.u8(..8) == 0
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.usize(..of.len())]
    }

    /// One of a few for most, anything in some places.
    fn character(&mut self, lines: bool) -> char {
        match self.0.u8(..40) {
            0 if lines => '\n',
            1 if lines => self.0.char('\u{1}'..='\u{9f}'),
            2 => self.0.char('\u{a0}'..='\u{2027}'),
            3 => self.0.char('\u{202a}'..='\u{ffff}'),
            4 => self.0.char('\u{10000}'..='\u{10ffff}'),
            5 => self.one(&['"', '\\', '/', '<', '&', '%', '\u{7e}', '\u{ad}']),
            6 if self.0.u8(..20) == 0 => self.0.char('\0'..='\u{2029}'),
            _ => self.0.char(' '..='~'),
        }
    }

    fn text(&mut self, lines: bool) -> String {
        let length = match self.seldom() {
            true => self.0.usize(..3_000),
            false => self.0.usize(1..30),
        };
        (0..length).map(|_| self.character(lines)).collect()
    }

    fn line(&mut self) -> String {
        self.text(false).chars().take(100).collect()
    }

    fn address(&mut self) -> String {
        match self.0.u8(..60) {
            0 => self.line(),
            1..30 => {
                let local = self.0.u32(..);
                format!("{local:x}.{}@{}.example", self.0.u8(..), self.0.u16(..))
            }
            _ => self.one(&ADDRESSES).to_owned(),
        }
    }

    fn addresses(&mut self, least: usize) -> Vec<String> {
        let count = self.0.usize(least..4);
        (0..count).map(|_| self.address()).collect()
    }

    fn phone_number(&mut self) -> String {
        match self.seldom() {
            true => self.0.u64(..).to_string(),
            false => format!(
                "{}{}",
                self.one(&["", "+"]),
                self.0.u64(1_000_000..=999_999_999_999_999)
            ),
        }
    }

    /// JSON of free form, with numbers that no type of Rust's holds.
    fn free(&mut self, depth: usize) -> String {
        let kind = self.0.u8(..if depth > 4 { 4 } else { 6 });
        match kind {
            0 => self.one(&["null", "true", "false", "{}", "[ ]"]).to_owned(),
            1 => {
                let numbers = [
                    "0",
                    "-0",
                    "19.90",
                    "1e999",
                    "-1e999",
                    "1E-999",
                    "18446744073709551616",
                    "123456789012345678901234567890.5",
                ];
                self.one(&numbers).to_owned()
            }
            2 => self
                .one(&[r#""\u0000\ud83d\ude00\/""#, r#""""#, r#""é""#])
                .to_owned(),
            3 => serde_json::Value::from(self.line()).to_string(),
            4 => self.object(depth),
            _ => {
                let count = self.0.usize(..4);
                let items: Vec<_> = (0..count).map(|_| self.free(depth + 1)).collect();
                format!("[{}]", items.join(" , "))
            }
        }
    }

    fn object(&mut self, depth: usize) -> String {
        let count = self.0.usize(..4);
        let members: Vec<_> = (0..count)
            .map(|_| {
                // Seldom the same twice.
                let key = self.0.u8(..100);
                let name = self.one(&["", "k", "\\u0000", "caseId/~", "é "]);
                format!(r#""{name}{key}": {}"#, self.free(depth + 1))
            })
            .collect();
        format!("{{ {} }}", members.join(","))
    }

    fn raw(&mut self) -> RawJson {
        let text = self.free(0);
        serde_json::from_str(&text).expect("JSON")
    }

    /// Some of the additions, and whether one is of a place that the document doesn't declare.
    fn additions(&mut self, of: &[Addition]) -> (Vec<(&'static str, RawJson)>, bool) {
        let mut chosen = Vec::new();
        let mut is_unknown = false;
        while chosen.len() < 3 && self.0.u8(..3) == 0 {
            let (pointer, value, is_declared) = &of[self.0.usize(..of.len())];
            is_unknown |= !is_declared;
            let value = match value {
                Text(json) => (*json).to_owned(),
                Object => self.object(0),
                Free => self.free(0),
            };
            let value = serde_json::from_str(&value).expect("JSON");
            chosen.push((*pointer, value));
        }
        (chosen, is_unknown)
    }

    fn chat(&mut self) -> Generated {
        let (case, contact, _) = self.one(&CASES);
        let mut chat = Chat::new(CaseId(case));
        let text = self.text(true);
        chat = match self.0.u8(..3) {
            0 => chat.text(text),
            1 => chat.note(text),
            _ => chat.event(text),
        };
        chat = match self.0.u8(..3) {
            0 => chat.as_agent(),
            1 => chat.as_contact(),
            _ => chat,
        };
        if self.0.bool() {
            chat = chat.contact(ContactId(contact));
        }
        if self.0.bool() {
            chat = chat.translate_lang_key(self.one(&LANGUAGES));
        }
        if self.0.bool() {
            chat = chat.message_channel(self.line());
        }
        if self.0.bool() {
            let users = [self.line(), "00".to_owned(), "00".to_owned()];
            chat = chat.mention(users);
        }
        if self.0.bool() {
            let meta = self.object(0);
            chat = chat.meta(serde_json::from_str::<RawJson>(&meta).expect("JSON"));
        }
        if self.0.bool() {
            chat = chat.delay(self.one(&[0, -1, 1000, i64::MIN, i64::MAX]));
        }
        let (additions, needs_relaxed) = self.additions(&[
            ("/channel", Text(r#""""#), true),
            ("/delay", Text("-5"), true),
            ("/meta", Object, true),
            ("/meta/a~1~0b", Free, true),
            ("/mentionUsers", Text(r#"["", "\n"]"#), true),
            ("/message/message", Text(r#""\u0000""#), true),
            ("/message/translateLangKey", Text(r#""""#), true),
            ("/priority", Free, false),
            ("/message/priority", Free, false),
            ("/", Free, false),
        ]);
        for (pointer, value) in additions {
            chat = chat.json(pointer, value);
        }
        Generated {
            message: chat.into(),
            needs_relaxed,
            left_out: Vec::new(),
        }
    }

    fn mail(&mut self) -> Generated {
        let (case, contact) = self.one(&MAIL_CASES);
        let mut mail = Mail::new(CaseId(case), ContactId(contact))
            .from(self.one(&ADDRESSES))
            .to(self.addresses(1))
            .html(self.text(true));
        mail = match self.seldom() {
            true => mail.subject(""),
            false => mail.subject(self.line()),
        };
        let mut left_out = Vec::new();
        match self.0.u8(..4) {
            0 => mail = mail.cc(self.addresses(0)),
            1 => left_out.push("cc"),
            _ => {}
        }
        match self.0.u8(..4) {
            0 => mail = mail.bcc(self.addresses(0)),
            1 => left_out.push("bcc"),
            _ => {}
        }
        if self.0.bool() {
            mail = mail.text(self.text(true));
        }
        match self.0.u8(..3) {
            0 => mail = mail.attachment(self.raw()).attachment([1, 2]),
            1 => mail = mail.without("attachments"),
            _ => {}
        }
        let (additions, adds_unknown) = self.additions(&[
            ("/data/subject", Text(r#""a\r\nb""#), true),
            ("/data/htmlBody", Text(r#""""#), true),
            ("/data/textBody", Text(r#""""#), true),
            ("/data/to", Text(r#"["ann@münchen.example", ""]"#), true),
            ("/data/attachments", Text(r#"[null, 1e999]"#), true),
            ("/data/replyTo", Free, false),
            ("/priority", Free, false),
        ]);
        for (pointer, value) in additions {
            mail = mail.json(pointer, value);
        }
        Generated {
            message: mail.without(left_out.clone()).into(),
            needs_relaxed: adds_unknown || !left_out.is_empty(),
            left_out,
        }
    }

    fn sms(&mut self) -> Generated {
        let (case, contact, timeline) = self.one(&CASES);
        let mut sms = Sms::new(CaseId(case), ContactId(contact), TimelineId(timeline))
            .from(self.one(&NUMBERS))
            .to(self.phone_number())
            .text(self.text(true));
        sms = match self.0.u8(..3) {
            0 => sms.as_agent(),
            1 => sms.as_contact(),
            _ => sms,
        };
        if self.0.bool() {
            sms = sms.title(self.line());
        }
        match self.0.u8(..3) {
            0 => sms = sms.message_type(self.line()).closed(self.0.bool()),
            1 => sms = sms.without(["msgType", "isClosed"]),
            _ => {}
        }
        match self.0.u8(..3) {
            0 => sms = sms.multi_channel(self.0.bool()),
            1 => sms = sms.without("isMultiChannel"),
            _ => {}
        }
        for name in ["id", "markValue", "message", "sms"] {
            if self.seldom() {
                sms = sms.without(name);
            }
        }
        let (additions, needs_relaxed) = self.additions(&[
            ("/To", Text(r#""911""#), true),
            ("/Body", Text(r#""""#), true),
            ("/title", Text(r#""a\nb""#), true),
            ("/isClosed", Text("true"), true),
            ("/a~1~0b", Free, false),
            ("/priority", Free, false),
        ]);
        for (pointer, value) in additions {
            sms = sms.json(pointer, value);
        }
        Generated {
            message: sms.into(),
            needs_relaxed,
            left_out: Vec::new(),
        }
    }
}
