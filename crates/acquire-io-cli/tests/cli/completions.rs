//! Completions.

use crate::support::*;

#[tokio::test]
async fn each_shell_has_a_script_with_all_options() -> Result {
    let home = Home::new()?;
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = home
            .acquire("completions")
            .args([shell])
            .run()
            .await?
            .ok()?;
        for word in [
            "set-key",
            "translate-lang-key",
            "connect-timeout",
            "ledger-file",
        ] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn bash_completes() -> Result {
    let home = Home::new()?;
    let script = home.acquire("completions bash").run().await?.ok()?;
    let script = format!(
        "{script}\nCOMP_WORDS=(acquire config set-); COMP_CWORD=2; \
         _acquire acquire set- config; echo \"${{COMPREPLY[@]}}\""
    );
    let output = tokio::process::Command::new("bash")
        .args(["-c", &script])
        .output()
        .await?;
    assert_eq!(String::from_utf8(output.stdout)?, "set-key\n");
    Ok(())
}
