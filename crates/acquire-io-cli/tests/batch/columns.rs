//! Tables with columns of their own, and the options that say what the columns are.

use serde_json::Value;

use crate::support::Place;

const SMS: &str = "--set channel=sms --set from=+12513188609 --set timeline=2108";

/// What of each SMS that was received is of interest.
fn sent(place: &Place) -> Vec<[String; 3]> {
    let received = place.sandbox.received();
    let sent = received.iter().map(|received| {
        let body: Value = serde_json::from_slice(&received.body).unwrap();
        ["To", "From", "Body"].map(|name| body[name].as_str().unwrap_or_default().to_owned())
    });
    sent.collect()
}

#[tokio::test]
async fn are_known_in_any_case_mapped_set_and_ignored() {
    let place = Place::new().await;
    place.write(
        "rows.csv",
        "CASE,Contact,Phone,TEXT,Message-Type,Notes\n2219,751069,+919666929552,a,message,vip\n",
    );
    let ended = place
        .run(&format!("batch --yes --map Phone=to {SMS} rows.csv"))
        .await;
    ended.assert_refused(
        "rows.csv, line 1: 1 column is neither a field nor used by a template: `Notes` (--map \"Notes=note\"?).",
    );
    let ended = place
        .run(&format!(
            "batch --yes --map phone=To --ignore-columns {SMS} rows.csv"
        ))
        .await;
    ended.assert_code(0);
    assert_eq!(sent(&place), [["+919666929552", "+12513188609", "a"]]);
}

#[tokio::test]
async fn that_are_unknown_are_all_named_with_what_they_may_be() {
    let place = Place::new().await;
    place.write("rows.csv", "Name,Phone,Txt,Channel,Case\nAnn,x,y,chat,28\n");
    let ended = place.run("batch --yes rows.csv").await;
    ended.assert_refused(
        "3 columns are neither a field nor used by a template: `Name`, `Phone` (--map \"Phone=to\"?), `Txt` (--map \"Txt=text\"?).",
    );
    ended.assert_refused("acquire: the header is wrong, 1 row is wrong, nothing was sent\n");
}

#[tokio::test]
async fn that_are_missing_are_reported_once() {
    let place = Place::new().await;
    let rows = "+919666929552,a\n".repeat(200);
    place.write("rows.csv", format!("to,text\n{rows}"));
    let ended = place.run("batch --yes --set channel=sms rows.csv").await;
    ended.assert_refused(
        "line 1: no column gives `case`, `contact`, `timeline`, `from`, which an SMS needs: ",
    );
    ended.assert_refused("A message goes into a case, a conversation with the contact: `case` is its ID in Acquire\n");
    ended.assert_refused("acquire: the header is wrong, nothing was sent\n");
    let ended = place.run("batch --yes rows.csv").await;
    ended.assert_refused("no column gives `channel`, `case`, which a message needs: ");
}

#[tokio::test]
async fn options_that_contradict_each_other_or_the_file_are_refused() {
    let place = Place::new().await;
    place.write("rows.csv", "channel,case,text\nchat,28,a\n");
    for (options, problem) in [
        ("--map Phone", "--map Phone: write COLUMN=FIELD"),
        ("--map =to", "--map =to: write COLUMN=FIELD"),
        (
            "--set channel=sms --html-template {{case}}",
            "--html-template is for e-mails, and --set channel=sms leaves none",
        ),
        (
            "--map Phone=too",
            "--map: there is no field too, did you mean to? There are channel, ",
        ),
        (
            "--map A=text --map B=text",
            "--map B=text: its column or its field is mapped twice",
        ),
        (
            "--map Phone=to",
            "--map names columns that the file doesn't have: `Phone`. It has `channel`, `case`, `text`",
        ),
        ("--set colour=red", "--set: there is no field colour"),
        (
            "--set key=k",
            "--set key: it identifies a row, so it can't be the same in all",
        ),
        (
            "--set case=28",
            "column B: `case` is given by the column, and by --set case: use one of them",
        ),
        ("--set meta={", "--set meta: it is not JSON"),
        ("--set text=a --set text=b", "--set text: it is set twice"),
        (
            "--set text=a --template {{case}}",
            "--set text: a template fills it",
        ),
        (
            "--set channel=sms --set from=0170",
            "--set from: it is a national number",
        ),
        (
            "--set note=#N/A",
            "--set note: it is an error of the spreadsheet",
        ),
        (
            "--default-country UK",
            "the two letters of the United Kingdom are GB",
        ),
    ] {
        place
            .run(&format!("batch --yes {options} rows.csv"))
            .await
            .assert_refused(problem);
    }
    // The column is dropped, and the text is set.
    let ended = place
        .run("batch --yes --map text= --set text=b rows.csv")
        .await;
    ended.assert_code(0);
    assert_eq!(place.texts(), ["b"]);
}

/// What the first message of a list goes by: rows are the same as before whatever the options are.
#[tokio::test]
async fn options_make_no_other_rows() {
    let place = Place::new().await;
    place.write(
        "rows.csv",
        "Case,Contact,Phone,Mobile\n2219,751069,+919666929552,+919666929553\n",
    );
    let run = async |options: &str| {
        place
            .run(&format!(
                "batch --yes --ignore-columns {SMS} {options} rows.csv"
            ))
            .await
    };
    run("--map Phone=to --set text=a").await.assert_code(0);
    for options in [
        "--map Phone=to --set text=b",
        "--map Mobile=to --set text=a",
        "--map Phone=to --set text=a --set title=t",
    ] {
        let ended = run(options).await;
        ended.assert_code(0);
        assert!(
            ended.stderr.contains("changed after it was accepted, and not sent again: line 2. To send these rows another message, name another outbox"),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(sent(&place).len(), 1);
}

#[tokio::test]
async fn another_sender_is_of_what_was_not_sent() {
    let place = Place::failing([
        serde_json::json!({"match": {"nth": 2}, "action": {"type": "answer", "status": 400}}),
    ])
    .await;
    place.write(
        "rows.csv",
        "Case,Contact,Timeline,To\n2219,751069,2108,+919666929552\n2219,751069,2108,+919666929553\n",
    );
    let run = async |from: &str| {
        place.run(&format!("batch --yes --concurrency 1 --set channel=sms --set text=a --set from={from} rows.csv")).await
    };
    let ended = run("+12513188609").await;
    ended.assert_code(4);
    place.set_faults([]);
    // The sandbox has no such number.
    let ended = run("+12513188610").await;
    ended.assert_code(4);
    let sent = sent(&place);
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert_eq!(sent[2][..2], ["+919666929553", "+12513188610"]);
}

#[tokio::test]
async fn without_a_name_and_with_values_are_refused() {
    let place = Place::new().await;
    place.write(
        "rows.csv",
        "channel,,case,text\nchat,,28,a\nchat,secret,28,b\n",
    );
    let ended = place.run("batch --yes rows.csv").await;
    ended.assert_refused(
        "rows.csv, line 3, column B: the column has values, and no name in the header",
    );
    place
        .run("batch --yes --ignore-columns rows.csv")
        .await
        .assert_code(0);
    assert_eq!(place.texts(), ["a", "b"]);
}

/// What `acquire outbox export` writes is the row as it was read, for the same options.
#[tokio::test]
async fn of_rows_that_failed_are_exported_as_they_were() {
    let place = Place::failing([
        serde_json::json!({"match": {"nth": 1}, "action": {"type": "answer", "status": 400}}),
    ])
    .await;
    place.write(
        "rows.csv",
        "Phone;Name;CASE;Contact\n0151 12345671;Ann;2219;751069\n0151 12345672;Bob;2219;751069\n",
    );
    let options = format!(
        "--map Phone=to --default-country DE --template {{{{name}}}}! --concurrency 1 {SMS}"
    );
    place
        .run(&format!("batch --yes {options} rows.csv"))
        .await
        .assert_code(4);
    let exported = place.run("outbox export --failed rows.csv").await;
    exported.assert_code(0);
    assert_eq!(
        exported.stdout.lines().next(),
        Some("Phone,Name,case,contact,error"),
        "{}",
        exported.stdout
    );
    assert!(
        exported.stdout.contains("0151 12345671,Ann,2219,751069,"),
        "{}",
        exported.stdout
    );
    // The exported row is the row of the file: it was refused, and is not new.
    place.write("failed.csv", &exported.stdout);
    place.set_faults([]);
    let ended = place
        .run(&format!(
            "batch --yes {options} --outbox rows.csv.outbox failed.csv"
        ))
        .await;
    ended.assert_code(4);
    assert_eq!(sent(&place).len(), 2, "{}", ended.stderr);
}

/// A row without a header is a message, and isn't quoted.
#[tokio::test]
async fn without_names_are_not_quoted() {
    let place = Place::new().await;
    place.write(
        "rows.csv",
        "Ann,+4915112345678,secret\nBob,+4915112345679,secret\n",
    );
    let ended = place.run("batch --yes --ignore-columns rows.csv").await;
    ended.assert_refused(
        "line 1: the first row looks like data, since no cell of it names a column",
    );
    for content in ["Ann", "49151", "secret"] {
        assert!(!ended.stderr.contains(content), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn json_has_members_in_the_place_of_columns() {
    let place = Place::new().await;
    place.write(
        "rows.ndjson",
        r#"{"Case": 2219, "contact": 751069, "phone": "0151 12345678", "name": "Ann", "vip": true, "orders": [1]}
"#,
    );
    let options = "--map phone=to --default-country DE --template {{name}}:{{vip}}";
    let ended = place
        .run(&format!("batch --yes {SMS} {options} rows.ndjson"))
        .await;
    let set = "--set contact=1 --set text=a";
    let ended_of_both = place
        .run(&format!(
            "batch --yes --ignore-columns {SMS} {set} rows.ndjson"
        ))
        .await;
    ended_of_both.assert_refused("line 1: `contact` is given by the row, and by --set");
    ended.assert_refused("line 1: `orders` is not a field of");
    let ended = place
        .run(&format!(
            "batch --yes --ignore-columns {SMS} {options} rows.ndjson"
        ))
        .await;
    ended.assert_code(0);
    assert_eq!(
        sent(&place),
        [["+4915112345678", "+12513188609", "Ann:true"]]
    );
}
