//! The programs of the READMEs, as their readers run them, but against a sandbox.

use acquire_io_sandbox::{FaultRule, Operation, Sandbox, Verdict};
use acquire_io_tests::Result;
use tokio::process::Command;

/// What the program prints.
async fn run(program: &str, sandbox: &Sandbox) -> Result<String> {
    let output = Command::new(program)
        .env_remove("ACQUIRE_ACCOUNT_ID")
        .env("ACQUIRE_BASE_URL", sandbox.base_url())
        .env("ACQUIRE_API_KEY", sandbox.api_key())
        .kill_on_drop(true)
        .output()
        .await?;
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr)?.into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn verdicts(sandbox: &Sandbox) -> Vec<Verdict> {
    let received = sandbox.received();
    received.iter().map(|received| received.verdict).collect()
}

#[tokio::test]
async fn the_readme_sends() -> Result {
    let sandbox = Sandbox::start().await?;
    let printed = run(env!("CARGO_BIN_EXE_readme"), &sandbox).await?;
    assert_eq!(printed, "accepted: Some(MessageId(1))\n");
    assert_eq!(verdicts(&sandbox), [Verdict::Accepted]);
    Ok(())
}

#[tokio::test]
async fn the_readme_prints_the_next_step() -> Result {
    for (status, advice) in [
        (400, "not sent, fix the message"),
        (401, "not sent, fix the key"),
        (429, "not sent, send it again in 5s"),
        (500, "it may have been sent, check the case"),
    ] {
        let sandbox = Sandbox::builder()
            .fault(FaultRule::answer(status).on(Operation::SendChatMessage))
            .start()
            .await?;
        let printed = run(env!("CARGO_BIN_EXE_readme"), &sandbox).await?;
        assert!(printed.starts_with(advice), "{printed}");
    }
    Ok(())
}

#[tokio::test]
async fn the_readme_of_the_crate_sends() -> Result {
    let sandbox = Sandbox::start().await?;
    let printed = run(env!("CARGO_BIN_EXE_readme_of_crate"), &sandbox).await?;
    assert_eq!(printed, "accepted: Some(MessageId(1))\n");
    assert_eq!(verdicts(&sandbox), [Verdict::Accepted]);
    Ok(())
}
