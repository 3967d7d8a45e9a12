//! The documented answers, read from the OpenAPI document.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::LazyLock;

use acquire_io_api::OPENAPI_JSON;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// A documented answer or error: a status and a body, for a mock to answer with.
#[derive(Clone, PartialEq, Eq)]
pub struct Documented {
    operation: Option<String>,
    name: String,
    status: u16,
    json: String,
}

/// The documented answer or error of this name.
///
/// An answer has the name of its example in the OpenAPI document, for example `sendSms.response.2021-04-02`: the operation
/// and the date of the page. An error has the name of its response there: `BadRequest`, `Unauthorized`, `Forbidden`,
/// `NotFound`, `ServerError` or `Maintenance`.
///
/// ```
/// use acquire_io_mock::{documented, types};
///
/// let answer = documented("sendSms.response.2021-04-02")?;
/// assert_eq!(answer.status(), 200);
/// let sms: types::SmsResponse = answer.parse()?;
/// assert!(sms.data.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When there is no such name. The error lists all names.
pub fn documented(name: &str) -> Result<&'static Documented, UnknownName> {
    let found = all().iter().find(|answer| answer.name == name);
    found.ok_or_else(|| {
        let known = all().iter().map(|answer| answer.name.as_str());
        UnknownName::new("documented answer", name, known)
    })
}

/// The documented answers with which an operation such as `sendSms` accepts a message, the newest first.
///
/// ```
/// use acquire_io_mock::{documented_answers, types};
///
/// for answer in documented_answers("sendSms")? {
///     let sms: types::SmsResponse = answer.parse()?;
///     assert!(sms.data.is_some(), "{answer:?}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When there is no such operation. The error lists all operations.
pub fn documented_answers(operation: &str) -> Result<Vec<&'static Documented>, UnknownName> {
    let is_of_it = |answer: &&Documented| answer.operation.as_deref() == Some(operation);
    let found: Vec<_> = all().iter().filter(is_of_it).collect();
    if found.is_empty() {
        let known = all()
            .iter()
            .filter_map(|answer| answer.operation.as_deref());
        return Err(UnknownName::new("operation", operation, known));
    }
    Ok(found)
}

/// The documented errors of all operations, by status.
pub fn documented_errors() -> Vec<&'static Documented> {
    let is_error = |answer: &&Documented| answer.operation.is_none();
    all().iter().filter(is_error).collect()
}

impl Documented {
    fn new(operation: Option<String>, name: &str, status: u16, body: &RawValue) -> Self {
        // Removes the document's indentation from all lines but the first. Line breaks in strings are escaped.
        let body = body.get();
        let end = body.lines().last().unwrap_or_default();
        let indent = &end[..end.len() - end.trim_start().len()];
        Self {
            operation,
            name: name.to_owned(),
            status,
            json: body.replace(&format!("\n{indent}"), "\n"),
        }
    }

    /// Its name in the OpenAPI document.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body: every key, including null, in the documented order.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Parses the body, to change it before a mock answers with it.
    ///
    /// # Errors
    /// When the body isn't a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.json)
    }
}

/// Prints the name and the status.
impl fmt::Debug for Documented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documented")
            .field("name", &self.name)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// There is no documented answer or operation with this name. Lists the names.
#[derive(Clone, Debug)]
pub struct UnknownName(String);

impl UnknownName {
    fn new<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let mut known: Vec<_> = known.collect();
        known.dedup();
        let known = known.join(", ");
        Self(format!("no {what} is named {name:?}; there are {known}"))
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UnknownName {}

/// The answers by operation, the newest first; then the errors by status.
fn all() -> &'static [Documented] {
    static ALL: LazyLock<Vec<Documented>> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "a constant, which the tests read")]
        let document: Document = serde_json::from_str(OPENAPI_JSON).expect("it has this form");
        document.answers()
    });
    &ALL
}

/// The part of the OpenAPI document that is read.
#[derive(Deserialize)]
struct Document {
    paths: BTreeMap<String, BTreeMap<String, Operation>>,
    components: Components,
}

impl Document {
    fn answers(&self) -> Vec<Documented> {
        let (mut answers, mut errors) = (Vec::new(), BTreeMap::new());
        for operation in self.paths.values().flat_map(BTreeMap::values) {
            // Only single statuses: no page states a class such as 4XX.
            let statuses = operation.responses.iter();
            let statuses = statuses.filter_map(|(status, it)| Some((status.parse().ok()?, it)));
            for (status, response) in statuses {
                if let Some(name) = response.component.as_deref().map(last_step) {
                    let response = self.components.responses.get(name);
                    let response = response.filter(|response| response.is_stated());
                    let body = response.and_then(Response::example);
                    let error = body.map(|body| Documented::new(None, name, status, body));
                    errors.extend(error.map(|error| ((status, name), error)));
                    continue;
                }
                // In the order of names `newest` comes after every date.
                for reference in response.examples().rev() {
                    let name = last_step(&reference.target);
                    let example = self.components.examples.get(name);
                    let id = Some(operation.id.clone());
                    answers.extend(
                        example.map(|example| Documented::new(id, name, status, &example.value)),
                    );
                }
            }
        }
        answers.extend(errors.into_values());
        answers
    }
}

impl Response {
    /// Whether a page states it. The document marks what no page states.
    fn is_stated(&self) -> bool {
        !self.description.starts_with("Not stated by any page")
    }

    fn examples(&self) -> impl DoubleEndedIterator<Item = &Reference> {
        let content = self.content.iter();
        content.flat_map(|content| content.json.examples.values())
    }

    fn example(&self) -> Option<&RawValue> {
        self.content.as_ref()?.json.example.as_deref()
    }
}

fn last_step(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or(pointer)
}

#[derive(Deserialize)]
struct Operation {
    #[serde(rename = "operationId")]
    id: String,
    responses: BTreeMap<String, Response>,
}

#[derive(Deserialize)]
struct Components {
    examples: BTreeMap<String, Example>,
    responses: BTreeMap<String, Response>,
}

/// A response of an operation has named examples; a component, shared by operations, has one example.
#[derive(Deserialize)]
struct Response {
    #[serde(rename = "$ref")]
    component: Option<String>,
    #[serde(default)]
    description: String,
    content: Option<Content>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(rename = "application/json")]
    json: Media,
}

#[derive(Deserialize)]
struct Media {
    #[serde(default)]
    examples: BTreeMap<String, Reference>,
    example: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "$ref")]
    target: String,
}

#[derive(Deserialize)]
struct Example {
    value: Box<RawValue>,
}
