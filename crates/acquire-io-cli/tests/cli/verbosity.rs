//! What is printed on standard error.

use crate::support::*;

#[tokio::test]
async fn each_level_logs_more_and_never_content() -> Result {
    let home = Home::new()?;
    let mut told = Vec::new();
    for option in ["-q", "", "-v", "-vv", "-vvv"] {
        let sandbox = acquire_io_sandbox::Sandbox::builder()
            .api_key(CANARY)
            .start()
            .await?;
        let run = home
            .acquire("chat send --case 28 --text canary --output text")
            .args(option.split_whitespace())
            .to(&sandbox)
            .run()
            .await?;
        let host = sandbox.base_url().replace("http://", "");
        let accepted = format!("accepted  {host}  case 28  message 1\n");
        assert_eq!((run.code, run.stdout), (Some(0), accepted));
        assert!(!run.stderr.contains(CANARY), "{}", run.stderr);
        let spans = ["acquire.call", "acquire.attempt{", "accepted"];
        told.push(spans.map(|span| run.stderr.contains(span)));
        assert_eq!(run.stderr.is_empty(), matches!(option, "-q" | ""));
    }
    let nothing = [false; 3];
    assert_eq!(told[..2], [nothing, nothing]);
    assert_eq!(told[2], [true, false, true]);
    assert_eq!(told[3..], [[true; 3]; 2]);
    Ok(())
}

#[tokio::test]
async fn errors_are_printed_even_when_quiet() -> Result {
    let home = Home::new()?;
    let run = home
        .acquire("-q chat send --case 1 --text hi --sandbox")
        .run()
        .await?;
    assert_eq!(run.code, Some(4), "{run}");
    assert!(run.stderr.starts_with("acquire: "), "{run}");
    let run = home.acquire("-q -v demo").run().await?;
    assert_eq!(run.code, Some(2), "{run}");
    Ok(())
}
