//! Checks that no dependency of a published crate needs a newer Rust than the crate. `cargo msrv` builds with old toolchains
//! instead, which have to be downloaded.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// Lists the dependencies that need a newer Rust, for all platforms and features, including build scripts.
///
/// # Errors
/// When cargo fails.
pub fn check(root: &Path) -> Result<BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .other_options(["--locked".to_owned()])
        .exec()?;
    let published = |package: &&&Package| package.publish.is_none();
    let mut gaps = BTreeSet::new();
    for package in metadata.workspace_packages().iter().filter(published) {
        let own = package
            .rust_version
            .as_ref()
            .with_context(|| format!("{} names no Rust version", package.name))?;
        for dependency in dependencies(&metadata, package)? {
            if let Some(needed) = dependency
                .rust_version
                .as_ref()
                .filter(|needed| *needed > own)
            {
                gaps.insert(format!(
                    "{} says Rust {own}, but its dependency {} {} needs {needed}",
                    package.name, dependency.name, dependency.version
                ));
            }
        }
    }
    Ok(gaps)
}

/// All direct and indirect dependencies of a package, except for those of its tests.
fn dependencies<'a>(metadata: &'a Metadata, package: &'a Package) -> Result<Vec<&'a Package>> {
    let resolve = metadata
        .resolve
        .as_ref()
        .context("cargo resolved nothing")?;
    let nodes: HashMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut found = HashSet::from([&package.id]);
    let mut open = vec![&package.id];
    while let Some(id) = open.pop() {
        for dependency in &nodes[id].deps {
            let is_for_tests = dependency
                .dep_kinds
                .iter()
                .all(|kind| kind.kind == DependencyKind::Development);
            if !is_for_tests && found.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    Ok(metadata
        .packages
        .iter()
        .filter(|package| found.contains(&package.id))
        .collect())
}
