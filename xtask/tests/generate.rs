//! The committed files are up to date, and a document that can't be bundled exactly is refused.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use xtask::{bundle::bundle, generate, root};

#[test]
fn committed_files_are_up_to_date() {
    let stale = generate::check(&root()).unwrap();
    assert!(stale.is_empty(), "{stale}");
}

#[test]
fn check_writes_nothing_and_names_the_command_that_fixes_it() {
    let real = root().join("openapi");
    let root = project("check", EMPTY, &[]);
    fs::copy(real.join("acquire.yaml"), root.join("openapi/acquire.yaml")).unwrap();
    for example in fs::read_dir(real.join("examples"))
        .unwrap()
        .map(Result::unwrap)
    {
        let copy = root.join("openapi/examples").join(example.file_name());
        fs::copy(example.path(), copy).unwrap();
    }
    let files = [
        "openapi/acquire.json",
        "crates/acquire-io-api/src/acquire.json",
        "crates/acquire-io-api/src/generated.rs",
        "crates/acquire-io-mock/src/generated.rs",
    ];

    let report = generate::check(&root).unwrap();
    for file in files {
        assert!(report.contains(&format!(
            "{file} is out of date: run `cargo xtask generate`\n"
        )));
        assert!(!root.join(file).exists());
    }
    assert!(report.contains("\n+  \"openapi\": \"3.0.3\",\n") && report.contains(" more lines\n"));

    assert_eq!(generate::write(&root).unwrap(), files);
    assert_eq!(generate::check(&root).unwrap(), "");
    assert_eq!(generate::write(&root).unwrap(), [""; 0]);
}

#[test]
fn bundling_keeps_order_and_numbers() {
    let yaml = "
        openapi: 3.0.3
        components: {examples: {one: {summary: One, externalValue: examples/one.json}}}
        b: [1, -1, 18446744073709551615]
        a: no";
    let example = r#"{"z": 9007199254740993, "a": {"y": "é\/", "x": null}}"#;
    let root = project("order", yaml, &[("one.json", example)]);
    let bundled = bundle(&root.join("openapi")).unwrap();
    let compact: String = bundled.split_whitespace().collect();
    assert_eq!(
        compact,
        r#"{"openapi":"3.0.3","components":{"examples":{"one":{"summary":"One","value":"#
            .to_owned()
            + r#"{"z":9007199254740993,"a":{"y":"é/","x":null}}}}},"#
            + r#""b":[1,-1,18446744073709551615],"a":"no"}"#
    );
}

#[test]
fn a_document_that_cannot_be_bundled_is_refused() {
    let of = |path: &str| format!("components: {{examples: {{one: {{externalValue: {path}}}}}}}");
    let (one, none) = (&[("one.json", "{}")][..], &[][..]);
    let cases = [
        (
            "missing",
            of("examples/one.json"),
            none,
            "example one: openapi/examples/one.json: No such file",
        ),
        (
            "invalid",
            of("examples/one.json"),
            &[("one.json", "{")],
            "openapi/examples/one.json: not valid JSON",
        ),
        (
            "outside",
            of("../one.json"),
            none,
            "example one: openapi/../one.json: the path leads out of openapi/",
        ),
        (
            "absolute",
            of("/one.json"),
            none,
            "the path leads out of openapi/",
        ),
        (
            "unused",
            EMPTY.to_owned(),
            one,
            "openapi/examples/one.json is not referred to by any example",
        ),
        (
            "dangling",
            "a: {$ref: '#/b'}".to_owned(),
            none,
            "#/a: $ref #/b leads nowhere",
        ),
        (
            "float",
            "a: [1.5]".to_owned(),
            none,
            "#/a/0: 1.5 is not a 64-bit integer",
        ),
        (
            "huge",
            of("examples/one.json"),
            &[("one.json", "[18446744073709551616]")],
            "is not a 64-bit integer",
        ),
        (
            "key",
            "{a: {200: b}}".to_owned(),
            none,
            "#/a: a key that is not a string",
        ),
    ];
    for (name, yaml, examples, expected) in cases {
        let error = bundle(&project(name, &yaml, examples).join("openapi")).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(expected), "{name}: {error}");
    }
}

const EMPTY: &str = "openapi: 3.0.3";

/// A separate project for one case.
fn project(name: &str, yaml: &str, examples: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("generation")
        .join(name);
    if root.exists() {
        fs::remove_dir_all(&root).unwrap();
    }
    fs::create_dir_all(root.join("openapi/examples")).unwrap();
    fs::write(root.join("openapi/acquire.yaml"), yaml).unwrap();
    for (file, text) in examples {
        fs::write(root.join("openapi/examples").join(file), text).unwrap();
    }
    root
}
