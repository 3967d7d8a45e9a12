//! `acquire config list`.

use crate::support::*;

#[tokio::test]
async fn no_profile() -> Result {
    let home = Home::new()?;
    let advice = format!(
        "stderr: {} has no profiles: `acquire init` makes one\n",
        home.config().display()
    );
    let text = home.acquire("config list").run().await?;
    assert_eq!(text.to_string(), format!("exit 0\n{advice}"));
    let json = home.acquire("config list --output json").run().await?;
    assert_eq!(json.to_string(), format!("exit 0\nstdout: []\n{advice}"));
    Ok(())
}

#[tokio::test]
async fn profiles() -> Result {
    let home = Home::with_config(
        "default_profile = 'live'\n\
         [profiles.live]\n\
         account_id = 'acme'\n\
         api_key_file = 'live.key'\n\
         [profiles.sandbox]\n\
         base_url = 'http://127.0.0.1:8080'\n\
         account_id = 'unused'\n\
         api_key = 'canary'\n\
         [profiles.piped]\n\
         account_id = 'acme-test'\n\
         api_key_file = '-'\n\
         [profiles.swapped]\n\
         account_id = 'canary.key'\n\
         [profiles.empty]\n",
    )?;
    let text = home.acquire("config list").run().await?;
    let json = home.acquire("config list --output json").run().await?;
    let all = format!("{text}\n{json}");
    assert!(!all.contains(CANARY), "{all}");
    assert_text!(home, "profiles", all);
    Ok(())
}

/// The profile that is called `default` needs no `default_profile`.
#[tokio::test]
async fn the_default_by_its_name() -> Result {
    let home = Home::with_config("[profiles.default]\n[profiles.other]\n")?;
    assert_eq!(
        home.acquire("config list").run().await?.ok()?,
        "* default  no account  no key\n  other    no account  no key\n"
    );
    Ok(())
}
