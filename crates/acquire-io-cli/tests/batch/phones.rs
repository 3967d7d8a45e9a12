//! Phone numbers as spreadsheets and people write them.

use serde_json::Value;

use crate::support::Place;

const SMS: &str = "--set channel=sms --set from=+12513188609 --set case=2219 --set contact=751069 --set timeline=2108 --set text=a";

async fn refused(numbers: &[&str], options: &str) -> String {
    let place = Place::new().await;
    place.write("rows.csv", format!("Phone\n{}\n", numbers.join("\n")));
    let ended = place
        .run(&format!(
            "batch --yes --map Phone=to {SMS} {options} rows.csv"
        ))
        .await;
    ended.assert_code(2);
    assert!(place.sandbox.received().is_empty());
    for number in numbers {
        assert!(!ended.stderr.contains(number), "{}", ended.stderr);
    }
    ended.stderr
}

#[tokio::test]
async fn that_a_spreadsheet_has_damaged_are_refused_with_what_it_did() {
    let numbers = [
        "4.41E+11",
        "4,41E+11",
        "#N/A",
        "#BEZUG!",
        "01.07.2026",
        "45123",
        "441632960960.0",
        "########",
        "1632960960",
    ];
    let said = refused(
        &numbers
            .map(|number| format!("\"{number}\""))
            .each_ref()
            .map(String::as_str),
        "",
    )
    .await;
    for expected in [
        "lines 2, 3, column A (Phone): `to` was shortened by a spreadsheet, which took it for a number: format the column as text",
        "lines 4, 5, column A (Phone): `to` is an error of the spreadsheet",
        "lines 6, 7, column A (Phone): `to` was turned into a date",
        "line 8, column A (Phone): `to` was written as a decimal number",
        "line 9, column A (Phone): `to` is what a spreadsheet shows where a column is too narrow",
        "line 10, column A (Phone): `to` has no country code; a spreadsheet may have dropped a 0 or a + before it: use --default-country",
        "9 rows are wrong, nothing was sent",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[tokio::test]
async fn of_a_country_need_it() {
    let said = refused(&["01632 960960", "+44 1632 960"], "").await;
    assert!(said.contains("line 2, column A (Phone): `to` is a national number, since it begins with 0: use --default-country"), "{said}");
    assert!(
        said.contains(
            "line 3, column A (Phone): `to` has too few or too many digits for a number of +44"
        ),
        "{said}"
    );
    let said = refused(&["919666929552"], "--default-country DE").await;
    assert!(
        said.contains("`to` can be a number of DE, or one of IN: write it with +"),
        "{said}"
    );
    let said = refused(&["01632"], "--default-country GB").await;
    assert!(said.contains("`to` is not a number of GB"), "{said}");
}

#[tokio::test]
async fn are_sent_in_international_form_and_others_as_they_are() {
    let place = Place::new().await;
    let numbers = [
        "0151 12345671",
        "0049-151-12345672",
        "15112345673",
        "+49 (0)151/12345674",
        "+4915112345675",
    ];
    place.write("rows.csv", format!("Phone\n{}\n", numbers.join("\n")));
    let options = format!("--map Phone=to {SMS} --concurrency 1");
    place
        .run(&format!(
            "batch --yes {options} --default-country de rows.csv"
        ))
        .await
        .assert_code(0);
    place.write("more.csv", "Phone\n919666929553\n+919666929554\n");
    place
        .run(&format!("batch --yes {options} more.csv"))
        .await
        .assert_code(0);
    let received = place.sandbox.received();
    let to = received.iter().map(|received| {
        let body: Value = serde_json::from_slice(&received.body).unwrap();
        body["To"].as_str().unwrap().to_owned()
    });
    let expected = [
        "+4915112345671",
        "+4915112345672",
        "+4915112345673",
        "+4915112345674",
        "+4915112345675",
        "919666929553",
        "+919666929554",
    ];
    assert_eq!(to.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn that_no_plan_has_are_a_warning() {
    let place = Place::new().await;
    place.write("rows.csv", "Phone\n+447700900123\n");
    let ended = place
        .run(&format!("batch --yes --map Phone=to {SMS} rows.csv"))
        .await;
    ended.assert_code(0);
    let warning =
        "warning: rows.csv, line 2, column A (Phone): `to` is in no known numbering plan\n";
    assert!(ended.stderr.contains(warning), "{}", ended.stderr);
}
