//! The documented answers, each changed at every one of its places: the message is accepted all the same, as long as the
//! answer is an object, and the answer is typed as far as it can be.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use acquire_io::{CaseId, Chat, Client, ContactId, Delivery, Error, Mail, Sent, Sms, TimelineId};
use acquire_io_tests::fault::{Answer, Part, Request, Script, Server, Step, Transport};
use acquire_io_tests::{Result, documents};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CONCURRENCY: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Removed,
    Null,
    Boolean,
    Number,
    Text,
    Array,
    Object,
    /// A key that no page knows, added to an object.
    UnknownKey,
}

impl Change {
    const VALUES: [Self; 6] = [
        Self::Null,
        Self::Boolean,
        Self::Number,
        Self::Text,
        Self::Array,
        Self::Object,
    ];

    /// Whether a client should hardly notice: the answer has less, or more.
    fn is_harmless(self) -> bool {
        matches!(self, Self::Removed | Self::Null | Self::UnknownKey)
    }

    fn value(self) -> Value {
        match self {
            Self::Removed | Self::Null => Value::Null,
            Self::Boolean => json!(true),
            Self::Number => json!(7),
            Self::Text => json!("text"),
            Self::Array => json!(["text"]),
            Self::Object | Self::UnknownKey => json!({"unknown": 7}),
        }
    }
}

/// One change of one answer. The place is a JSON pointer.
struct Mutant {
    place: String,
    change: Change,
}

impl Mutant {
    /// The answer with the change. None for a place that it doesn't have.
    fn of(&self, answer: &Value) -> Option<Value> {
        let mut mutant = answer.clone();
        let Some((parent, key)) = self.place.rsplit_once('/') else {
            return Some(self.change.value());
        };
        let key = key.replace("~1", "/").replace("~0", "~");
        match (mutant.pointer_mut(parent)?, self.change) {
            (Value::Object(object), Change::Removed) => object.remove(&key).map(drop)?,
            (Value::Object(object), change) => drop(object.insert(key, change.value())),
            (Value::Array(items), Change::Removed) => drop(items.remove(key.parse().ok()?)),
            (Value::Array(items), change) => {
                *items.get_mut(key.parse::<usize>().ok()?)? = change.value();
            }
            _ => return None,
        }
        Some(mutant)
    }
}

fn mutants(answer: &Value) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    add_mutants("", answer, &mut mutants);
    // No documented answer has the key, which answers share with refusals.
    add_values("/error", None, &mut mutants);
    mutants
}

fn add_mutants(place: &str, value: &Value, mutants: &mut Vec<Mutant>) {
    if !place.is_empty() {
        mutants.push(Mutant {
            place: place.to_owned(),
            change: Change::Removed,
        });
    }
    add_values(place, Some(value), mutants);
    match value {
        Value::Object(members) => {
            mutants.push(Mutant {
                place: format!("{place}/unknown"),
                change: Change::UnknownKey,
            });
            for (key, value) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                add_mutants(&format!("{place}/{key}"), value, mutants);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                add_mutants(&format!("{place}/{index}"), value, mutants);
            }
        }
        _ => {}
    }
}

/// A value of each type but the one that is there.
fn add_values(place: &str, present: Option<&Value>, mutants: &mut Vec<Mutant>) {
    for change in Change::VALUES {
        let same_type = |present: &Value| {
            std::mem::discriminant(present) == std::mem::discriminant(&change.value())
        };
        if !present.is_some_and(same_type) {
            mutants.push(Mutant {
                place: place.to_owned(),
                change,
            });
        }
    }
}

/// How many mutants there must be, counted in the text of the answer: of each value below the root six (it is removed,
/// or has one of five other types), of the root five, of each object one, and six of `error`.
fn expected(text: &str) -> usize {
    let (mut objects, mut commas, mut filled) = (0, 0, 0);
    let mut characters = text.chars().filter(|c| !c.is_whitespace()).peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' => while !matches!(characters.next(), None | Some('"')) {},
            ',' => commas += 1,
            '{' | '[' => {
                objects += usize::from(c == '{');
                filled += usize::from(!matches!(characters.peek(), Some('}' | ']')));
            }
            _ => {}
        }
    }
    let values = commas + filled;
    6 * values + 5 + objects + 6
}

/// Sends a message, and returns whether its answer can be read as its type. None when it was not accepted, which is right
/// only for an answer that is no object.
async fn is_typed(acquire: &Client, operation: &str, mutant: usize) -> Result<Option<bool>> {
    let typed = match operation {
        "sendChatMessage" => {
            let chat = Chat::new(CaseId(2069)).text("hi");
            let outcome = acquire.send(chat.json("/mutant", mutant)).await;
            accepted(outcome)?.map(|sent| sent.chat().is_ok())
        }
        "sendMailMessage" => {
            let mail = Mail::new(CaseId(90), ContactId(7)).from("a@acquire.io");
            let mail = mail.to("b@example.com").subject("test").html("hi");
            let outcome = acquire.send(mail.json("/mutant", mutant)).await;
            accepted(outcome)?.map(|sent| sent.mail().is_ok())
        }
        "sendSms" => {
            let sms = Sms::new(CaseId(2219), ContactId(751_069), TimelineId(2108));
            let sms = sms.from("+12513188609").to("+919666929552").text("hi");
            let outcome = acquire.send(sms.json("/mutant", mutant)).await;
            accepted(outcome)?.map(|sent| sent.sms().is_ok())
        }
        _ => return Err(format!("{operation} is not tested").into()),
    };
    Ok(typed)
}

fn accepted(outcome: std::result::Result<Sent, Error>) -> Result<Option<Sent>> {
    match outcome {
        Ok(sent) => Ok(Some(sent)),
        Err(error) if error.delivery() == Delivery::Unknown && error.status().is_some() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The answer that a request asks for by the number of a mutant.
fn answer(request: &Request, answer: &Value, mutants: &[Mutant]) -> Option<Answer> {
    let request: Value = serde_json::from_slice(&request.body).ok()?;
    let number = usize::try_from(request.get("mutant")?.as_u64()?).ok()?;
    let mutant = mutants.get(number)?.of(answer)?;
    Some(Answer::json(200, mutant.to_string()))
}

/// Whether each mutant was typed, in order.
async fn send_all(name: &str, document: Value, mutants: Arc<[Mutant]>) -> Result<Vec<bool>> {
    let operation: Arc<str> = name.split('.').next().ok_or("no operation")?.into();
    let count = mutants.len();
    let served = Arc::clone(&mutants);
    let answer = Step::choose(move |request| match answer(request, &document, &served) {
        Some(answer) => vec![Step::Send(Part::Whole, answer)],
        // The call fails.
        None => vec![Step::Close],
    });
    let script = Script::new([Step::Message, answer]).repeated();
    let server = Server::start(Transport::Http1, [script])?;
    let acquire = server.client()?.build()?;
    let mut workers = JoinSet::new();
    for worker in 0..CONCURRENCY {
        let (acquire, operation) = (acquire.clone(), Arc::clone(&operation));
        let mutants = Arc::clone(&mutants);
        workers.spawn(async move {
            let mut typed = Vec::new();
            for number in (worker..count).step_by(CONCURRENCY) {
                let result = is_typed(&acquire, &operation, number).await;
                let Mutant { place, change } = &mutants[number];
                let result = result.map_err(|error| format!("{place} {change:?}: {error}"))?;
                let is_no_object = place.is_empty() && *change != Change::UnknownKey;
                assert_eq!(result.is_none(), is_no_object, "{place} {change:?}");
                typed.push((number, result.unwrap_or_default()));
            }
            Result::Ok(typed)
        });
    }
    let mut all = BTreeMap::new();
    while let Some(typed) = workers.join_next().await {
        all.extend(typed??);
    }
    assert_eq!(all.len(), count, "{name}");
    Ok(all.into_values().collect())
}

/// A place without the numbers of items: one line for all items.
fn generalised(place: &str) -> String {
    let parts = place.split('/');
    let parts: Vec<_> = parts
        .map(|part| match part.parse::<usize>() {
            Ok(_) => "*",
            Err(_) => part,
        })
        .collect();
    parts.join("/")
}

/// How many mutants of each change were typed, of how many; and the places where a harmless change is none. Those are
/// the IDs of what has one, the items of lists, which are not null, and the root.
fn report(name: &str, mutants: &[Mutant], typed: &[bool]) -> Result<String> {
    let mut counts: BTreeMap<Change, (usize, usize)> = BTreeMap::new();
    let mut lost: BTreeMap<String, BTreeSet<Change>> = BTreeMap::new();
    for (Mutant { place, change }, typed) in mutants.iter().zip(typed) {
        let (of_change, all) = counts.entry(*change).or_default();
        *of_change += usize::from(*typed);
        *all += 1;
        if !typed && change.is_harmless() {
            let place = generalised(place);
            let is_null_item =
                (place.is_empty() || place.ends_with("/*")) && *change == Change::Null;
            assert!(
                is_null_item || place.ends_with("/id"),
                "{name}: {place} {change:?}"
            );
            lost.entry(place).or_default().insert(*change);
        }
    }
    let mut report = format!(
        "{name}, {} mutants, all accepted but 5 that are no object\n",
        mutants.len()
    );
    for (change, (typed, all)) in counts {
        let change = format!("{change:?}");
        writeln!(report, "  {change:<10} {typed:>4} of {all:>4} typed")?;
    }
    for (place, changes) in lost {
        writeln!(report, "  not typed: {place:?} {changes:?}")?;
    }
    Ok(report)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_of_every_documented_answer_is_accepted() -> Result {
    let mut table = String::new();
    for name in documents::responses()? {
        let document = documents::json(&name)?;
        // One change makes no refusal, which takes two: it has an `error` and lacks `data`.
        assert!(
            document.get("data").is_some() && document.get("error").is_none(),
            "{name}"
        );
        let mutants: Arc<[Mutant]> = mutants(&document).into();
        assert_eq!(mutants.len(), expected(&documents::text(&name)?), "{name}");
        let typed = send_all(&name, document, Arc::clone(&mutants)).await?;
        table += &report(&name, &mutants, &typed)?;
    }
    insta::assert_snapshot!("table", table);
    Ok(())
}
