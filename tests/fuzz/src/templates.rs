//! A template and the values of its columns: it makes a text of a bounded length, or says in a line what is wrong.

use acquire_io_cli::probe;

use crate::private::assert_hides;

/// No message is as long.
const LONGEST: usize = 1 << 20;

/// Takes the bytes as texts with a zero byte between them: a template, then a name and a value for each column.
pub fn run(data: &[u8]) {
    let Ok(data) = std::str::from_utf8(data) else {
        return;
    };
    let mut texts = data.split('\0');
    let template = texts.next().unwrap_or_default();
    let columns: Vec<_> = texts.collect();
    let mut columns: Vec<_> = columns
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[name, value]| (*name, *value))
        .collect();
    columns.push(("tag", "<CANARY>"));
    for is_html in [false, true] {
        match probe::template(template, is_html, &columns) {
            Ok(text) => {
                assert!(text.len() <= LONGEST, "{} bytes", text.len());
                let is_escaped =
                    is_html && !template.contains("safe") && !template.contains("<CANARY>");
                assert!(!is_escaped || !text.contains("<CANARY>"), "{text}");
            }
            Err(problem) => {
                assert!(!problem.contains(char::is_control), "{problem:?}");
                assert_hides(&problem, template);
            }
        }
    }
    // Without a value, a variable is an error or is asked for.
    let _ = probe::template(template, false, &[]);
    for (_, value) in columns {
        let _ = probe::phone_number(value, Some("DE"));
        match probe::phone_number(value, None) {
            Ok(number) => {
                let digits = number.strip_prefix('+').unwrap_or(&number);
                let is_number =
                    (4..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
                assert!(is_number, "{number:?} of {value:?}");
                // What was read is read as itself.
                assert_eq!(probe::phone_number(&number, None), Ok(number));
            }
            Err(problem) => assert_hides(&problem, ""),
        }
    }
}
