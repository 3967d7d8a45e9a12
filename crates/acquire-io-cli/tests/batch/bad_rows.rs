//! Rows that can't be sent: each is reported with its line and without its content, and nothing is sent.

use crate::support::{Ended, Place, assert_snapshot, row};

const CANARY: &str = "CANARY";
/// A number that is content as well: of a phone, or a code in a text.
const NUMBER: &str = "4915112345678";

async fn refused(name: &str, rows: &str) -> Ended {
    let place = Place::new().await;
    place.write(name, rows);
    let ended = place.run(&format!("batch --yes {name}")).await;
    assert_eq!(ended.stdout, "");
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(place.sandbox.received().is_empty());
    for content in [CANARY, NUMBER] {
        assert!(!ended.stderr.contains(content), "{}", ended.stderr);
    }
    ended
}

#[tokio::test]
async fn of_ndjson() {
    let rows = [
        row(28, "good"),
        "CANARY\n\n[\"CANARY\"]\n\"CANARY\"\n4915112345678\n".to_owned(),
        r#"{"channel": "chat", "case": 28, "text": "CANARY"
{"channel": "chat", "case": 28, "text": "CANARY", "text": "CANARY"}
{"channel": "CANARY"}
{"channel": 4915112345678}
{"case": 28, "text": "CANARY"}
{"channel": "chat", "key": "", "case": 28, "text": "CANARY"}
{"channel": "chat", "key": 4915112345678, "case": 28, "text": "CANARY"}
{"channel": "chat", "text": "CANARY"}
{"channel": "chat", "case": "CANARY", "text": "CANARY"}
{"channel": "chat", "case": "CANARY\", expected CANARY", "text": "CANARY"}
{"channel": "chat", "case": 1.5, "text": "CANARY"}
{"channel": "chat", "case": 99999999999999999999, "text": "CANARY"}
{"channel": "chat", "case": 28, "text": 4915112345678}
{"channel": "chat", "case": 28, "text": 4915112345678.5}
{"channel": "chat", "case": 28, "text": ["CANARY"]}
{"channel": "chat", "case": 28, "text": {"CANARY": "CANARY"}}
{"channel": "chat", "case": 28, "text": true}
{"channel": "chat", "case": 28, "text": "CANARY", "sender": "CANARY"}
{"channel": "chat", "case": 28, "text": "CANARY", "mention": ["CANARY", 4915112345678]}
{"channel": "chat", "case": 28, "text": "CANARY", "meta": "CANARY"}
{"channel": "chat", "case": 28, "text": "CANARY", "json": {"no-pointer": "CANARY"}}
{"channel": "chat", "case": 28, "text": "CANARY", "subject": "CANARY"}
{"channel": "chat", "case": 28, "text": "CANARY", "text_file": "CANARY"}
{"channel": "chat", "case": 28, "text": "CANARY", "\n\u001b[31m": "CANARY"}
{"channel": "chat", "case": 28, "text": "CANARY", "note": "CANARY"}
{"channel": "chat", "case": 28}
{"channel": "chat", "case": 28, "text": " "}
{"channel": "chat", "case": 0, "text": "CANARY"}
{"channel": "chat", "case": 28, "text": "CANARY", "sender": "agent", "contact": "CANARY"}
{"channel": "chat", "case": 28, "text": "CANARY", "as_contact": 5, "contact_id": 5}
{"channel": "chat", "case": 28, "text": "CANARY", "translate_lang_key": "CANARY CANARY"}
{"channel": "mail", "case": 575, "contact": 1, "from": "CANARY", "to": "a@example.com", "subject": "", "html": "CANARY"}
{"channel": "mail", "case": 575, "contact": 1, "from": "a@example.com", "to": "CANARY", "subject": "", "html": "CANARY"}
{"channel": "mail", "case": 575, "contact": 1, "from": "a@example.com", "to": [], "subject": "", "html": "CANARY"}
{"channel": "mail", "case": 575, "contact": 1, "from": "a@example.com", "to": "b@example.com", "subject": ""}
{"channel": "mail", "case": 575, "contact": 1, "from": "a@example.com", "to": "b@example.com", "subject": "", "html": "CANARY", "without": ["CANARY", "attachments"], "attachment": ["CANARY"]}
{"channel": "sms", "case": 1, "contact": 1, "timeline": 1, "from": 4915112345678, "to": "+4915112345678", "text": "CANARY"}
{"channel": "sms", "case": 1, "contact": 1, "timeline": 1, "from": "+4915112345678", "to": "CANARY", "text": "CANARY"}
{"channel": "sms", "case": 1, "contact": 1, "timeline": 1, "from": "+4915112345678", "to": "+4915112345678"}
{"channel": "sms", "case": 1, "contact": 1, "timeline": 1, "from": "+4915112345678", "to": "+4915112345678", "text": "CANARY", "sender": true}
{"channel": "chat", "case": "CANARY", "text": 4915112345678, "sender": "CANARY", "contact": [], "mention": {"CANARY": 1}, "delay": "CANARY", "colour": "CANARY"}
{"channel": "mail", "key": ["CANARY"], "key": "CANARY", "case": "CANARY", "contact": 0, "from": "CANARY", "to": "CANARY"}
{"channel": "chat", "case": 0, "text": "", "translate_lang_key": "CANARY CANARY", "mention": ["CANARY", ""], "meta": "CANARY"}
{"channel": "chat", "case": 28, "text": "CANARY", "meta": {"a": [{"CANARY": 1, "CANARY": 4915112345678}]}}
"#
        .to_owned(),
    ];
    let ended = refused("rows.ndjson", &rows.concat()).await;
    assert_snapshot!("bad_rows_of_ndjson", ended.stderr);
}

#[tokio::test]
async fn of_csv() {
    let rows = "channel,case,text,sender,meta,delay\r
chat,28,good,,,\r
chat,28,CANARY\r
chat,CANARY,CANARY,,,\r
chat,28,CANARY,CANARY,,\r
\r
chat,28,\"CANARY\r
CANARY\",,CANARY,\r
chat,28,CANARY,,\"\"\"CANARY\"\"\",\r
chat,28,CANARY,,,4915112345678.5\r
chat,28,,agent,,\r
,28,CANARY,,,\r
mail,28,CANARY,,,";
    let ended = refused("rows.csv", rows).await;
    assert_snapshot!("bad_rows_of_csv", ended.stderr);
}

#[tokio::test]
async fn of_csv_without_its_header() {
    let ended = refused("rows.csv", "CANARY,28,CANARY\nchat,28,CANARY\n").await;
    assert_snapshot!("csv_without_header", ended.stderr);
    let ended = refused(
        "rows.csv",
        "channel,text,case,channel\nchat,CANARY,28,chat\n",
    )
    .await;
    assert!(
        ended.stderr.ends_with(
            "rows.csv, line 1: two columns are called `channel`\nacquire: the header is wrong, nothing was sent\n"
        ),
        "{}",
        ended.stderr
    );
}

/// Taken as it stands, the text of the first message would hold all the others.
#[tokio::test]
async fn of_csv_with_a_quote_that_is_never_closed() {
    let rows =
        "channel,case,text\nchat,28,good\nchat,28,\"CANARY\nchat,28,CANARY\nchat,28,CANARY\n";
    let ended = refused("rows.csv", rows).await;
    assert_snapshot!("csv_with_an_open_quote", ended.stderr);
    let two_open = "channel,case,text\nchat,28,\"CANARY\nchat,28,\"CANARY\nchat,28,CANARY\n";
    let ended = refused("rows.csv", two_open).await;
    assert!(
        ended.stderr.contains("\nrows.csv, line 2: a quote"),
        "{}",
        ended.stderr
    );
    let within = "channel,case,text\nchat,28,5\" CANARY\nchat,28,CANARY\n";
    let ended = refused("rows.csv", within).await;
    assert!(
        ended.stderr.contains("\nrows.csv, line 2: a quote"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn of_bytes_that_are_no_text() {
    let place = Place::new().await;
    place.write(
        "rows.csv",
        b"channel,case,text\nchat,28,\xff\nchat,28,good\nchat,28,\xfe\n",
    );
    let ended = place.run("batch --yes --encoding utf-8 rows.csv").await;
    ended.assert_refused("rows.csv, lines 2, 4: cell 3 is not UTF-8\n");
    place.write(
        "rows",
        b"{\"channel\": \"chat\", \"case\": 28, \"text\": \"\xff\"}\n",
    );
    let ended = place.run("batch --yes rows").await;
    ended.assert_refused("line 1: not JSON, column");
    assert!(place.sandbox.received().is_empty());
}

#[tokio::test]
async fn longer_than_any_row() {
    let place = Place::new().await;
    place.write(
        "rows",
        [row(28, "good").into_bytes(), vec![b' '; (16 << 20) + 2]].concat(),
    );
    place
        .run("batch --yes rows")
        .await
        .assert_refused("line 2: is longer than 16777216 bytes");
    assert!(place.sandbox.received().is_empty());
}
