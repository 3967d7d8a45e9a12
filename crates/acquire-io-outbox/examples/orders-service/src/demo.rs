//! Starts all of it: a database, a sandbox in place of Acquire, the service and two workers. Places orders, kills a worker in
//! the middle of a send, and does what an operator does about it.
//!
//! | variable | |
//! | --- | --- |
//! | `DATABASE_URL` | an empty database, in place of a temporary one |
//! | `ACQUIRE` | the command `acquire`, in place of building it |
//! | `LEDGER` | a file that gets all that the sandbox received |

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use acquire_io_test_postgres::Server;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};

use crate::Result;

/// Longer than anything takes here.
const LONG: Duration = Duration::from_secs(120);

pub async fn run() -> Result {
    let server;
    let database = match env::var("DATABASE_URL") {
        Ok(url) => url,
        Err(_) => {
            server = Server::start()
                .ok_or("install PostgreSQL, or set DATABASE_URL to an empty database")?;
            let folder = server.folder().display();
            format!("postgres:///postgres?host={folder}&user=postgres")
        }
    };
    let acquire = acquire().await?;
    let mut sandbox = Command::new(&acquire);
    sandbox.args(["sandbox", "--port", "0"]);
    if let Ok(ledger) = env::var("LEDGER") {
        sandbox.args(["--ledger-file", &ledger]);
    }
    let mut sandbox = Process::start("sandbox", &mut sandbox)?;
    let sandbox_url = sandbox.until("listening on ").await?;

    let own = |arguments: &[&str]| {
        let mut command = Command::new(env::current_exe()?);
        command
            .args(arguments)
            .env("DATABASE_URL", &database)
            .env("ACQUIRE_BASE_URL", &sandbox_url)
            .env("ACQUIRE_API_KEY", "sandbox-key")
            .env_remove("ACQUIRE_ACCOUNT_ID");
        Result::Ok(command)
    };
    let mut service = Process::start("service", &mut own(&["serve", "0"])?)?;
    let shop = Shop {
        http: Client::new(),
        url: service.until("listening on ").await?,
        sandbox: sandbox_url.clone(),
    };
    let mut workers = [
        Process::start("worker 1", &mut own(&["work"])?)?,
        Process::start("worker 2", &mut own(&["work"])?)?,
    ];
    for worker in &mut workers {
        worker.until("working").await?;
    }

    // The message for case 2069 is accepted, but the answer never comes.
    let fault = json!({"match": {"case": 2069}, "action": {"type": "hang", "stage": "received"}});
    shop.http
        .post(format!("{sandbox_url}/_sandbox/faults"))
        .json(&fault)
        .send()
        .await?
        .error_for_status()?;
    let order = |number: i64, item: &str, case: i64| json!({"number": number, "item": item, "case": case, "paid": true});
    shop.place(&order(1, "teapot", 28), StatusCode::CREATED)
        .await?;
    shop.place(&order(2, "kettle", 2069), StatusCode::CREATED)
        .await?;
    shop.place(&order(3, "cup", 1266), StatusCode::CREATED)
        .await?;
    // Case 27 is closed: Acquire refuses.
    shop.place(&order(4, "saucer", 27), StatusCode::CREATED)
        .await?;
    // The order is rolled back, and its message with it.
    let mut unpaid = order(5, "spoon", 28);
    unpaid["paid"] = false.into();
    shop.place(&unpaid, StatusCode::PAYMENT_REQUIRED).await?;
    // The same order again stores nothing. Another text under its key is an error.
    shop.place(&order(1, "teapot", 28), StatusCode::OK).await?;
    shop.place(&order(1, "jug", 28), StatusCode::CONFLICT)
        .await?;

    let [one, two] = &mut workers;
    let sending = tokio::select! {
        sending = one.until("sending order-2") => sending.map(|_| 0),
        sending = two.until("sending order-2") => sending.map(|_| 1),
    };
    let sending = sending?;
    shop.wait(async || Ok(shop.accepted(2).await? == 1)).await?;
    // All else is settled by then: a kill leaves what the worker is sending unknown.
    for (number, expected) in [(1, "accepted"), (3, "accepted"), (4, "refused")] {
        shop.wait(async || Ok(shop.message(number).await? == expected))
            .await?;
    }
    println!(
        "demo: killing worker {} while it sends the message of order 2",
        sending + 1
    );
    workers[sending].child.kill().await?;
    shop.wait(async || Ok(shop.message(2).await? == "unknown"))
        .await?;

    // What an operator does: list, look into the case, say what was found.
    operate(
        &acquire,
        &["list", &database, "--state", "unknown", "--output", "text"],
    )
    .await?;
    let outcome = match shop.accepted(2).await? {
        0 => "not_sent",
        _ => "accepted",
    };
    println!(
        "demo: the case has the message {} time(s)",
        shop.accepted(2).await?
    );
    operate(
        &acquire,
        &["resolve", &database, "--key", "order-2", "--as", outcome],
    )
    .await?;
    shop.wait(async || Ok(shop.message(2).await? == outcome))
        .await?;

    let mut twice = false;
    for number in 1..=5 {
        let (message, accepted) = (shop.message(number).await?, shop.accepted(number).await?);
        twice |= accepted > 1;
        println!("demo: order {number}: {message}, sent {accepted} time(s)");
    }
    service.stop().await?;
    workers[1 - sending].stop().await?;
    match twice {
        false => Ok(()),
        true => Err("something was sent twice".into()),
    }
}

/// The command `acquire`, which is built unless it is given.
async fn acquire() -> Result<PathBuf> {
    if let Some(acquire) = env::var_os("ACQUIRE") {
        return Ok(acquire.into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../..");
    let mut build = Command::new("cargo");
    build
        .args([
            "build",
            "--quiet",
            "--package",
            "acquire-io-cli",
            "--target-dir",
            "target",
        ])
        .current_dir(&root);
    match build.status().await?.success() {
        true => Ok(root.join("target/debug/acquire")),
        false => Err("the command acquire can't be built".into()),
    }
}

async fn operate(acquire: &Path, arguments: &[&str]) -> Result {
    println!("demo: acquire outbox {}", arguments.join(" "));
    let status = Command::new(acquire).arg("outbox").args(arguments).status();
    match status.await?.success() {
        true => Ok(()),
        false => Err("acquire outbox failed".into()),
    }
}

/// The service and the sandbox, as others see them.
struct Shop {
    http: Client,
    url: String,
    sandbox: String,
}

impl Shop {
    async fn place(&self, order: &Value, expected: StatusCode) -> Result {
        let answer = self
            .http
            .post(format!("{}/orders", self.url))
            .json(order)
            .send()
            .await?;
        let status = answer.status();
        println!(
            "demo: POST /orders {order}: {status} {}",
            answer.text().await?
        );
        match status == expected {
            true => Ok(()),
            false => Err(format!("expected {expected}").into()),
        }
    }

    /// What the service knows of an order's message.
    async fn message(&self, number: i64) -> Result<String> {
        let answer = self
            .http
            .get(format!("{}/orders/{number}", self.url))
            .send()
            .await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok("not stored".to_owned());
        }
        let order: Value = answer.error_for_status()?.json().await?;
        Ok(order["message"].as_str().unwrap_or_default().to_owned())
    }

    /// How often Acquire has an order's message.
    async fn accepted(&self, number: i64) -> Result<usize> {
        let ledger = self
            .http
            .get(format!("{}/_sandbox/ledger", self.sandbox))
            .send()
            .await?;
        let ledger: Value = ledger.error_for_status()?.json().await?;
        let entries = ledger["entries"].as_array().cloned().unwrap_or_default();
        let is_it = |entry: &&Value| {
            let body = entry["body"].as_str().unwrap_or_default();
            entry["verdict"] == "accepted" && body.contains(&format!("Order {number}:"))
        };
        Ok(entries.iter().filter(is_it).count())
    }

    /// Asks until it is so.
    async fn wait(&self, is_so: impl AsyncFn() -> Result<bool>) -> Result {
        let ask = async {
            while !is_so().await? {
                sleep(Duration::from_millis(100)).await;
            }
            Ok(())
        };
        timeout(LONG, ask).await.map_err(|_| "it takes too long")?
    }
}

/// A process whose lines are shown. It is killed when it is dropped.
struct Process {
    name: &'static str,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let lines = child.stdout.take().ok_or("no output")?;
        Ok(Self {
            name,
            child,
            lines: BufReader::new(lines).lines(),
        })
    }

    /// Reads up to a line that begins so, and returns the rest of that line.
    async fn until(&mut self, expected: &str) -> Result<String> {
        let read = async {
            while let Some(line) = self.lines.next_line().await? {
                println!("{}: {line}", self.name);
                if let Some(rest) = line.strip_prefix(expected) {
                    return Ok(rest.to_owned());
                }
            }
            Err(format!("{} has ended", self.name).into())
        };
        timeout(LONG, read).await?
    }

    /// Stops it as a service manager does.
    async fn stop(&mut self) -> Result {
        let id = self.child.id().ok_or("it has ended")?.to_string();
        Command::new("kill").arg(&id).status().await?;
        while let Some(line) = self.lines.next_line().await? {
            println!("{}: {line}", self.name);
        }
        let status = timeout(LONG, self.child.wait()).await??;
        match status.success() {
            true => Ok(()),
            false => Err(format!("{}: {status}", self.name).into()),
        }
    }
}
