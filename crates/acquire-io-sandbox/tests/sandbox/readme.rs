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
