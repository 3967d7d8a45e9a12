//! What the body of a 200 means, plain and compressed.

use acquire_io_tests::fault::encoding::{bomb, gzip, raw_deflate, zlib};

use super::faults::*;

fn json(body: impl Into<Vec<u8>>) -> Step {
    whole(Answer::json(200, body))
}

pub(super) fn accepted_shapes() -> Vec<Row> {
    let half = |text: &str| text[..text.len() / 2].to_owned();
    let more = format!("{DOCUMENTED}!");
    let marked = format!("\u{feff}{DOCUMENTED}");
    let list = format!("[{DOCUMENTED}]");
    let text = |body: &str| {
        whole(
            Answer::new(200)
                .header("content-type", "text/plain")
                .body(body),
        )
    };
    // What is no object of Acquire's may be anything in between: a captive portal, a proxy, another host.
    let page = "<title>Welcome</title>";
    let with_error = DOCUMENTED.replacen('{', r#"{"error":{"code":"slow","message":"Slow"},"#, 1);
    let error_within = r#"{"data":{"id":1,"error":{"code":"slow","message":"Slow"}}}"#;
    let error_and_other = r#"{"error":{"code":"slow"},"data":{"id":"eight"}}"#;
    let length = DOCUMENTED.len();
    let mut rows = faults! {
        "200 with the documented answer", ALL, [Message, accept()] => TYPED;
        "200 with the documented answer as text/plain", ALL, [Message, text(DOCUMENTED)] => TYPED;
        "200 with a byte order mark before the documented answer", ALL, [Message, json(marked)] => TYPED;
        "200 with half of the JSON", ALL, [Message, json(half(DOCUMENTED))] => NOT_TYPED;
        "200 with more after the JSON", ALL, [Message, json(more)] => NOT_TYPED;
        "200 with as much as the limit", ALL, [Message, accept()] => TYPED, response_limit(length);
        "200 with more than the limit", ALL, [Message, accept()] => NOT_TYPED, response_limit(length - 1);
        "200 with something, and a limit of 0", ALL, [Message, accept()] => NOT_TYPED, response_limit(0);
        "200 with an empty body", ALL, [Message, whole(Answer::new(200))] => NOT_TYPED;
        "200 with white space", ALL, [Message, json(" \r\n")] => NOT_TYPED;
        "200 with HTML", ALL, [Message, whole(Answer::html(200, page))] => UNKNOWN;
        "200 with HTML as JSON", ALL, [Message, json(page)] => UNKNOWN;
        "200 with HTML, and a limit within it", ALL, [Message, whole(Answer::html(200, page))]
            => UNKNOWN, response_limit(10);
        "200 with a text", ALL, [Message, text("OK")] => UNKNOWN;
        "200 with invalid UTF-8 in JSON", ALL, [Message, json(b"{\"data\":\"\xff\"}")] => NOT_TYPED;
        "200 with invalid UTF-8", ALL, [Message, json(b"\xff\xfe{")] => UNKNOWN;
        "200 with another shape", ALL, [Message, json(r#"{"data":{"id":"eight"}}"#)] => NOT_TYPED;
        "200 with a JSON text", ALL, [Message, json(r#""sent""#)] => UNKNOWN;
        "200 with a number", ALL, [Message, json("1")] => UNKNOWN;
        "200 with true", ALL, [Message, json("true")] => UNKNOWN;
        "200 with []", ALL, [Message, json("[]")] => UNKNOWN;
        "200 with the documented answer in a list", ALL, [Message, json(list)] => UNKNOWN;
        "200 with null", ALL, [Message, json("null")] => UNKNOWN;
        "200 with {}", ALL, [Message, json("{}")] => TYPED;
        "200 with null as the error, without data", ALL, [Message, json(r#"{"error":null}"#)] => TYPED;
        "200 with an error and data of another shape", ALL, [Message, json(error_and_other)] => NOT_TYPED;
        "200 with an error and data", ALL, [Message, json(with_error)] => TYPED;
        "200 with an error within the data", ALL, [Message, json(error_within)] => TYPED;
        // The rest may have been data.
        "200 with half of an error", ALL, [Message, json(half(REFUSAL))] => UNKNOWN;
        "200 with an error, as HTML", ALL, [Message, whole(Answer::html(200, REFUSAL))] => REFUSED;
        "200 with an error, and a limit within it", ALL, [Message, json(REFUSAL)] => UNKNOWN, response_limit(20);
    };
    let error = r#"{"code":"case_closed","message":"The case is closed"}"#;
    let errors = format!("[{error}]");
    for (what, error, verdict) in [
        ("an error", error, REFUSED),
        (
            "a code alone as the error",
            r#"{"code":"case_closed"}"#,
            REFUSED,
        ),
        (
            "a message alone as the error",
            r#"{"message":"No"}"#,
            REFUSED,
        ),
        ("a text as the error", r#""no such case""#, REFUSED),
        ("a list as the error", &errors, REFUSED),
        (
            "a list of texts as the error",
            r#"["no such case"]"#,
            REFUSED,
        ),
        ("true as the error", "true", UNKNOWN),
        ("false as the error", "false", UNKNOWN),
        ("a number as the error", "7", UNKNOWN),
        ("an empty text as the error", r#""""#, UNKNOWN),
        ("an empty list as the error", "[]", UNKNOWN),
        ("an empty object as the error", "{}", UNKNOWN),
        (
            "an error without code and message",
            r#"{"code":null,"more":1}"#,
            UNKNOWN,
        ),
    ] {
        let body = format!(r#"{{"error":{error}}}"#);
        rows.extend(faults! {
            format!("200 with {what}, without data"), ALL, [Message, json(body)] => verdict;
        });
    }
    // With none of these a server has said that there is data.
    for data in ["null", "{}", "[]", "false", "0", r#""""#] {
        for (what, error, verdict) in [
            ("an error", error, REFUSED),
            ("true as the error", "true", UNKNOWN),
        ] {
            let body = format!(r#"{{"error":{error},"data":{data}}}"#);
            rows.extend(faults! {
                format!("200 with {what}, and {data} as data"), ALL, [Message, json(body)] => verdict;
            });
        }
    }
    rows
}

/// The client asks for `identity` and nothing else. What comes compressed all the same is decoded, within the limit. What
/// is not in the encoding that it claims stays as it is, and so does what the client can't decode.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compressed_answers() -> Result {
    let encoded = |encoding: &str, status, body: Vec<u8>| {
        whole(Answer::json(status, body).header("content-encoding", encoding))
    };
    let plain = || DOCUMENTED.into();
    let half = |whole: Vec<u8>| whole[..whole.len() / 2].to_vec();
    let page = "<title>Welcome</title>";
    let unclear = r#"{"error":true}"#;
    let two_encodings = gzip(zlib(DOCUMENTED)?)?;
    let two_headers = Answer::json(200, raw_deflate(gzip(DOCUMENTED)?)?)
        .header("content-encoding", "gzip")
        .header("content-encoding", "deflate");
    let (gzipped, zlibbed) = (|| gzip(DOCUMENTED), || zlib(DOCUMENTED));
    // A gigabyte of zeros in a megabyte, which takes longer than the whole test if it is not left alone.
    let bomb = bomb()?;
    let rows = faults! {
        "gzip", ALL, [Message, encoded("gzip", 200, gzipped()?)] => TYPED;
        "another name of it", ALL, [Message, encoded("x-gzip", 200, gzipped()?)] => TYPED;
        "in capitals", ALL, [Message, encoded("GZIP", 200, gzipped()?)] => TYPED;
        "zlib", ALL, [Message, encoded("deflate", 200, zlibbed()?)] => TYPED;
        "without zlib's head", ALL, [Message, encoded("deflate", 200, raw_deflate(DOCUMENTED)?)] => TYPED;
        "identity", ALL, [Message, encoded("identity", 200, plain())] => TYPED;
        "an empty name", ALL, [Message, encoded("", 200, plain())] => TYPED;
        "two encodings", ALL, [Message, encoded("deflate, gzip", 200, two_encodings)] => TYPED;
        "two headers", ALL, [Message, whole(two_headers)] => TYPED;
        "half of gzip", ALL, [Message, encoded("gzip", 200, half(gzipped()?))] => NOT_TYPED;
        "half of zlib", ALL, [Message, encoded("deflate", 200, half(zlibbed()?))] => NOT_TYPED;
        // It is what Acquire sends, only the header is wrong.
        "no gzip", ALL, [Message, encoded("gzip", 200, plain())] => TYPED;
        "no deflate", ALL, [Message, encoded("deflate", 200, plain())] => TYPED;
        "nothing", ALL, [Message, encoded("gzip", 200, Vec::new())] => NOT_TYPED;
        "unknown, but plain", ALL, [Message, encoded("br", 200, plain())] => TYPED;
        "unknown", ALL, [Message, encoded("br", 200, vec![0x1b, 0x2e, 0x01, 0xf8])] => UNKNOWN;
        "unknown below gzip", ALL, [Message, encoded("br, gzip", 200, gzip(b"\x1b\x2e")?)] => UNKNOWN;
        "a page", ALL, [Message, encoded("gzip", 200, gzip(page)?)] => UNKNOWN;
        "a page that is no gzip", ALL, [Message, encoded("gzip", 200, page.into())] => UNKNOWN;
        "an error that says nothing", ALL, [Message, encoded("gzip", 200, gzip(unclear)?)] => UNKNOWN;
        "an unknown refusal", ALL, [Message, encoded("br", 400, vec![0x1b, 0x2e, 0x01])] => REFUSED;
        "a refusal that is no gzip", ALL, [Message, encoded("gzip", 400, REFUSAL.into())] => REFUSED;
        "half of a refusal with 200", ALL, [Message, encoded("gzip", 200, half(gzip(REFUSAL)?))] => UNKNOWN;
        "200, gzip", ALL, [Message, encoded("gzip", 200, gzip(REFUSAL)?)] => REFUSED;
        "200, zlib", ALL, [Message, encoded("deflate", 200, zlib(REFUSAL)?)] => REFUSED;
        "400, gzip", ALL, [Message, encoded("gzip", 400, gzip(REFUSAL)?)] => REFUSED;
        "400, zlib", ALL, [Message, encoded("deflate", 400, zlib(REFUSAL)?)] => REFUSED;
        "a bomb", ALL, [Message, encoded("gzip", 200, bomb.clone())] => UNKNOWN, response_limit(100_000);
        "a bomb that refuses", ALL, [Message, encoded("gzip", 400, bomb)] => REFUSED, response_limit(100_000);
    };
    run(rows).await?;
    Ok(())
}
