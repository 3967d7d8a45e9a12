//! Takes the Rust program out of each README that has one, for `programs/readme.rs` and `readme_of_crate.rs`.
#![allow(clippy::print_stdout, reason = "to Cargo")]

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let target = env::var("OUT_DIR")?;
    for (name, readme) in [
        ("readme.rs", "../README.md"),
        ("readme_of_crate.rs", "../crates/acquire-io/README.md"),
    ] {
        println!("cargo::rerun-if-changed={readme}");
        let text = fs::read_to_string(readme)?;
        let mut blocks = text.split("\n```rust").skip(1);
        let (Some(block), None) = (blocks.next(), blocks.next()) else {
            return Err(format!("{readme} has not one program").into());
        };
        let (_, block) = block.split_once('\n').ok_or("no line")?;
        let (program, _) = block.split_once("```").ok_or("no end")?;
        fs::write(Path::new(&target).join(name), program)?;
    }
    Ok(())
}
