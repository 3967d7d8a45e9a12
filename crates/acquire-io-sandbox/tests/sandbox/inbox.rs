//! The ledger as people look at it: lists, filters, conversations, commands.

use acquire_io_sandbox::{Channel, Filter, Sandbox, Side, Verdict};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::*;

async fn get(sandbox: &Sandbox, path: &str) -> Result<(StatusCode, String)> {
    let url = format!("{}/_sandbox/{path}", sandbox.base_url());
    let answer = http1().get(url).send().await?;
    Ok((answer.status(), answer.text().await?))
}

async fn get_json(sandbox: &Sandbox, path: &str) -> Result<Value> {
    let (status, text) = get(sandbox, path).await?;
    assert_eq!(status, 200, "{path}: {text}");
    Ok(serde_json::from_str(&text)?)
}

/// A chat message from the contact, an e-mail, an SMS, one to a closed case, and one that is no message.
async fn filled() -> Result<Sandbox> {
    let sandbox = Sandbox::start().await?;
    let contact = format!("{CHAT}?x-user-type=contact");
    let question = chat("Where is my Ünïcode invoice?");
    post(&http1(), &sandbox, &contact, question).send().await?;
    let mut mail = documented("sendMailMessage");
    mail["data"]["subject"] = json!("Your invoice");
    mail["data"]["htmlBody"] = json!("<p>hi</p><link rel=preconnect>");
    post(&http1(), &sandbox, MAIL, mail).send().await?;
    let mut sms = documented("sendSms");
    sms["Body"] = json!("x".repeat(200));
    post(&http1(), &sandbox, SMS, sms).send().await?;
    let closed = json!({"caseId": 27, "message": {"type": "note", "message": "late"}});
    post(&http1(), &sandbox, CHAT, closed).send().await?;
    get(&sandbox, "../nowhere").await?;
    assert_eq!(sandbox.received().len(), 5);
    Ok(sandbox)
}

#[tokio::test]
async fn an_entry_has_a_summary() -> Result {
    let sandbox = filled().await?;
    let received = sandbox.received();
    let about = |at: usize| received[at].summary();
    assert_eq!(
        (about(0).channel, about(0).side),
        (Some(Channel::Chat), Side::Contact)
    );
    assert_eq!((about(0).case, &*about(0).kind), (Some(28), "message"));
    assert_eq!(
        (about(1).channel, about(1).html),
        (Some(Channel::Mail), true)
    );
    assert_eq!(about(1).subject.as_deref(), Some("Your invoice"));
    assert_eq!(
        (about(2).channel, about(2).segments),
        (Some(Channel::Sms), Some(2))
    );
    assert_eq!((about(3).side, &*about(3).kind), (Side::Agent, "note"));
    assert_eq!(about(4).channel, None);
    assert_eq!(received[0].reason, None);
    let reason = received[3].reason.as_deref();
    assert_eq!(
        reason,
        Some("case 27 is closed, only active cases may receive messages")
    );
    Ok(())
}

#[tokio::test]
async fn filters_find_the_same_everywhere() -> Result {
    let sandbox = filled().await?;
    for (filter, query, expected) in [
        (Filter::new(), "", vec![1, 2, 3, 4, 5]),
        (Filter::new().channel(Channel::Sms), "channel=sms", vec![3]),
        (
            Filter::new().verdict(Verdict::Refused),
            "verdict=refused",
            vec![4, 5],
        ),
        (Filter::new().case(28), "case=28", vec![1]),
        (Filter::new().text("INVOICE"), "text=INVOICE", vec![1, 2]),
        (Filter::new().text("ünïc"), "text=%C3%BCn%C3%AFc", vec![1]),
        (
            Filter::new().text("only active"),
            "text=only+active",
            vec![4],
        ),
        (Filter::new().text("nowhere"), "text=nowhere", vec![5]),
        (
            Filter::new().text("invoice").channel(Channel::Chat),
            "text=invoice&channel=chat",
            vec![1],
        ),
        (
            Filter::new().text("no such text"),
            "text=no+such+text",
            vec![],
        ),
    ] {
        let found: Vec<u64> = sandbox.find(&filter).iter().map(|it| it.number).collect();
        assert_eq!(found, expected, "{query}");
        let (_, lines) = get(&sandbox, &format!("messages.ndjson?{query}")).await?;
        let exported: Vec<u64> = lines
            .lines()
            .map(|line| {
                Ok(serde_json::from_str::<Value>(line)?["number"]
                    .as_u64()
                    .unwrap())
            })
            .collect::<Result<_>>()?;
        assert_eq!(exported, expected, "{query}");
        let list = get_json(&sandbox, &format!("messages?{query}")).await?;
        let messages = list["messages"].as_array().unwrap().iter().rev();
        let listed: Vec<u64> = messages.map(|it| it["number"].as_u64().unwrap()).collect();
        assert_eq!(listed, expected, "{query}");
        assert_eq!(
            (&list["received"], &list["more"]),
            (&json!(5), &json!(false))
        );
    }
    let (status, text) = get(&sandbox, "messages?chanel=sms").await?;
    assert_eq!(status, 400, "{text}");
    Ok(())
}

#[tokio::test]
async fn a_list_has_pages() -> Result {
    let sandbox = filled().await?;
    let (mut before, mut numbers) = (u64::MAX, Vec::new());
    loop {
        let list = get_json(&sandbox, &format!("messages?limit=2&before={before}")).await?;
        let page = list["messages"].as_array().unwrap().iter();
        numbers.extend(page.map(|it| it["number"].as_u64().unwrap()));
        before = *numbers.last().unwrap();
        if list["more"] == false {
            break;
        }
    }
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    Ok(())
}

#[tokio::test]
async fn conversations_have_the_newest_first() -> Result {
    let sandbox = filled().await?;
    post(&http1(), &sandbox, CHAT, chat("again")).send().await?;
    let conversations = sandbox.conversations();
    let rows: Vec<_> = conversations
        .iter()
        .map(|it| (it.case, it.contact.as_deref(), it.messages, it.failed))
        .collect();
    let expected = [
        (28, Some("#5"), 2, 0),
        (27, Some("#5"), 1, 1),
        (2219, Some("#751069"), 1, 0),
        (1128, Some("#9156860"), 1, 0),
    ];
    assert_eq!(rows, expected);
    assert_eq!(
        (&*conversations[0].text, conversations[0].last),
        ("again", 6)
    );
    let json = get_json(&sandbox, "conversations").await?;
    assert_eq!(json, serde_json::to_value(&conversations)?);
    Ok(())
}

#[tokio::test]
async fn an_entry_can_be_read_and_copied_as_a_command() -> Result {
    let sandbox = filled().await?;
    let entry = get_json(&sandbox, "ledger/2").await?;
    assert_eq!(entry["operation"], "sendMailMessage");
    let (_, html) = get(&sandbox, "ledger/2/html").await?;
    assert_eq!(html, "<p>hi</p><no-link rel=preconnect>");
    let (_, curl) = get(&sandbox, "ledger/1/curl").await?;
    let url = sandbox.base_url();
    assert!(
        curl.starts_with(&format!("curl '{url}{CHAT}?x-user-type=contact'")),
        "{curl}"
    );
    assert!(!curl.contains("sandbox-key"));
    let received = sandbox.received();
    assert_eq!(sandbox.curl_command(&received[0]), curl);
    post(&http1(), &sandbox, "/a?b={c,d}", "").send().await?;
    let curl = sandbox.curl_command(&sandbox.received()[5]);
    assert!(
        curl.starts_with(&format!("curl '{url}/a?b={{c,d}}' --globoff -H")),
        "{curl}"
    );
    let (_, command) = get(&sandbox, "ledger/3/acquire").await?;
    assert_eq!(sandbox.acquire_command(&received[2]), Some(command));
    assert_eq!(sandbox.acquire_command(&received[4]), None);
    for path in [
        "ledger/0",
        "ledger/7",
        "ledger/1/html",
        "ledger/5/acquire",
        "ledger/7/curl",
    ] {
        assert_eq!(get(&sandbox, path).await?.0, 404, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_followed_summary_has_no_bodies() -> Result {
    let sandbox = filled().await?;
    let url = format!(
        "{}/_sandbox/events?since=0&summary=true",
        sandbox.base_url()
    );
    let mut events = http1().get(url).send().await?;
    let mut text = String::new();
    while text.matches("\n\n").count() < 5 {
        text += &String::from_utf8_lossy(&events.chunk().await?.unwrap());
    }
    assert!(
        text.contains("Ünïcode invoice") && !text.contains("headers"),
        "{text}"
    );
    Ok(())
}
