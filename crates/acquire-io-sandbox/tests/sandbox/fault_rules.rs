//! Which requests a fault rule meets, and how rules are written.

use acquire_io_sandbox::{FaultRule, Operation, Preset, Sandbox, Stage, Verdict};
use serde_json::{Value, json};

use crate::support::*;

/// The statuses of this number of chat messages.
async fn statuses(sandbox: &Sandbox, count: usize) -> Result<Vec<u16>> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(
            post(&http1(), sandbox, CHAT, chat("hi"))
                .send()
                .await?
                .status()
                .as_u16(),
        );
    }
    Ok(statuses)
}

#[tokio::test]
async fn a_rule_acts_on_what_it_matches() -> Result {
    let sandbox = Sandbox::start().await?;
    let set = |conditions: Value, limit: Option<u64>| {
        let action = json!({"type": "answer", "status": 503});
        let mut rule = rule(json!({"match": conditions, "action": action}));
        rule.limit = limit;
        sandbox.set_faults(vec![rule])
    };
    set(json!({"nth": 2}), None)?;
    assert_eq!(statuses(&sandbox, 4).await?, [200, 503, 200, 200]);
    set(json!({"every": 2}), None)?;
    assert_eq!(statuses(&sandbox, 4).await?, [200, 503, 200, 503]);
    set(json!({}), Some(1))?;
    assert_eq!(statuses(&sandbox, 3).await?, [503, 200, 200]);
    let busy = |status| rule(json!({"limit": 1, "action": {"type": "answer", "status": status}}));
    sandbox.set_faults(vec![busy(503), busy(429)])?;
    assert_eq!(statuses(&sandbox, 3).await?, [503, 429, 200]);
    set(json!({"case": 9}), None)?;
    assert_eq!(statuses(&sandbox, 1).await?, [200]);
    set(json!({"case": 28, "operation": "sendChatMessage"}), None)?;
    assert_eq!(statuses(&sandbox, 1).await?, [503]);
    set(json!({"operation": "sendSms"}), None)?;
    assert_eq!(statuses(&sandbox, 1).await?, [200]);

    set(json!({"probability": 0.5, "seed": 1}), None)?;
    let first = statuses(&sandbox, 20).await?;
    assert!(first.contains(&200) && first.contains(&503));
    set(json!({"probability": 0.5, "seed": 1}), None)?;
    assert_eq!(statuses(&sandbox, 20).await?, first);

    for (recipient, operation) in [
        ("user@gmail.com", "sendMailMessage"),
        ("919666929552", "sendSms"),
    ] {
        set(json!({"recipient": recipient}), None)?;
        let body = documented(operation);
        let response = post(&http1(), &sandbox, path_of(operation), body)
            .send()
            .await?;
        assert_eq!(response.status(), 503);
        assert_eq!(statuses(&sandbox, 1).await?, [200]);
    }
    Ok(())
}

#[tokio::test]
async fn one_request_can_bring_its_own_rule() -> Result {
    let sandbox = Sandbox::start().await?;
    let with = |header: &str| {
        let request = post(&http1(), &sandbox, CHAT, chat("hi"));
        request.header("x-acquire-sandbox-fault", header).send()
    };
    let response = with(r#"{"name": "mine", "action": {"type": "answer", "status": 418}}"#).await?;
    assert_eq!(response.status(), 418);
    assert_eq!(sandbox.received()[0].fault.as_deref(), Some("mine"));
    let response = with(r#"{"action": {"type": "break", "stage": "head"}}"#).await;
    assert!(response.is_err());
    let response = with(r#"{"action": {"type": "explode"}}"#).await?;
    assert_eq!(response.status(), 400);
    let message = json_of(response).await?["error"]["message"].to_string();
    assert!(
        message.contains("x-acquire-sandbox-fault: fault rule: action: unknown variant `explode`"),
        "{message}"
    );
    assert_eq!(statuses(&sandbox, 1).await?, [200]);
    Ok(())
}

#[test]
fn a_rule_that_cannot_work_says_why() {
    let rows = [
        (json!({}), "missing field `action`"),
        (json!({"action": {"type": "hang"}}), "missing field `stage`"),
        (
            json!({"action": {"type": "hang", "stage": "tail"}}),
            "unknown variant `tail`",
        ),
        (
            json!({"action": {"type": "hang", "stage": "answer-head"}}),
            "a hang has the stage",
        ),
        (
            json!({"action": {"type": "hang", "stage": "head", "ms": 1}}),
            "unknown field `ms`",
        ),
        (
            json!({"action": {"type": "strange", "odd": 1}}),
            "unknown field `odd`",
        ),
        (
            json!({"action": {"type": "delay", "ms": 1, "stage": "body"}}),
            "a delay has the stage",
        ),
        (
            json!({"action": {"type": "answer", "status": 100}}),
            "status 100 is not from 200 to 999",
        ),
        (
            json!({"action": {"type": "answer", "status": 204, "body": "x"}}),
            "an answer with status 204 has no body",
        ),
        (
            json!({"action": {"type": "answer", "status": 200, "headers": {"a b": ""}}}),
            "not the name of a header",
        ),
        (
            json!({"action": {"type": "answer", "status": 200, "headers": {"content-length": "1"}}}),
            "the server itself sets",
        ),
        (
            json!({"action": {"type": "redirect", "location": "/", "status": 200}}),
            "status 200 is not 301",
        ),
        (
            json!({"match": {"nth": 0}, "action": {"type": "hang", "stage": "head"}}),
            "count from 1",
        ),
        (
            json!({"match": {"probability": 2}, "action": {"type": "hang", "stage": "head"}}),
            "from 0 to 1",
        ),
        (
            json!({"match": {"case": 1}, "action": {"type": "hang", "stage": "head"}}),
            "are read from the body",
        ),
        (
            json!({"match": {"operation": "send"}, "action": {"type": "hang", "stage": "head"}}),
            "unknown variant `send`",
        ),
    ];
    for (rule, expected) in rows {
        let error = FaultRule::from_json(&rule.to_string())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("fault rule: ") && error.contains(expected),
            "{error}"
        );
    }
}

#[tokio::test]
async fn rules_can_be_built_in_rust() -> Result {
    let sandbox = Sandbox::builder()
        .fault(FaultRule::answer(503).on(Operation::SendSms).times(2))
        .start()
        .await?;
    let send = async |path: &str, body: Value| -> Result<u16> {
        let answer = post(&http1(), &sandbox, path, body).send().await?;
        Ok(answer.status().as_u16())
    };
    for expected in [503, 503, 200] {
        assert_eq!(send(SMS, documented("sendSms")).await?, expected);
        assert_eq!(send(CHAT, chat("hi")).await?, 200);
    }
    let id = sandbox.add_fault(FaultRule::answer(429).for_case(28).every(2).named("busy"))?;
    assert_eq!(send(CHAT, chat("hi")).await?, 200);
    assert_eq!(send(CHAT, chat("hi")).await?, 429);
    assert!(sandbox.switch_fault(id, false));
    assert_eq!(send(CHAT, chat("hi")).await?, 200);
    let faults = sandbox.faults();
    assert_eq!(faults.iter().map(|it| it.acted).collect::<Vec<_>>(), [2, 1]);
    assert!(sandbox.remove_fault(id) && !sandbox.remove_fault(id));
    let early = FaultRule::reset(Stage::Head).for_case(28);
    assert!(sandbox.add_fault(early).is_err());
    Ok(())
}

/// By option, by header, in a list, and as it is.
#[tokio::test]
async fn presets_have_names() -> Result {
    let sandbox = Sandbox::start().await?;
    let url = format!("{}/_sandbox/presets", sandbox.base_url());
    let listed = json_of(http1().get(url).send().await?).await?;
    assert_eq!(listed.as_array().map(Vec::len), Some(Preset::ALL.len()));
    for preset in Preset::ALL {
        let name = preset.name();
        let rule = FaultRule::preset(name)?;
        assert_eq!(
            (rule.name.as_deref(), &rule.action),
            (Some(name), &preset.action())
        );
        assert_eq!(FaultRule::from_json(name)?, rule);
        let list = FaultRule::list_from_json(&json!([{"action": name}]).to_string())?;
        assert_eq!(list, [rule]);
    }
    let error = FaultRule::from_json("404").unwrap_err().to_string();
    assert!(
        error.contains(r#"there is no preset "404", only 503, 429,"#),
        "{error}"
    );

    let with = |name: &str| {
        let request = post(&http1(), &sandbox, CHAT, chat("hi"));
        request.header("x-acquire-sandbox-fault", name).send()
    };
    let busy = with("503").await?;
    assert_eq!(
        (busy.status().as_u16(), &busy.headers()["retry-after"]),
        (503, &"1".parse()?)
    );
    assert!(with("reset").await.is_err());
    let portal = with("html-200").await?;
    assert_eq!(
        (portal.status().as_u16(), &portal.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse()?)
    );
    assert_eq!(
        json_of(with("error-200").await?).await?["error"]["code"],
        "ERROR_SERVER_ERROR"
    );
    let verdicts: Vec<_> = sandbox.received().iter().map(|it| it.verdict).collect();
    let expected = [
        Verdict::Unread,
        Verdict::Accepted,
        Verdict::Unread,
        Verdict::Unread,
    ];
    assert_eq!(verdicts, expected);
    Ok(())
}
