//! Texts with the columns of a row in them.

use serde_json::Value;

use crate::support::{Place, ended};

const ROWS: &str = "Case,First name,Sum\n28,Ann <A>,0012.50\n28,Bob,7\n";

fn bodies(place: &Place) -> Vec<Value> {
    let received = place.sandbox.received();
    let bodies = received
        .iter()
        .map(|received| serde_json::from_slice(&received.body).unwrap());
    bodies.collect()
}

#[tokio::test]
async fn from_a_file_or_from_the_argument() {
    let place = Place::new().await;
    place.write("rows.csv", ROWS);
    place.write(
        "hello.txt",
        "\u{feff}Hi {{ first_name }},\r\n{{ SUM }} EUR\r\n",
    );
    let run = async |template: &str, outbox: &str| {
        let mut command = place.acquire(&format!(
            "batch --yes --concurrency 1 --set channel=chat --outbox {outbox}"
        ));
        ended(command.args(["--template", template, "rows.csv"])).await
    };
    run("hello.txt", "1.outbox").await.assert_code(0);
    run("Hi {{FirstName}}: {{ sum }}", "2.outbox")
        .await
        .assert_code(0);
    assert_eq!(
        place.texts(),
        [
            "Hi Ann <A>,\r\n0012.50 EUR",
            "Hi Bob,\r\n7 EUR",
            "Hi Ann <A>: 0012.50",
            "Hi Bob: 7"
        ]
    );
    // A file that is missing is no text.
    for missing in ["helo.txt", "my hello.txt", "Hello!"] {
        let ended = run(missing, "3.outbox").await;
        ended.assert_refused(
            "--template: there is no file of that name, and as a text it has no {{ column }}",
        );
    }
    place.write("latin.txt", b"Gr\xfc\xdfe {{ sum }}");
    run("latin.txt", "3.outbox")
        .await
        .assert_refused("--template latin.txt: it is not UTF-8");
    place.write("empty.txt", "\n");
    run("empty.txt", "3.outbox")
        .await
        .assert_refused("--template: it is empty");
    assert!(!place.path("3.outbox").exists());
}

#[tokio::test]
async fn of_an_email_escape_values_in_html() {
    let place = Place::new().await;
    place.write(
        "rows.csv",
        "case,contact,to,name\n575,597632,a@example.com,\"Ann <b> & \"\"Co\"\"\"\n",
    );
    place.write("mail.html", "<p title=\"{{ name }}\">Hi {{ name }}</p>");
    let mut command = place.acquire(
        "batch --yes --set channel=mail --set from=user@acquire.io --html-template mail.html",
    );
    command.args([
        "--subject-template",
        "For {{ name }}",
        "--template",
        "Hi {{ name }}",
        "rows.csv",
    ]);
    ended(&mut command).await.assert_code(0);
    let data = bodies(&place)[0]["data"].clone();
    assert_eq!(data["subject"], "For Ann <b> & \"Co\"");
    assert_eq!(data["textBody"], "Hi Ann <b> & \"Co\"");
    let html =
        "<p title=\"Ann &lt;b&gt; &amp; &quot;Co&quot;\">Hi Ann &lt;b&gt; &amp; &quot;Co&quot;</p>";
    assert_eq!(data["htmlBody"], html);
}

#[tokio::test]
async fn that_are_wrong_are_refused_with_their_line() {
    let place = Place::new().await;
    place.write("rows.csv", ROWS);
    place.write("t", "Hi\n{{ frist_name }} {{ colour }}");
    let ended = place
        .run("batch --yes --set channel=chat --template t --ignore-columns rows.csv")
        .await;
    ended.assert_refused("line 1: no column is called `frist_name`, did you mean {{ first_name }}? (--template t, line 2)");
    ended.assert_refused(
        "no column is called `colour`, there are case, first_name, sum (--template t, line 2)",
    );
    place.write("t", "Hi\n{{ first name }}");
    let ended = place
        .run("batch --yes --set channel=chat --template t rows.csv")
        .await;
    ended.assert_refused("--template t, line 2: syntax error");
    place.write("t", "Hi\n{% for c in sum %}{% endfor %}");
    let ended = place
        .run("batch --yes --set channel=chat --template t rows.csv")
        .await;
    ended.assert_refused("--template t, line 2: {% for %} isn't supported");
    place.write("rows.csv", "channel,case,text\nchat,28,a\n");
    let ended = place.run("batch --yes --template {{case}} rows.csv").await;
    ended.assert_refused("column C: `text` is given by the column, and by --template: use one of them; --map \"text=\" ignores");
    assert!(place.texts().is_empty());
}

#[tokio::test]
async fn without_a_value_are_refused_with_row_column_and_name() {
    let place = Place::new().await;
    place.write(
        "rows.csv",
        "Case,First name,Sum\n28,Ann,7\n28,,#REF!\n28, ,7\n",
    );
    place.write("t", "Hi {{ first_name }}: {{ sum }}");
    let ended = place
        .run("batch --yes --set channel=chat --template t rows.csv")
        .await;
    ended.assert_refused(
        "rows.csv, lines 3, 4, column B (First name): `first_name` is empty: fill it in, or write {{ first_name | default(\"...\") }} \
         (--template t, line 1)\n",
    );
    ended.assert_refused("rows.csv, line 3, column C (Sum): `Sum` is an error of the spreadsheet");
    ended.assert_refused("2 rows are wrong, nothing was sent");
}

/// A text that a template uses is no field, where a message can't have both.
#[tokio::test]
async fn can_use_columns_that_are_called_like_fields() {
    let place = Place::new().await;
    place.write("rows.csv", "Case,Text,Note,Subject\n28,ready,x,Order 17\n");
    let run = async |options: &str, outbox: &str| {
        let arguments = format!(
            "batch --yes --set channel=chat {options} --outbox {outbox} rows.csv --template"
        );
        ended(
            place
                .acquire(&arguments)
                .arg("{{ subject }} is {{ text }}{{ note }}."),
        )
        .await
    };
    run("", "1.outbox").await.assert_code(0);
    assert_eq!(place.texts(), ["Order 17 is readyx."]);
    run("--map Note=note", "2.outbox")
        .await
        .assert_refused("`text` excludes `note` and `event`");
}

#[tokio::test]
async fn that_are_corrected_are_for_what_was_not_sent() {
    let place = Place::failing([
        serde_json::json!({"match": {"nth": 2}, "action": {"type": "answer", "status": 400}}),
    ])
    .await;
    place.write("rows.csv", ROWS);
    let run = async |template: &str| {
        place.write("t", template);
        place.run("batch --yes --concurrency 1 --set channel=chat --ignore-columns --template t rows.csv").await
    };
    run("Helo {{ first_name }}").await.assert_code(4);
    place.set_faults([]);
    let ended = run("Hello {{ first_name }}, {{ sum }}").await;
    ended.assert_code(0);
    assert_eq!(place.texts(), ["Helo Ann <A>", "Helo Bob", "Hello Bob, 7"]);
    assert!(
        ended.stderr.contains("not sent again: line 2"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.ends_with(
            "2 rows: 2 accepted (1 in earlier runs), 0 refused, 0 not sent, 0 unknown\n"
        ),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn that_nobody_has_filled_in_are_a_warning() {
    let place = Place::new().await;
    place.write("rows.csv", "channel,case,text\nchat,28,Hi {Name}\nchat,28,Hi Ann\nchat,28,%%NAME%%\nchat,28,{{ name }}\n");
    let ended = place.run("batch --yes rows.csv").await;
    ended.assert_code(0);
    for (line, kind) in [(2, "{"), (4, "%%"), (5, "{{")] {
        let warning = format!(
            "warning: rows.csv, line {line}, column C: `text` contains `{kind}`, which is sent unchanged"
        );
        assert!(
            ended.stderr.contains(&warning),
            "{warning}: {}",
            ended.stderr
        );
    }
    // It is content of a message, and for terminals alone.
    assert!(
        !ended.stderr.contains("Name}") && !ended.stderr.contains("NAME"),
        "{}",
        ended.stderr
    );
    assert_eq!(place.texts().len(), 4);
    let ended = place.run("-q batch --yes rows.csv").await;
    assert_eq!(ended.stderr, "");
}
