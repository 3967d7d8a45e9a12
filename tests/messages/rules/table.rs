//! The guide's table against the client: each rule refuses, and each has the way round that the table names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use acquire_io::{Client, Message};
use acquire_io_tests::Result;
use acquire_io_tests::fault::{Answer, Server};

use crate::rules::example::{Example, Way};
use crate::rules::{of_fields, of_values};

/// A row of the table.
struct Row {
    fields: BTreeSet<String>,
    rule: String,
    ways: BTreeSet<&'static str>,
}

/// The names in backticks.
fn names(cell: &str) -> BTreeSet<String> {
    let parts = cell.split('`').skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}

fn rows() -> Result<Vec<Row>> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/acquire-io/docs/rules.md");
    let guide = fs::read_to_string(guide)?;
    let mut rows = Vec::new();
    for line in guide.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [fields, rule, _why, way] = cells.as_slice() else {
            return Err(format!("{line} has not four cells").into());
        };
        let ways = [
            ("`json`", "json"),
            ("the generated client", "the generated client"),
            ("[`RawJson`]", "RawJson"),
        ];
        let ways = ways.into_iter().filter(|(text, _)| way.contains(text));
        rows.push(Row {
            fields: names(fields),
            rule: (*rule).to_owned(),
            ways: ways.map(|(_, name)| name).collect(),
        });
    }
    Ok(rows)
}

/// The example of each row, by the beginning of its rule. No row is without, and no example without a row.
fn pairs() -> Result<Vec<(Row, Example)>> {
    let examples = [
        of_fields::given(),
        of_fields::texts(),
        of_values::values(),
        of_values::of_free_form(),
    ];
    let mut examples: BTreeMap<_, _> = examples
        .into_iter()
        .flatten()
        .map(|example| (example.rule, example))
        .collect();
    let mut pairs = Vec::new();
    for row in rows()? {
        let rule = examples.keys().find(|rule| row.rule.starts_with(**rule));
        let rule = *rule.ok_or_else(|| format!("no example for: {}", row.rule))?;
        let example = examples.remove(rule).ok_or("found before")?;
        pairs.push((row, example));
    }
    let left = examples.keys().collect::<Vec<_>>();
    assert!(left.is_empty(), "the guide has no rule: {left:?}");
    assert!(pairs.len() > 10, "{} rules", pairs.len());
    Ok(pairs)
}

/// One problem, of this field, which names the rule. Both a check and a request find it.
#[test]
fn each_rule_refuses() -> Result {
    let client = Client::builder()
        .account_id("acme")
        .api_key("key")
        .build()?;
    for (row, example) in pairs()? {
        let mut fields = BTreeSet::new();
        for (field, message, words) in example.refused {
            let Err(error) = message.check() else {
                return Err(format!("{field} passes: {}", row.rule).into());
            };
            let [problem] = error.problems() else {
                return Err(format!("{field}, {}: {error}", row.rule).into());
            };
            assert_eq!(problem.field(), field, "{}: {error}", row.rule);
            assert!(problem.problem().contains(words), "{error}\nlacks: {words}");
            let request = client.to_http_request(&message);
            assert_eq!(request.map(drop), Err(error), "{field}");
            fields.insert(field.to_owned());
        }
        assert_eq!(fields, row.fields, "{}", row.rule);
    }
    Ok(())
}

/// It arrives at a server as it was meant.
#[tokio::test]
async fn each_rule_has_its_way_round() -> Result {
    let server = Server::answering(Answer::json(200, r#"{"data":{"id":1}}"#))?;
    let client = server.client()?.build()?;
    let http = reqwest::Client::builder().no_proxy().build()?;
    let generated = acquire_io_api::Client::new_with_client(&server.base_url(), http.clone());
    for (row, example) in pairs()? {
        let mut ways = BTreeSet::new();
        for (way, expected) in example.ways {
            server.forget();
            ways.insert(way.name());
            match way {
                Way::Json(message) | Way::RawJson(message) => {
                    client.send(Message::clone(&message)).await?;
                }
                Way::Generated(request) => {
                    let request = request(&generated).map_err(|error| error.to_string())?;
                    http.execute(request).await?;
                }
            }
            let received = server.received().requests;
            let [request] = received.as_slice() else {
                return Err(format!("{} requests arrived", received.len()).into());
            };
            let wire = format!("{}{}", request.head, String::from_utf8_lossy(&request.body));
            assert!(wire.contains(expected), "{}\n{wire}", row.rule);
        }
        assert_eq!(ways, row.ways, "{}", row.rule);
    }
    Ok(())
}
