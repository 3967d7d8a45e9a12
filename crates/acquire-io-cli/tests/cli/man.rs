//! Manual pages.

use std::collections::BTreeSet;
use std::fs;

use crate::support::*;

#[tokio::test]
async fn the_main_page_and_one_for_each_command() -> Result {
    let home = Home::new()?;
    let page = home.acquire("man").run().await?.ok()?;
    assert!(page.contains("\n.SH NAME\nacquire \\- "), "{page}");

    assert_eq!(home.acquire("man --out pages/man1").run().await?.ok()?, "");
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(home.path().join("pages/man1"))? {
        names.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    for name in [
        "acquire.1",
        "acquire-chat-send.1",
        "acquire-config-set-key.1",
    ] {
        assert!(names.contains(name), "{names:?}");
    }
    assert_eq!(
        fs::read_to_string(home.path().join("pages/man1/acquire.1"))?,
        page
    );

    home.write("file", "")?;
    let run = home.acquire("man --out file").run().await?;
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.starts_with("acquire: file: "), "{run}");
    Ok(())
}
