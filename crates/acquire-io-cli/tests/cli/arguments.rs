//! No error repeats what was typed.

use crate::support::*;

/// Each has a word that may be of a message or a key, in a place where it is refused.
const REFUSED: [&str; 52] = [
    "canary",
    "canary two",
    "send chat canary",
    "chat canary words",
    "chat send canary words",
    "chat send --case 1 --text a canary",
    "chat send --case canary --text a",
    "chat send --case 1canary --text a",
    "chat send --case 1 --txt canary",
    "chat send --case 1 --txt=canary",
    "chat send --case 1 --text a -zcanary",
    "chat send --case 1 --text a --Canary-canary",
    "chat send --case 1 --text a --CANARY=canary",
    "chat send --case 1 --text canary --text canary",
    "chat send --case 1 --text canary --note canary",
    "chat send --case 1 --text canary --text-file canary",
    "chat send --case 1 --text-file canary",
    "chat send --case 1 --note-file canary",
    "chat send --case 1 --event-file canary",
    "chat send --text canary",
    "chat send --case 1 --text a --as-agent=canary",
    "chat send --case 1 --text a --as-contact=canary",
    "chat send --case 1 --text a --as-agent --as-contact canary",
    "chat send --case 1 --text a --contact canary",
    "chat send --case 1 --text a --delay canary",
    "chat send --case 1 --text a --meta canary",
    "chat send --case 1 --text a --meta {\"canary\":canary}",
    "chat send --case 1 --text a --meta [\"canary\"]",
    "chat send --case 1 --text a --meta {\"a\":\"canary\",\"a\":\"canary\"}",
    "chat send --case 1 --text a --json canary",
    "chat send --case 1 --text a --json {\"a\":\"canary",
    "chat send --case 1 --text a --api-key canary",
    "chat send --case 1 --text a --output canary",
    "chat send --case 1 --text a --dry-run=canary",
    "chat send --case 1 --text a --sandbox=canary",
    "chat send --case 1 --text a --retry-too-many-requests canary",
    "mail send --case 1 --contact 2 --from canary --to canary --subject canary --html canary --attachment canary",
    "mail send --case 1 --contact 2 --from canary --to canary --subject canary --html-file canary",
    "mail send --case 1 --contact canary --from a --to b --subject canary --html canary",
    "mail send --case 1 --contact 2 --subject canary --text canary",
    "sms send --case 1 --contact 2 --timeline canary --from a --to b --text canary",
    "sms send --case 1 --contact 2 --timeline 3 --from canary --to canary --text-file canary",
    "sms send --case 1 --contact 2 --timeline 3 --from a --to b --text a --closed=canary",
    "sms send --case 1 --contact 2 --timeline 3 --from a --to b --text a --json {canary",
    "batch rows canary",
    "batch --rate canary rows",
    "batch --format canary rows",
    "batch --concurrency canary rows",
    "batch --max-unknown canary rows",
    "config set canary 1",
    "config set-key canary",
    "sandbox canary --api-key canary",
];

#[tokio::test]
async fn no_error_repeats_an_argument() -> Result {
    let home = Home::new()?;
    for arguments in REFUSED {
        let run = home.acquire(arguments).with_account().run().await?;
        assert_eq!(run.code, Some(2), "{arguments}: {run}");
        let said = run.to_string().to_lowercase();
        // The tip of the misspelt option is what a reader needs.
        assert!(!said.contains(CANARY), "{arguments}: {run}");
    }
    Ok(())
}

#[tokio::test]
async fn an_error_says_which_argument_it_is() -> Result {
    let home = Home::new()?;
    for (arguments, said) in [
        (
            "chat send secret words",
            "error: unexpected argument 'number 3' found\n",
        ),
        ("chat secret", "error: unrecognized subcommand 'number 2'\n"),
        (
            "chat send --txt secret",
            "error: unexpected argument '--txt' found\n\n  tip: a similar argument exists: '--text'\n",
        ),
        (
            "chat send --case secret --text a",
            "error: invalid value '…' for '--case <ID>': invalid digit found in string\n",
        ),
        (
            "chat send --case 1 --text-file secret",
            "acquire: --text-file: the file can't be read: ",
        ),
        (
            "chat send --case 1 --text a --meta {",
            "acquire: --meta is not JSON, line 1 column 1\n",
        ),
    ] {
        let run = home.acquire(arguments).run().await?;
        assert!(run.stderr.starts_with(said), "{run}");
    }
    Ok(())
}

#[tokio::test]
async fn help_goes_to_standard_output() -> Result {
    let home = Home::new()?;
    for arguments in ["--help", "chat send -h", "help chat", "--version"] {
        home.acquire(arguments).run().await?.ok()?;
    }
    Ok(())
}
