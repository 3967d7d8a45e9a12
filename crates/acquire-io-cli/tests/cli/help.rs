//! The help of every command.

use std::fmt::Write as _;

use crate::support::*;

#[tokio::test]
async fn every_command() -> Result {
    let home = Home::new()?;
    let mut commands = vec![String::new()];
    let mut all = String::new();
    // Subcommands follow their command.
    while !commands.is_empty() {
        let command = commands.remove(0);
        let help = home.acquire(&command).args(["--help"]).run().await?.ok()?;
        writeln!(all, "==== acquire {command}\n{help}")?;
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        let listed = listed.take_while(|line| !line.is_empty());
        // A line that continues a description is indented further.
        let names = listed.filter(|line| !line.starts_with("   "));
        let names = names.filter_map(|line| line.split_whitespace().next());
        let names: Vec<_> = names.filter(|name| *name != "help").collect();
        for (place, name) in names.into_iter().enumerate() {
            commands.insert(place, format!("{command} {name}").trim_start().to_owned());
        }
    }
    assert_text!(home, "help", all);
    Ok(())
}

#[tokio::test]
async fn wrong_arguments_exit_with_2() -> Result {
    let home = Home::new()?;
    for arguments in [
        "",
        "fax",
        "chat send --text hi",
        "chat send --case x --text hi",
        "config set pace 1",
    ] {
        let run = home.acquire(arguments).run().await?;
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run}");
    }
    Ok(())
}
