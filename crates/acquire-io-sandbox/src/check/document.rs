//! The parts of the document that a server needs.

use std::collections::BTreeMap;
use std::io;

use acquire_io_api::OPENAPI_JSON;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::{Schema, convert};
use crate::refusal::Refusal;

/// An operation, by its `operationId` in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Operation {
    /// A chat message, a note or an event.
    SendChatMessage,
    /// An e-mail.
    SendMailMessage,
    /// An SMS.
    SendSms,
}

impl Operation {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::SendChatMessage, Self::SendMailMessage, Self::SendSms];

    /// The `operationId`, for example `sendSms`.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::SendChatMessage => "sendChatMessage",
            Self::SendMailMessage => "sendMailMessage",
            Self::SendSms => "sendSms",
        }
    }
}

/// What the document says about one operation.
pub(crate) struct Endpoint {
    pub(crate) operation: Operation,
    path: String,
    method: Method,
    pub(super) parameters: BTreeMap<String, Schema>,
    pub(super) body: Schema,
    /// The documented answers with status 200 and the names of their examples, the newest first.
    answers: Vec<(String, Value)>,
    /// The index of the one to fill.
    shape: usize,
}

/// The operations of the document.
pub(crate) struct Document {
    endpoints: Vec<Endpoint>,
    strict: bool,
}

impl Document {
    /// Reads the document of the crate `acquire-io-api`. An error means that the document is wrong.
    pub(crate) fn read(strict: bool) -> io::Result<Self> {
        let document: Value = serde_json::from_str(OPENAPI_JSON)?;
        let mut components = serde_json::json!({"schemas": document["components"]["schemas"]});
        convert(&mut components, strict);
        if !strict {
            relax(&mut components["schemas"]["NewMailMessage"]["required"]);
        }
        let reader = Reader {
            document: &document,
            components: &components,
            strict,
        };
        let endpoints = Operation::ALL.map(|operation| reader.endpoint(operation));
        Ok(Self {
            endpoints: endpoints.into_iter().collect::<io::Result<_>>()?,
            strict,
        })
    }

    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Whether keys and parameters that the document doesn't declare are refused.
    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    /// Selects the answer of this name, for one operation or for all that have it.
    pub(crate) fn use_shape(&mut self, name: &str, of: Option<Operation>) -> io::Result<()> {
        let (mut is_known, mut known) = (false, Vec::new());
        for endpoint in &mut self.endpoints {
            if of.is_some_and(|operation| operation != endpoint.operation) {
                continue;
            }
            if let Some(shape) = endpoint.answers.iter().position(|(it, _)| it == name) {
                endpoint.shape = shape;
                is_known = true;
            }
            known.extend(endpoint.shapes());
        }
        let message = match of {
            _ if is_known => return Ok(()),
            Some(operation) => {
                let known = known.join(", ");
                format!("{} has the answers {known} only", operation.id())
            }
            None => format!("no operation has an answer {name}"),
        };
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    }

    /// The operation at a path.
    pub(crate) fn at(&self, path: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.path == path)
    }
}

impl Endpoint {
    pub(crate) fn check_method(&self, method: &Method) -> Result<(), Refusal> {
        if *method == self.method {
            return Ok(());
        }
        Err(Refusal::wrong_method(self.method.clone()))
    }

    /// The documented answer to fill.
    pub(crate) fn template(&self) -> &Value {
        &self.answers[self.shape].1
    }

    /// The name of the documented answer to fill.
    pub(crate) fn shape(&self) -> &str {
        &self.answers[self.shape].0
    }

    /// The names of all documented answers, the newest first.
    pub(crate) fn shapes(&self) -> Vec<&str> {
        self.answers.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// Requires of an e-mail only what the page of 2021-04-02 does. The newest page, and so the document, requires more.
fn relax(required: &mut Value) {
    const OPTIONAL_BEFORE: [&str; 4] = ["cc", "bcc", "subject", "htmlBody"];
    if let Some(required) = required.as_array_mut() {
        required.retain(|name| !OPTIONAL_BEFORE.iter().any(|optional| name == optional));
    }
}

struct Reader<'a> {
    document: &'a Value,
    components: &'a Value,
    strict: bool,
}

impl Reader<'_> {
    fn endpoint(&self, operation: Operation) -> io::Result<Endpoint> {
        let missing = |what: &str| {
            io::Error::other(format!("the document has no {what} for {}", operation.id()))
        };
        let (path, method, item) = self.find(operation).ok_or_else(|| missing("operation"))?;
        let mut parameters = BTreeMap::new();
        for parameter in item["parameters"].as_array().into_iter().flatten() {
            let parameter = self.resolve(parameter);
            let name = parameter["name"].as_str().ok_or_else(|| missing("name"))?;
            parameters.insert(name.to_owned(), self.schema(&parameter["schema"])?);
        }
        let body = &item["requestBody"]["content"]["application/json"]["schema"];
        let examples = &item["responses"]["200"]["content"]["application/json"]["examples"];
        let mut answers = Vec::new();
        for (name, example) in examples.as_object().into_iter().flatten() {
            answers.push((name.clone(), self.resolve(example)["value"].clone()));
        }
        if answers.is_empty() {
            return Err(missing("answer"));
        }
        // Newest first: the name `newest` sorts after every date.
        answers.sort_by(|(a, _), (b, _)| b.cmp(a));
        Ok(Endpoint {
            operation,
            path,
            method: method.parse().map_err(io::Error::other)?,
            parameters,
            body: self.schema(body)?,
            answers,
            shape: 0,
        })
    }

    fn find(&self, operation: Operation) -> Option<(String, String, &Value)> {
        let paths = self.document["paths"].as_object()?;
        paths.iter().find_map(|(path, methods)| {
            let (method, item) = methods
                .as_object()?
                .iter()
                .find(|(_, item)| item["operationId"] == operation.id())?;
            Some((path.clone(), method.to_uppercase(), item))
        })
    }

    fn schema(&self, schema: &Value) -> io::Result<Schema> {
        let mut schema = schema.clone();
        convert(&mut schema, self.strict);
        Schema::new(&schema, self.components)
    }

    fn resolve<'v>(&'v self, value: &'v Value) -> &'v Value {
        let target = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
        target
            .and_then(|pointer| self.document.pointer(pointer))
            .unwrap_or(value)
    }
}
