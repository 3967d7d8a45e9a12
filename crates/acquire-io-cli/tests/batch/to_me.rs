//! What a list looks like before it is sent: on a screen, and on one's own phone.

use serde_json::Value;

use crate::support::{Place, assert_snapshot, ended};

const SMS: &str = "--set channel=sms --set from=+1(251)318-8609 --set case=2219 --set contact=751069 --set timeline=2108";

#[tokio::test]
async fn a_check_shows_numbers_repetitions_lengths_and_segments() {
    let place = Place::new().await;
    let long = "a".repeat(170);
    place.write(
        "rows.csv",
        format!(
            "Phone,Text\n0151 12345671,Your order is ready\n+49 151 12345671,It’s ready\n+4915112345672,{long}\n015112345673,ok\n\
             0151-12345674,ok\n(0151) 12345675,ok\n+441632960960,ok\n"
        ),
    );
    let ended = place
        .run(&format!(
            "batch --check --map Phone=to --default-country DE {SMS} rows.csv"
        ))
        .await;
    ended.assert_code(0);
    assert_snapshot!("check_of_sms", ended.stdout);
}

#[tokio::test]
async fn the_first_sms_goes_to_the_person_and_the_list_stays_as_it_is() {
    let place = Place::new().await;
    place.write(
        "rows.csv",
        "Phone,Name\n+919666929552,Ann\n+919666929553,Bob\n",
    );
    let list = |more: &str| {
        let mut command = place.acquire(&format!(
            "batch --map Phone=to --default-country GB {SMS} {more} rows.csv"
        ));
        command.args(["--template", "Hi {{ name }}"]);
        command
    };
    ended(&mut list("--to-me 07911123456"))
        .await
        .assert_refused("Send this one message to +447911123456? It will be in case 2219, like the original. Nothing else is sent. \
                         Without a terminal --yes has to answer");
    assert!(place.sandbox.received().is_empty());
    let sent = ended(&mut list("--to-me 07911123456 --yes --output text")).await;
    sent.assert_code(0);
    assert!(
        sent.stdout.starts_with("accepted  127.0.0.1"),
        "{}",
        sent.stdout
    );
    let received = place.sandbox.received();
    let body: Value = serde_json::from_slice(&received[0].body).unwrap();
    assert_eq!(
        (received.len(), &body["To"], &body["Body"]),
        (1, &"+447911123456".into(), &"Hi Ann".into())
    );
    assert!(!sent.stderr.contains("Hi Ann"), "{}", sent.stderr);
    assert!(!place.path("rows.csv.outbox").exists());
    // Both rows are as new as before.
    ended(&mut list("--yes")).await.assert_code(0);
    assert_eq!(place.sandbox.received().len(), 3);
    // A refusal is said as it is.
    place.set_faults([serde_json::json!({"action": {"type": "answer", "status": 400}})]);
    let refused = ended(&mut list("--to-me +447911123456 --yes")).await;
    refused.assert_code(4);
    assert_eq!(refused.json()[0]["delivery"], "refused");
}

#[tokio::test]
async fn an_email_goes_to_the_person_alone() {
    let place = Place::new().await;
    place.write(
        "rows.csv",
        "channel,case,contact,from,to,cc,bcc,subject,html,text\n\
         chat,28,,,,,,,,hello\n\
         mail,575,597632,user@acquire.io,a@example.com,b@example.com,c@example.com,s,h,\n",
    );
    place
        .run("batch --yes --to-me me@example.com rows.csv")
        .await
        .assert_code(0);
    let received = place.sandbox.received();
    let body: Value = serde_json::from_slice(&received[0].body).unwrap();
    let data = &body["data"];
    assert_eq!(received.len(), 1);
    assert_eq!(data["to"], serde_json::json!(["me@example.com"]));
    assert_eq!(
        (&data["cc"], &data["bcc"]),
        (&serde_json::json!([]), &serde_json::json!([]))
    );
}

#[tokio::test]
async fn what_can_not_go_there_is_refused() {
    let place = Place::new().await;
    place.write("rows.csv", "channel,case,text\nchat,28,a\n");
    for (to, problem) in [
        (
            "+447911123456",
            "a number takes the first SMS of the list, and it has none. A chat message goes to the contact of its case alone",
        ),
        (
            "me@example.com",
            "an address takes the first e-mail of the list, and it has none",
        ),
        ("07911123456", "--to-me: the number is a national number"),
    ] {
        let ended = place
            .run(&format!("batch --yes rows.csv --to-me {to}"))
            .await;
        ended.assert_refused(problem);
    }
    assert!(place.sandbox.received().is_empty());
}
