//! What went over the wire, as text for a snapshot.

use acquire_io_sandbox::Received;

use crate::Result;
use crate::json::sorted;

/// The whole exchange: request line, every header, body, and the status of the answer. What differs from
/// run to run and from release to release is replaced by a placeholder.
///
/// # Errors
/// When a header is not text or the body is not JSON.
pub fn exchange(received: &Received) -> Result<String> {
    let Received {
        method,
        uri,
        headers,
        body,
        status,
        ..
    } = received;
    let mut lines = vec![format!("{method} {}", uri.path())];
    lines.extend(uri.query().map(|query| format!("?{query}")));
    lines.push(String::new());

    let mut fields = Vec::new();
    for (name, value) in headers {
        fields.push(format!(
            "{name}: {}",
            stable(name.as_str(), value.to_str()?)
        ));
    }
    fields.sort();
    lines.extend(fields);
    lines.push(String::new());

    let body = sorted(serde_json::from_slice(body)?);
    lines.push(serde_json::to_string_pretty(&body)?);
    lines.push(String::new());
    lines.push(match status {
        Some(status) => format!("-> {status}"),
        None => "-> no answer".to_owned(),
    });
    Ok(lines.join("\n"))
}

fn stable(name: &str, value: &str) -> String {
    match (name, value.rsplit_once(':'), value.split_once('/')) {
        ("host", Some((host, _)), _) => format!("{host}:<port>"),
        ("user-agent", _, Some((product, _))) => format!("{product}/<version>"),
        _ => value.to_owned(),
    }
}
