//! The generated code keeps the names on the wire and hides content, and a stale edit is an error.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use xtask::codegen::client::client;
use xtask::codegen::edits::{EDITS, Edits, Rename, Replacement, Rule};
use xtask::codegen::mock::mock;

const NO_EDITS: Edits<'static> = Edits {
    renames: &[],
    rules: &[],
    replacements: &[],
};

#[test]
fn a_stale_edit_is_reported_by_name() {
    const AT: Rename = Rename {
        pointer: "/components/schemas/Sms/properties/gone",
        placeholder: "uncommonName",
        wire: "gone",
        reason: "made up",
    };
    const RULE: Rule = Rule {
        name: "made up",
        reason: "",
        apply: |_| Ok(0),
    };
    const REPLACEMENT: Replacement = Replacement {
        schema: "Sms",
        rust: "crate::RawJson",
        reason: "made up",
    };
    const CASE_ID: &str = "/components/schemas/Sms/properties/case_id";
    const PARAMETER: &str = "/components/parameters/Old/name";
    let renames = [
        (
            AT,
            "stale rename of /components/schemas/Sms/properties/gone: nothing there",
        ),
        (
            Rename {
                pointer: CASE_ID,
                ..AT
            },
            "stale rename of /components/schemas/Sms/properties/case_id: its name is case_id",
        ),
        (
            Rename {
                pointer: PARAMETER,
                ..AT
            },
            "stale rename of /components/parameters/Old/name: its name is \"-x\"",
        ),
        (
            Rename {
                placeholder: "Sms",
                ..AT
            },
            "stale rename of /components/schemas/Sms/properties/gone: the document has its placeholder Sms",
        ),
    ];
    let error_of = |edits: Edits<'_>| format!("{:#}", edits.apply(&mut document()).unwrap_err());
    for (rename, expected) in renames {
        assert_eq!(
            error_of(Edits {
                renames: &[rename],
                ..NO_EDITS
            }),
            expected
        );
    }
    let error = error_of(Edits {
        rules: &[RULE],
        ..NO_EDITS
    });
    assert_eq!(error, "stale rule \"made up\": it changes nothing");
    let gone = Replacement {
        schema: "Gone",
        ..REPLACEMENT
    };
    let error = error_of(Edits {
        replacements: &[gone],
        ..NO_EDITS
    });
    assert_eq!(error, "stale replacement of Gone: nothing refers to it");

    // The document has the property, but the generated code doesn't.
    let edits = Edits {
        renames: &[Rename {
            pointer: CASE_ID,
            wire: "case_id",
            ..AT
        }],
        replacements: &[REPLACEMENT],
        ..NO_EDITS
    };
    let error = client(&document().to_string(), &edits)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        format!("stale rename of {CASE_ID}: the generated code has no \"uncommonName\"")
    );
}

#[test]
fn each_rule_of_the_project_is_stale_without_its_subject() {
    for rule in EDITS.rules {
        let edits = Edits {
            rules: &[*rule],
            ..NO_EDITS
        };
        let mut document = json!({"components": {"schemas": {"Plain": {"type": "string"}}}});
        let error = edits.apply(&mut document).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("stale rule \"{}\": it changes nothing", rule.name)
        );
    }
}

#[test]
fn a_property_that_is_required_and_nullable_is_refused() {
    let mut required = document();
    required["components"]["schemas"]["Sms"]["required"] = json!(["caseId"]);
    let error = EDITS.apply(&mut required).unwrap_err().to_string();
    assert_eq!(
        error,
        "caseId is required and may be null: #/components/schemas/NullableId"
    );
}

#[test]
fn the_generated_code_keeps_the_wire_and_hides_content() {
    let edits = Edits {
        renames: &[
            Rename {
                pointer: "/components/schemas/Sms/properties/case_id",
                placeholder: "snakeCaseId",
                wire: "case_id",
                reason: "",
            },
            Rename {
                pointer: "/components/parameters/Old/name",
                placeholder: "olderX",
                wire: "-x",
                reason: "",
            },
        ],
        replacements: &[],
        ..EDITS
    };
    let code = client(&document().to_string(), &edits).unwrap();
    let code: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        r#"rename = "case_id", skip_serializing_if = "::std::option::Option::is_none" )] pub snake_case_id: ::std::option::Option<Id>"#,
        r#"QueryParam::new("-x", &older_x)"#,
        r#"QueryParam::new("x", &x)"#,
        "pub text: ::std::option::Option<::std::string::String>",
        "pub list: ::std::option::Option<::std::vec::Vec<::std::string::String>>",
        r#"impl ::std::fmt::Debug for Sms { fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.debug_struct("Sms").finish_non_exhaustive() } }"#,
        "impl<'a> ::std::fmt::Debug for SendSms<'a>",
        "Clone, Debug)] #[serde(transparent)]",
        r#"#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))] #[derive(Copy, PartialEq, Eq, PartialOrd, Ord, Hash)] pub struct Id(pub i64);"#,
        "pub fn new_with_client(",
        "pub meta: ::std::option::Option<FreeForm>",
        "pub any: ::std::option::Option<::std::vec::Vec<FreeForm>>",
        "pub fn request(self) -> Result<::reqwest::Request, Error<()>>",
        "let mut request = self.request()?; let info",
        "impl<'de> ::serde::Deserialize<'de> for Id",
        "///One.",
        "pub struct Other(pub i64);",
    ] {
        assert!(code.contains(expected), "no {expected} in\n{code}");
    }
    // Of the derives only those of the two identifiers name `Debug`.
    let derives = code
        .split("#[derive(")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    assert_eq!(
        derives.filter(|derives| derives.contains("Debug")).count(),
        2
    );
    for unwanted in [
        "ClientBuilder",
        "api-version",
        "header_map",
        "mod prelude",
        "Nullable",
        "uncommon",
        "regress",
    ] {
        assert!(!code.contains(unwanted), "{unwanted} in\n{code}");
    }
}

#[test]
fn the_generated_mocks_keep_the_wire_and_are_described() {
    const PARAMETER: Rename = Rename {
        pointer: "/components/parameters/Old/name",
        placeholder: "olderX",
        wire: "-x",
        reason: "",
    };
    let edits = Edits {
        renames: &[
            Rename {
                pointer: "/components/schemas/Sms/properties/case_id",
                placeholder: "snakeCaseId",
                wire: "case_id",
                reason: "",
            },
            PARAMETER,
        ],
        replacements: &[],
        ..EDITS
    };
    let code = mock(&document().to_string(), &edits).unwrap();
    let code: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        r#"/// Expects this value of the query parameter `-x`; for `None`, that it is missing. Without this call any value is accepted. pub fn older_x<"#,
        r#"query_param("-x", value.to_string())"#,
        r#"query_param_missing("-x")"#,
        r#"query_param("x", value.to_string())"#,
        "/// Expects exactly this body. pub fn body(self, value: &types::Sms) -> Self",
        "/// Answers with status 200 and this body. pub fn ok(self, value: &types::Sms) -> Self",
        "use acquire_io_api::*;",
    ] {
        assert!(code.contains(expected), "no {expected} in\n{code}");
    }
    for unwanted in ["olderX", "Nullable", "crate::"] {
        assert!(!code.contains(unwanted), "{unwanted} in\n{code}");
    }

    // A parameter that no operation has.
    let mut unused = document();
    unused["paths"]["/sms"]["post"]["parameters"] = json!([]);
    let edits = Edits {
        renames: &[PARAMETER],
        replacements: &[],
        ..EDITS
    };
    let error = mock(&unused.to_string(), &edits).unwrap_err().to_string();
    assert_eq!(
        error,
        r#"stale rename of /components/parameters/Old/name: the generated code has no "olderX""#
    );
}

/// A document that has a subject for each rule of the project.
fn document() -> Value {
    let (id, sms) = (
        json!({"$ref": "#/components/schemas/NullableId"}),
        json!({"$ref": "#/components/schemas/Sms"}),
    );
    let body = json!({"content": {"application/json": {"schema": sms}}});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {"/sms": {"post": {
            "operationId": "sendSms",
            "parameters": [{"$ref": "#/components/parameters/New"}, {"$ref": "#/components/parameters/Old"}],
            "requestBody": body,
            "responses": {
                "200": {"description": "D", "content": body["content"]},
                "4XX": {"$ref": "#/components/responses/Other"}
            }
        }}},
        "components": {
            "parameters": {
                "New": {"name": "x", "in": "query", "schema": {"type": "string"}},
                "Old": {"name": "-x", "in": "query", "schema": {"type": "string"}}
            },
            "responses": {"Other": {"description": "Not stated by any page: another status."}},
            "schemas": {
                "FreeForm": {"description": "Any value."},
                "Id": {"type": "integer", "format": "int64"},
                "NullableId": {"type": "integer", "format": "int64", "nullable": true},
                "NullableOther": {"type": "integer", "format": "int64", "nullable": true, "description": "One, or null."},
                "Sms": {"type": "object", "nullable": true, "properties": {
                    "caseId": id, "case_id": id,
                    "other": {"$ref": "#/components/schemas/NullableOther"},
                    "text": {"type": "string"},
                    "list": {"type": "array", "items": {"type": "string", "nullable": true}},
                    "meta": {"type": "object", "additionalProperties": true},
                    "any": {"type": "array", "items": {}}
                }}
            }
        }
    })
}
