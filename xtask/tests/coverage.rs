//! The document and the documentation say the same, and each kind of gap is found and named.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use xtask::coverage::pages::Pages;
use xtask::coverage::{self, Report, compare};
use xtask::root;

#[test]
fn the_document_has_no_gap() {
    let report = coverage::of_project(&root()).unwrap();
    assert!(
        report.is_complete() && report.described_keys > 0,
        "{report}"
    );
}

#[test]
fn a_complete_document_has_no_gap() {
    let report = report(|_| ());
    assert!(report.is_complete(), "{report}");
    assert_eq!((report.described_keys, report.free_keys), (7, 4));
}

#[test]
fn keys_that_no_schema_describes_are_named() {
    let cases: [(&str, Value, &str); 5] = [
        (
            "/components/examples/a.request/value/list/0",
            json!({"id": 1, "b": 2}),
            "a.request: $.list[0].b",
        ),
        (
            "/components/examples/a.response/value",
            json!({"id": 1, "c": 2}),
            "a.response: $.c",
        ),
        (
            "/components/examples/other",
            json!({"value": 1}),
            "/components/examples/other belongs to no operation",
        ),
        (
            "/components/parameters/User/name",
            json!("y"),
            "Page: query x (not /components/parameters/User of a)",
        ),
        (
            "/paths/~1a/post/operationId",
            json!("b"),
            "Page: header Authorization (not /components/securitySchemes/key of a)",
        ),
    ];
    for (at, value, expected) in cases {
        let report = report(|document| insert(document, at, value));
        assert!(
            report.undescribed.contains(expected),
            "{expected}: {report}"
        );
        assert!(!report.is_complete());
    }
}

#[test]
fn what_no_page_shows_is_named() {
    let string = json!({"type": "string"});
    let cases = [
        (
            "/components/schemas/Item/properties/more",
            string.clone(),
            "/components/schemas/Item/properties/more",
        ),
        (
            "/components/schemas/Request/properties/lost",
            json!({"type": "object", "properties": {"p": string}}),
            "/components/schemas/Request/properties/lost",
        ),
        (
            "/components/parameters/Second",
            json!({"name": "z", "in": "query", "schema": string}),
            "/components/parameters/Second",
        ),
    ];
    for (at, value, expected) in cases {
        let report = report(|document| {
            insert(document, at, value);
            document["paths"]["/a"]["post"]["parameters"] = document["components"]["parameters"]
                .as_object()
                .unwrap()
                .keys()
                .map(|name| json!({"$ref": format!("#/components/parameters/{name}")}))
                .collect();
        });
        assert_eq!(report.unshown.iter().collect::<Vec<_>>(), [expected]);
        assert!(!report.is_complete());
    }
}

#[test]
fn an_object_that_no_example_reaches_is_named() {
    let report = report(|document| {
        insert(
            document,
            "/components/examples/a.request/value",
            json!({"list": [], "meta": {}}),
        )
    });
    // Although a row shows one of its properties.
    assert_eq!(
        report.unshown.iter().collect::<Vec<_>>(),
        ["/components/schemas/Item"]
    );
}

#[test]
fn values_that_contradict_their_schema_are_named() {
    let request = "/components/examples/a.request/value";
    let cases = [
        (json!({"list": {}}), "a.request: $.list: object, not array"),
        (
            json!({"list": [{"id": "1"}]}),
            "a.request: $.list[0].id: string, not integer",
        ),
        (
            json!({"list": [{"id": 1.5}]}),
            "a.request: $.list[0].id: number, not integer",
        ),
        (
            json!({"list": [null]}),
            "a.request: $.list[0]: null, not object",
        ),
        (
            json!({"list": [{}]}),
            "a.request: $.list[0]: without \"id\", which is required",
        ),
        (
            json!({"kind": "c"}),
            "a.request: $.kind: \"c\", not one of [\"a\",\"b\"]",
        ),
    ];
    for (value, expected) in cases {
        let report = report(|document| insert(document, request, value));
        assert_eq!(report.contradictions.iter().collect::<Vec<_>>(), [expected]);
        assert!(!report.is_complete());
    }
    let report = report(|document| {
        insert(
            document,
            "/components/parameters/User/schema/type",
            json!("integer"),
        )
    });
    let expected = "Page: query x is of type string, /components/parameters/User is not";
    assert_eq!(report.contradictions.iter().collect::<Vec<_>>(), [expected]);
}

#[test]
fn what_no_page_states_is_named_unless_it_is_marked() {
    const MARKED: &str = "Not stated by any page: a guess.";
    let request = "/components/schemas/Request";
    let cases = [
        // A property of the request without a row of a table.
        (
            format!("{request}/properties/extra"),
            json!({"type": "string"}),
            format!("{request}/properties/extra"),
        ),
        (
            format!("{request}/properties/meta"),
            json!({"type": "object", "additionalProperties": false}),
            format!("{request}/properties/meta/additionalProperties"),
        ),
        (
            format!("{request}/properties/kind"),
            json!({"type": "string", "enum": ["a"], "minLength": 1}),
            format!("{request}/properties/kind/minLength"),
        ),
        // A type in an answer that no example shows.
        (
            "/components/schemas/Response/allOf/1/properties/nothing".to_owned(),
            json!({"type": "string", "nullable": true}),
            "/components/schemas/Response/allOf/1/properties/nothing".to_owned(),
        ),
        (
            "/components/parameters/Old".to_owned(),
            json!({"name": "y", "in": "query"}),
            "/components/parameters/Old".to_owned(),
        ),
        (
            "/components/responses/Other".to_owned(),
            json!({}),
            "/components/responses/Other".to_owned(),
        ),
    ];
    for (at, mut value, expected) in cases {
        let unmarked = report(|document| insert(document, &at, value.clone()));
        let unstated: Vec<_> = unmarked.unstated.iter().collect();
        assert_eq!(unstated, [&expected], "{unmarked}");
        assert!(!unmarked.is_complete());

        value["description"] = MARKED.into();
        let marked = report(|document| insert(document, &at, value));
        assert!(marked.unstated.is_empty(), "{marked}");
    }
}

#[test]
fn what_is_required_needs_a_star_or_a_sentence() {
    let require = |name: &'static str| {
        report(|document| document["components"]["schemas"]["Request"]["required"] = json!([name]))
    };
    assert!(require("kind").is_complete());
    let gaps = require("meta").unstated;
    assert_eq!(
        gaps.iter().collect::<Vec<_>>(),
        ["/components/schemas/Request/required: meta"]
    );
}

#[test]
fn a_sentence_supports_a_place_that_exists() {
    let statement = |at: &str| json!([{"page": "Page", "text": "So it is.", "supports": [at]}]);
    let mut document = document();
    document["components"]["responses"] = json!({"Other": {}});
    let supported = statement("/components/responses/Other");
    let compare = |statements: &Value| compare(&document, &pages(statements));
    assert!(compare(&supported).is_complete());
    let gaps = compare(&statement("/components/responses/Gone")).unstated;
    assert!(
        gaps.contains("Page, \"So it is.\": there is no /components/responses/Gone"),
        "{gaps:?}"
    );
}

fn report(change: impl FnOnce(&mut Value)) -> Report {
    let mut document = document();
    change(&mut document);
    compare(&document, &pages(&json!([])))
}

fn insert(document: &mut Value, at: &str, value: Value) {
    let (parent, key) = at.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        other => other[key] = value,
    }
}

fn document() -> Value {
    let body = |name: &str| {
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        let examples =
            json!({"one": {"$ref": format!("#/components/examples/a.{}", name.to_lowercase())}});
        json!({"content": {"application/json": {"schema": schema, "examples": examples}}})
    };
    json!({
        "paths": {"/a": {"post": {
            "operationId": "a",
            "parameters": [{"$ref": "#/components/parameters/User"}],
            "requestBody": body("Request"),
            "responses": {"200": body("Response"), "400": {}}
        }}},
        "components": {
            "securitySchemes": {"key": {"type": "http"}},
            "responses": {},
            "parameters": {"User": {"name": "x", "in": "query", "schema": {"type": "string"}}},
            "examples": {
                "a.request": {"value": {
                    "list": [{"id": 1, "any": {"k": [{"l": 1}]}}],
                    "meta": {"m": {"n": 1}},
                    "kind": "a"
                }},
                "a.response": {"value": {"id": 1, "nothing": null}}
            },
            "schemas": {
                "Request": {"type": "object", "properties": {
                    "list": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
                    "meta": {"type": "object", "additionalProperties": true},
                    "kind": {"type": "string", "enum": ["a", "b"]}
                }},
                "Item": {"type": "object", "required": ["id"], "properties": {
                    "id": {"type": "integer"},
                    "any": {"description": "Not stated by any page: takes anything."}
                }},
                "Response": {"allOf": [
                    {"type": "object", "properties": {"id": {"type": "integer"}}},
                    {"type": "object", "properties": {"nothing": {
                        "type": "string", "nullable": true, "description": "Not stated by any page: a text."
                    }}}
                ]}
            }
        }
    })
}

/// Sentences, and a row for each field and parameter of the request.
fn pages(statements: &Value) -> Pages {
    let row = |place: &str, name: &str, ty: &str, at: &str| json!({"page": "Page", "operationId": "a", "place": place, "name": name, "type": ty, "required": (name == "id" || name == "kind"), "describedAt": at});
    let rows = json!([
        row("query", "x", "string", "/components/parameters/User"),
        row(
            "header",
            "Authorization",
            "string",
            "/components/securitySchemes/key"
        ),
        row(
            "body",
            "id",
            "integer",
            "/components/schemas/Item/properties/id"
        ),
        row(
            "body",
            "kind",
            "string",
            "/components/schemas/Request/properties/kind"
        ),
        row(
            "body",
            "list",
            "array",
            "/components/schemas/Request/properties/list"
        ),
        row(
            "body",
            "meta",
            "object",
            "/components/schemas/Request/properties/meta"
        ),
    ]);
    let mut statements = statements.clone();
    let closed = json!(["/components/schemas/Request/properties/kind/enum"]);
    let closes =
        json!({"page": "Page", "text": "There are two kinds: a and b.", "supports": closed});
    statements.as_array_mut().unwrap().push(closes);
    Pages::parse(&rows.to_string(), &statements.to_string()).unwrap()
}
