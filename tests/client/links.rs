//! The pages that GitHub shows: each link leads to a file, and to a heading of it; CONTRIBUTING names commands that exist.

use std::fs;
use std::path::{Path, PathBuf};

use acquire_io_tests::Result;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The Markdown files of the repository, without `docs`: their links are for rustdoc, which checks them.
fn pages() -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    let mut folders = vec![root().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if entry.file_type()?.is_dir() {
                if !["target", "node_modules", "docs"].contains(&&*name) && !name.starts_with('.') {
                    folders.push(entry.path());
                }
            } else if name.ends_with(".md") {
                pages.push(entry.path());
            }
        }
    }
    Ok(pages)
}

/// The targets of links that are paths, which those of rustdoc are not.
fn links(page: &str) -> impl Iterator<Item = &str> {
    page.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| !target.contains("://") && !target.contains("::"))
        .filter(|target| target.contains(['/', '.', '#']))
}

/// The anchor that GitHub gives to a heading.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    heading
        .chars()
        .filter(|char| char.is_alphanumeric() || " -_".contains(*char))
        .map(|char| if char == ' ' { '-' } else { char })
        .collect()
}

/// What is wrong with the link, if anything.
fn problem(page: &Path, target: &str) -> Option<String> {
    let (path, heading) = match target.split_once('#') {
        Some((path, heading)) => (path, Some(heading)),
        None => (target, None),
    };
    let mut file = match path {
        "" => page.to_path_buf(),
        path => page.parent()?.join(path),
    };
    if !file.exists() {
        return Some(format!("{}: no file {target}", page.display()));
    }
    if file.is_dir() {
        file = file.join("README.md");
    }
    let heading = heading?;
    let text = fs::read_to_string(&file).unwrap_or_default();
    let has_heading = text
        .lines()
        .any(|line| line.starts_with('#') && anchor(line) == heading);
    (!has_heading).then(|| format!("{}: no heading {target}", page.display()))
}

#[test]
fn each_link_leads_somewhere() -> Result {
    let mut count = 0;
    let mut problems = Vec::new();
    for page in pages()? {
        let text = fs::read_to_string(&page)?;
        for target in links(&text) {
            count += 1;
            problems.extend(problem(&page, target));
        }
    }
    assert_eq!(problems, [""; 0]);
    assert!(count > 60, "{count} links");
    Ok(())
}

#[test]
fn contributing_names_commands_that_exist() -> Result {
    let page = fs::read_to_string(root().join("CONTRIBUTING.md"))?;
    let tasks = fs::read_to_string(root().join("xtask/src/main.rs"))?;
    let packages = fs::read_to_string(root().join("Cargo.lock"))?;
    let mut count = 0;
    for code in page.split('`').skip(1).step_by(2) {
        let words: Vec<&str> = code.split(' ').collect();
        let exists = match words.as_slice() {
            ["cargo", "xtask", task, ..] => tasks.contains(&format!("[\"{task}\"")),
            [script, ..] if script.starts_with("tests/") || script.starts_with(".ci/") => {
                root().join(script).is_file()
            }
            words => {
                let Some(at) = words.iter().position(|word| *word == "-p") else {
                    continue;
                };
                let package = words.get(at + 1).ok_or("no package")?;
                packages.contains(&format!("name = \"{package}\""))
            }
        };
        assert!(exists, "{code}");
        count += 1;
    }
    assert!(count > 15, "{count} commands");
    Ok(())
}
