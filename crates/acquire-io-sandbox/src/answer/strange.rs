//! Answers that the documentation doesn't show.

use fastrand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One field of this many is made strange.
const ONE_IN: u32 = 6;

/// Makes answers strange, reproducibly by a seed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Strange {
    /// The same seed makes the same answers. By default 0.
    #[serde(default)]
    pub seed: u64,
    /// What is done to them. Empty, the default, means everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oddities: Vec<Oddity>,
}

impl Strange {
    /// Everything, by a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            oddities: Vec::new(),
        }
    }
}

/// What is done to an answer's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Oddity {
    /// It is left out.
    Removed,
    /// It is null.
    Null,
    /// An undocumented field is added beside it.
    UnknownField,
    /// A text is replaced by an undocumented one.
    UnknownValue,
    /// It has another JSON type.
    WrongType,
}

impl Oddity {
    const ALL: [Self; 5] = [
        Self::Removed,
        Self::Null,
        Self::UnknownField,
        Self::UnknownValue,
        Self::WrongType,
    ];
}

/// Makes an answer strange below `data`, differently each turn.
pub(crate) fn make_strange(answer: &mut Value, strange: &Strange, turn: u64) {
    // The generator scrambles its seed, so neighbouring numbers are fine.
    let mut rng = Rng::with_seed(strange.seed ^ turn.rotate_left(32));
    let oddities = match strange.oddities.as_slice() {
        [] => &Oddity::ALL,
        some => some,
    };
    let before = answer.clone();
    // Small answers may need another try.
    for _ in 0..100 {
        distort(&mut answer["data"], oddities, &mut rng);
        if *answer != before {
            return;
        }
    }
}

fn distort(value: &mut Value, oddities: &[Oddity], rng: &mut Rng) {
    match value {
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| distort(item, oddities, rng)),
        Value::Object(members) => {
            let keys: Vec<String> = members.keys().cloned().collect();
            for key in keys {
                if rng.u32(..ONE_IN) != 0 {
                    if let Some(member) = members.get_mut(&key) {
                        distort(member, oddities, rng);
                    }
                    continue;
                }
                match rng.choice(oddities) {
                    Some(Oddity::Removed) => {
                        members.remove(&key);
                    }
                    Some(Oddity::Null) => {
                        members.insert(key, Value::Null);
                    }
                    Some(Oddity::UnknownField) => {
                        members.insert(format!("sandbox_{key}"), json!({"unknown": [key]}));
                    }
                    Some(Oddity::UnknownValue) => {
                        if let Some(Value::String(text)) = members.get_mut(&key) {
                            *text = format!("sandbox-unknown-{}", rng.u16(..));
                        }
                    }
                    Some(Oddity::WrongType) => {
                        if let Some(member) = members.get_mut(&key) {
                            *member = wrong_type(member);
                        }
                    }
                    None => {}
                }
            }
        }
        _ => {}
    }
}

fn wrong_type(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().into(),
        Value::Object(_) => json!([]),
        Value::Array(_) => json!({}),
        Value::Bool(_) => json!("yes"),
        Value::Null => json!(false),
        Value::String(_) => json!(1.5),
    }
}
