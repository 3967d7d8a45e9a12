//! Every input of the corpora, findings of the fuzzer among them, through its target.

use std::fs;
use std::path::Path;

use acquire_io_fuzz::TARGETS;
use acquire_io_tests::Result;

#[test]
fn every_input_holds() -> Result {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    assert_eq!(names(&corpus)?, TARGETS.map(|(name, _)| name));
    for (target, run) in TARGETS {
        let inputs = names(&corpus.join(target))?;
        assert!(!inputs.is_empty(), "{target}");
        for input in inputs {
            // Shown when the target panics.
            println!("{target}/{input}");
            run(&fs::read(corpus.join(target).join(input))?);
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
