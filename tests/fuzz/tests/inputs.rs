//! Every input through its target, and what the folders of inputs may hold.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use acquire_io_fuzz::TARGETS;
use acquire_io_tests::Result;

#[test]
fn every_input_holds() -> Result {
    for target in TARGETS {
        let found = format!("regressions/{}", target.name);
        let found = here().join(&found).is_dir().then_some(found);
        let seeds = target.seeds.iter().copied();
        for folder in seeds.chain(found.as_deref()) {
            let inputs = names(folder)?;
            assert!(!inputs.is_empty(), "{folder} is empty");
            for input in inputs {
                // Shown when the target panics.
                println!("{}: {folder}/{input}", target.name);
                (target.run)(&fs::read(here().join(folder).join(input))?);
            }
        }
    }
    Ok(())
}

#[test]
fn every_input_has_a_name_and_a_description() -> Result {
    let mut inputs = BTreeSet::new();
    for kind in ["seeds", "regressions"] {
        for target in names(kind)? {
            let is_known = TARGETS.iter().any(|known| known.name == target);
            assert!(is_known, "{kind}/{target} is of no target");
            for input in names(&format!("{kind}/{target}"))? {
                assert!(!is_hash(&input), "{kind}/{target}/{input}: say what it is");
                inputs.insert(format!("{kind}/{target}/{input}"));
            }
        }
    }
    let index = fs::read_to_string(here().join("inputs.md"))?;
    let described: BTreeSet<_> = index.lines().filter_map(described).collect();
    assert_eq!(described, inputs, "inputs.md, and the files");
    Ok(())
}

/// libFuzzer's names: the SHA-1 of the input, behind `crash-` if it failed.
fn is_hash(name: &str) -> bool {
    let name = name.rsplit('-').next().unwrap_or(name);
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The input of a row like ``| [`seeds/csv/semicolons`](…) | semicolons between the cells |``.
fn described(row: &str) -> Option<String> {
    let (input, about) = row.strip_prefix("| [`")?.split_once("`](")?;
    let (link, about) = about.split_once(") | ")?;
    (link == input && about.len() > " |".len()).then(|| input.to_owned())
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn names(folder: &str) -> Result<Vec<String>> {
    let entries =
        fs::read_dir(here().join(folder)).map_err(|error| format!("{folder}: {error}"))?;
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
