//! `cargo xtask`: see [`USAGE`].
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tasks print to the terminal"
)]

use std::process::ExitCode;

use xtask::{api, coverage, docs, generate, root, rust_version};

const USAGE: &str = "\
usage: cargo xtask <task>

  generate           generate openapi/acquire.json, its copy, the client and the mocks from openapi/acquire.yaml
  generate --check   compare them with the files on disk, and write nothing
  coverage           compare openapi/acquire.yaml with the vendor's documented bodies, tables and sentences
  api                write public-api.txt of each published library
  api --check        compare them with the files on disk, and write nothing
  rust-version       list dependencies that need a newer Rust than the published crates
  docs               make the API reference as one HTML page, and a Postman collection, in target/reference
                     (needs Node.js)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["generate"] => generate::write(&root()).map(print_changed),
        ["generate", "--check"] => generate::check(&root()).map(print_stale),
        ["api"] => api::write(&root()).map(print_changed),
        ["api", "--check"] => api::check(&root()).map(print_stale),
        ["rust-version"] => rust_version::check(&root()).map(|gaps| {
            gaps.iter().for_each(|gap| println!("{gap}"));
            gaps.is_empty()
        }),
        ["coverage"] => coverage::of_project(&root()).map(|report| {
            print!("{report}");
            report.is_complete()
        }),
        ["docs"] => docs::docs(&root()).map(|files| {
            files
                .iter()
                .for_each(|file| println!("wrote {}", file.display()));
            true
        }),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn print_changed(changed: Vec<&str>) -> bool {
    match changed.as_slice() {
        [] => println!("nothing changed"),
        changed => changed.iter().for_each(|path| println!("wrote {path}")),
    }
    true
}

fn print_stale(stale: String) -> bool {
    print!("{stale}");
    stale.is_empty()
}
