//! From a list of customers, as German Excel exports it, to sent.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::dialects::workbook;
use crate::support::Place;

/// Windows-1252 has the code points of Latin-1 for these letters.
fn windows_1252(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| if c == '€' { 0x80 } else { u32::from(c) as u8 })
        .collect()
}

/// 200 customers, and what was damaged: a shortened number, an error, and a missing name.
fn customers(is_corrected: bool) -> Vec<u8> {
    let mut table =
        "sep=;\r\nKunden-Nr.;Vorname;Telefon;Betrag;Vorgang;Kontakt;Zeitachse;Notiz\r\n".to_owned();
    for number in 1..=200 {
        let (mut name, mut phone) = (
            format!("Jürgen {number}"),
            format!("0151 / 12345{number:03}"),
        );
        match number {
            17 if !is_corrected => phone = "4,91511E+12".to_owned(),
            60 if !is_corrected => phone = "#NV".to_owned(),
            150 if !is_corrected => name.clear(),
            _ => {}
        }
        let note = if number % 2 == 0 {
            "\"ruft an;\r\nabends\""
        } else {
            ""
        };
        writeln!(
            table,
            "K-{number};{name};{phone};{number},50 €;2219;751069;2108;{note}\r"
        )
        .unwrap();
    }
    windows_1252(&table)
}

#[tokio::test]
async fn three_damaged_rows_are_found_and_corrected_and_then_all_is_sent() {
    let place = Place::new().await;
    place.write("kunden.csv", customers(false));
    place.write(
        "gruss.txt",
        "Hallo {{ Vorname }}, Ihre Rechnung über {{ Betrag }} ist da.\r\n",
    );
    let command = "batch kunden.csv --template gruss.txt --map Telefon=to --map Kunden-Nr.=key --map Vorgang=case --map Kontakt=contact \
                   --map Zeitachse=timeline --set channel=sms --set from=+12513188609 --set lane=false --default-country DE --ignore-columns --yes";

    let ended = place.run(command).await;
    ended.assert_code(2);
    for expected in [
        "kunden.csv: read as CSV, semicolons, Windows-1252, 200 rows",
        "(K-17), column C (Telefon): `to` was shortened by a spreadsheet, which took it for a number: format the column as text, \
         and enter the number again\n",
        "(K-60), column C (Telefon): `to` is an error of the spreadsheet: correct the formula of the cell\n",
        "(K-150), column B (Vorname): `Vorname` is empty: fill it in, or write {{ Vorname | default(\"...\") }} (--template gruss.txt, \
         line 1)\n",
        "acquire: 3 rows are wrong, nothing was sent\n",
    ] {
        assert!(
            ended.stderr.contains(expected),
            "{expected}: {}",
            ended.stderr
        );
    }
    assert_eq!(ended.stderr.lines().count(), 5, "{}", ended.stderr);
    assert!(place.sandbox.received().is_empty());

    place.write("kunden.csv", customers(true));
    let ended = place.run(command).await;
    ended.assert_code(0);
    assert!(
        ended
            .stderr
            .ends_with("200 rows: 200 accepted, 0 refused, 0 not sent, 0 unknown\n"),
        "{}",
        ended.stderr
    );
    let received = place.sandbox.received();
    assert_eq!(received.len(), 200);
    let sent: BTreeSet<_> = received
        .iter()
        .map(|received| {
            let body: Value = serde_json::from_slice(&received.body).unwrap();
            let text = |name: &str| body[name].as_str().unwrap().to_owned();
            (text("To"), text("From"), text("Body"))
        })
        .collect();
    let expected = (1..=200).map(|number| {
        let text = format!("Hallo Jürgen {number}, Ihre Rechnung über {number},50 € ist da.");
        (
            format!("+4915112345{number:03}"),
            "+12513188609".to_owned(),
            text,
        )
    });
    assert_eq!(sent, expected.collect());

    // Nothing is sent twice.
    place.run(command).await.assert_code(0);
    assert_eq!(place.sandbox.received().len(), 200);
}

/// Numbers that Excel took for numbers: the plus or the 0 is gone. A formula of the third row has no value.
#[tokio::test]
async fn a_workbook_is_sent_with_its_own_columns() {
    let place = Place::new().await;
    let text = |text: &str| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
    let number = |number: &str| format!("<c><v>{number}</v></c>");
    let row = |cells: &[String]| format!("<row>{}</row>", cells.concat());
    let ids = || ["2219", "751069", "2108"].map(number).concat();
    let header = ["Name", "Phone", "Case", "Contact", "Timeline"].map(&text);
    let customer = |name: &str, phone: String| row(&[text(name), phone, ids()]);
    let table = |third: String| {
        workbook(
            &[
                row(&header),
                customer("Ann", number("447911123456")),
                customer("Bob", number("7911123457")),
                customer("Cid", third),
            ]
            .concat(),
        )
    };
    place.write("hello.txt", "Hi {{ name }}!\n");
    let command = "batch customers.xlsx --template hello.txt --map Phone=to --set channel=sms --set from=+12513188609 \
                   --default-country GB --yes";
    place.write(
        "customers.xlsx",
        table(r#"<c t="e"><v>#N/A</v></c>"#.to_owned()),
    );
    let ended = place.run(command).await;
    ended.assert_refused(
        "customers.xlsx, sheet Table, row 4, column B (Phone): `to` is an error of the spreadsheet: correct the formula of the cell\n",
    );
    place.write("customers.xlsx", table(text("+44 7911 123458")));
    place.run(command).await.assert_code(0);
    let received = place.sandbox.received();
    let mut sent: Vec<_> = received
        .iter()
        .map(|received| {
            let body: Value = serde_json::from_slice(&received.body).unwrap();
            (body["To"].clone(), body["Body"].clone())
        })
        .collect();
    sent.sort_unstable_by_key(|(to, _)| to.to_string());
    let expected = [
        ("+447911123456", "Hi Ann!"),
        ("+447911123457", "Hi Bob!"),
        ("+447911123458", "Hi Cid!"),
    ];
    assert_eq!(sent, expected.map(|(to, text)| (to.into(), text.into())));
}

/// `#SPILL!` is newer than the library that reads sheets.
#[tokio::test]
async fn an_error_that_is_not_known_is_that_of_its_row() {
    let place = Place::new().await;
    let text = |text: &str| format!(r#" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let row = |number: u32, cells: [String; 3]| {
        let cells = ["A", "B", "C"]
            .map(|column| format!(r#"<c r="{column}{number}""#))
            .into_iter()
            .zip(cells);
        let cells: String = cells.map(|(start, rest)| start + &rest).collect();
        format!(r#"<row r="{number}">{cells}</row>"#)
    };
    let table = |third: String| {
        let rows = [
            row(1, ["channel", "case", "text"].map(text)),
            row(2, ["chat", "28", "a"].map(text)),
            row(3, [text("chat"), text("28"), third]),
            row(4, ["chat", "28", "c"].map(text)),
        ];
        workbook(&rows.concat())
    };
    place.write(
        "rows.xlsx",
        table(r#" t="e"><v>#SPILL!</v></c>"#.to_owned()),
    );
    let ended = place.run("batch --yes rows.xlsx").await;
    ended.assert_refused(
        "rows.xlsx, sheet Table, row 3, column C: `text` is an error of the spreadsheet: correct the formula of the cell\n\
         acquire: 1 row is wrong, nothing was sent\n",
    );
    place.write("rows.xlsx", table(text("b")));
    let checked = place.run("batch --check rows.xlsx").await;
    checked.assert_code(0);
    for row in ["row 2:", "row 3:", "row 4:"] {
        assert!(
            checked.stdout.contains(&format!("\n{row}\n")),
            "{}",
            checked.stdout
        );
    }
}
