//! Comparing and printing JSON.

use std::collections::BTreeMap;

use serde_json::Value;

/// With the keys of every object in order, so that a snapshot doesn't depend on `serde_json`'s feature
/// `preserve_order`, which any crate of a build can switch on.
pub fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            members.into_iter().collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        scalar => scalar,
    }
}

/// What `typed` lacks, changes or adds, one line for each place. Only a documented null may be absent.
pub fn differences(documented: &Value, typed: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    compare("$", documented, typed, &mut differences);
    differences
}

fn compare(path: &str, documented: &Value, typed: &Value, differences: &mut Vec<String>) {
    match (documented, typed) {
        (Value::Object(documented), Value::Object(typed)) => {
            for (key, value) in documented {
                let path = format!("{path}.{key}");
                match typed.get(key) {
                    Some(typed) => compare(&path, value, typed, differences),
                    None if value.is_null() => {}
                    None => differences.push(format!("{path} is lost")),
                }
            }
            for key in typed.keys().filter(|key| !documented.contains_key(*key)) {
                differences.push(format!("{path}.{key} is invented"));
            }
        }
        (Value::Array(documented), Value::Array(typed)) if documented.len() == typed.len() => {
            for (index, (documented, typed)) in documented.iter().zip(typed).enumerate() {
                compare(&format!("{path}[{index}]"), documented, typed, differences);
            }
        }
        _ if documented == typed => {}
        _ => differences.push(format!("{path} was {documented}, is {typed}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_documented_null_may_be_absent() {
        let documented = json!({"a": null, "b": [{"c": null}]});
        assert_eq!(differences(&documented, &json!({"b": [{}]})), [""; 0]);
    }

    #[test]
    fn every_other_difference_is_reported_with_its_path() {
        let documented = json!({"a": "", "b": [{"c": 1}, {"d": []}], "e": null, "f": [1], "g": 1});
        let typed = json!({"b": [{"c": 2}, {"d": {}}], "e": 0, "f": [], "g": 1.0, "h": null});
        assert_eq!(
            differences(&documented, &typed),
            [
                "$.a is lost",
                "$.b[0].c was 1, is 2",
                "$.b[1].d was [], is {}",
                "$.e was null, is 0",
                "$.f was [1], is []",
                "$.g was 1, is 1.0",
                "$.h is invented",
            ]
        );
    }
}
