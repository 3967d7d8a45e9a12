//! What the README shows of fault rules and of refusals.

use acquire_io_sandbox::{FaultRule, Sandbox};
use serde_json::{Value, json};

use crate::support::*;

const README: &str = include_str!("../../README.md");

fn json_blocks() -> Vec<&'static str> {
    let blocks = README.split("```json\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[tokio::test]
async fn the_refusal_is_as_shown() -> Result {
    let sandbox = Sandbox::start().await?;
    let body = json!({"caseId": 28, "message": {"type": "telegram", "message": "hi"}});
    let answer = post(&http1(), &sandbox, CHAT, body).send().await?;
    let shown: Value = serde_json::from_str(json_blocks()[0])?;
    assert_eq!(json_of(answer).await?, shown);
    Ok(())
}

#[test]
fn the_rules_are_rules() -> Result {
    let blocks = json_blocks();
    assert_eq!(blocks.len(), 2);
    FaultRule::from_json(blocks[1])?;

    let actions = README.lines().filter_map(|line| line.strip_prefix("| `{"));
    let actions: Vec<_> = actions
        .map(|line| line.split('`').next().unwrap())
        .collect();
    assert_eq!(actions.len(), 6);
    for action in actions {
        FaultRule::from_json(&format!(r#"{{"action": {{{action}}}"#))?;
    }
    Ok(())
}

#[test]
fn the_account_is_as_shown() -> Result {
    let seed: Value = serde_json::from_str(include_str!("../../src/account/seed.json"))?;
    let cases = seed["cases"].as_array().ok_or("no cases")?;
    let table: String = cases
        .iter()
        .map(|case| {
            let closed = if case["status"] == "closed" {
                ", closed"
            } else {
                ""
            };
            let channel = case["channel"].as_str().unwrap_or_default();
            let timeline = match &case["timeline"] {
                Value::Null => String::new(),
                timeline => format!("{timeline} "),
            };
            format!(
                "| {} | {channel}{closed} | {} | {timeline}|\n",
                case["id"], case["contact"]
            )
        })
        .collect();
    assert!(README.contains(&table), "{table}");
    let numbers = seed["phoneNumbers"].as_array().into_iter().flatten();
    let inboxes = seed["inboxes"].as_array().into_iter().flatten();
    for shown in numbers.chain(inboxes.map(|inbox| &inbox["address"])) {
        let shown = shown.as_str().ok_or("no text")?;
        assert!(README.contains(shown), "{shown}");
    }
    Ok(())
}
