//! The example of a service with a PostgreSQL database, started as its README says: by one command.

use std::collections::BTreeMap;
use std::env;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use acquire_io_test_postgres::Server;
use serde_json::Value;
use tokio::process::Command;

const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../acquire-io-outbox/examples/orders-service"
);

/// How often each order's message was accepted by the sandbox, as its ledger has it.
fn accepted(ledger: &Path) -> BTreeMap<String, u32> {
    let mut orders = BTreeMap::new();
    for line in std::fs::read_to_string(ledger).unwrap().lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        if entry["verdict"] == "accepted" {
            let body: Value = serde_json::from_str(entry["body"].as_str().unwrap()).unwrap();
            let text = body["message"]["message"].as_str().unwrap();
            let (order, _) = text.split_once(':').unwrap();
            *orders.entry(order.to_owned()).or_default() += 1;
        }
    }
    orders
}

/// Builds the example, which is a workspace of its own. False: its crates were never downloaded, which is said.
async fn build(target: &Path) -> bool {
    let is_required = env::var("ACQUIRE_TEST_POSTGRES").is_ok_and(|value| value == "required");
    let mut build = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    build
        .args(["build", "--quiet", "--locked", "--target-dir"])
        .arg(target);
    if !is_required {
        build.arg("--offline");
    }
    let output = build.current_dir(EXAMPLE).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && !is_required && said.contains("--offline") {
        let line = "left out: the example orders-service, whose crates are not downloaded: cargo fetch in its folder";
        // Past the test's captured output. Nobody may listen.
        drop(writeln!(std::io::stderr(), "{line}"));
        return false;
    }
    assert!(output.status.success(), "{said}");
    true
}

#[tokio::test]
async fn the_orders_service_sends_nothing_twice_though_a_worker_is_killed() {
    let acquire = Path::new(env!("CARGO_BIN_EXE_acquire"));
    let target = acquire
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("orders-service");
    if !Server::is_there() || !build(&target).await {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    let mut demo = Command::new(target.join("debug/orders-service"));
    demo.current_dir(folder.path())
        .env("ACQUIRE", acquire)
        .env("LEDGER", &ledger)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = demo.output().await.unwrap();
    let (said, failed) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{said}\n{failed}");
    for line in [
        "409 Conflict order 1 was not stored: message 1 (",
        "unknown   order-2  case 2069  the program that was sending it ended without a result: it may have been sent\n\
         demo: the case has the message 1 time(s)\n",
        "accepted now. It was: unknown key order-2, case 2069",
        "demo: order 1: accepted, sent 1 time(s)\n\
         demo: order 2: accepted, sent 1 time(s)\n\
         demo: order 3: accepted, sent 1 time(s)\n\
         demo: order 4: refused, sent 0 time(s)\n\
         demo: order 5: not stored, sent 0 time(s)\n",
    ] {
        assert!(said.contains(line), "{line:?} is not in\n{said}");
    }
    let expected = ["Order 1", "Order 2", "Order 3"].map(|order| (order.to_owned(), 1));
    assert_eq!(accepted(&ledger), BTreeMap::from(expected));
}
