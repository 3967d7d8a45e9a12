//! Outboxes in a database, which several machines share.

use std::collections::BTreeSet;

use acquire_io_test_postgres::{Database, Server};

use crate::support::{Ended, Place, ended, row};

/// A database with the tables of an outbox. None: there is no PostgreSQL.
async fn database(place: &Place) -> Option<(Database, String)> {
    let database = Server::shared()?.database();
    let folder = database.server().folder().display().to_string();
    let address = format!("postgres://postgres@/{}?host={folder}", database.name());
    let printed = place
        .run(&format!("outbox migrate {address} --print"))
        .await;
    printed.assert_code(0);
    let migrated = place.run(&format!("outbox migrate {address}")).await;
    migrated.assert_code(0);
    assert_eq!(migrated.stdout, "the outbox's tables have version 1 now\n");
    assert_eq!(printed.stdout, acquire_io_outbox::postgres::migrations());
    let again = place.run(&format!("outbox migrate {address}")).await;
    assert_eq!(
        again.stdout,
        "nothing to do: the outbox's tables are up to date\n"
    );
    let again = place
        .run(&format!("outbox migrate {address} --print"))
        .await;
    assert_eq!(again.stdout, "-- nothing to do\n");
    Some((database, address))
}

fn keys(runs: &[Ended]) -> Vec<String> {
    let rows = runs.iter().flat_map(Ended::json);
    let accepted = rows.filter(|row| row["delivery"] == "accepted");
    accepted
        .map(|row| row["key"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn several_machines_send_one_list_and_each_row_goes_out_once() {
    let place = Place::new().await;
    let Some((_database, address)) = database(&place).await else {
        return;
    };
    let rows: Vec<_> = (1..=60)
        .map(|number| row(28, &format!("k{number}")))
        .collect();
    place.write("rows", rows.concat());
    let command = format!("batch --yes rows --outbox {address}");
    let (mut one, mut other) = (place.acquire(&command), place.acquire(&command));
    let (one, other) = tokio::join!(ended(&mut one), ended(&mut other));
    for run in [&one, &other] {
        run.assert_code(0);
    }
    let accepted = place.accepted();
    assert_eq!(accepted.len(), 60);
    assert!(accepted.values().all(|times| *times == 1), "{accepted:?}");
    // Each sends what it claims, and says so once.
    let keys = keys(&[one, other]);
    assert_eq!(keys.len(), keys.iter().collect::<BTreeSet<_>>().len());

    let again = place.run(&command).await;
    again.assert_code(0);
    assert_eq!(place.accepted().values().sum::<u32>(), 60);
}

#[tokio::test]
async fn what_is_in_a_database_is_shown_limited_checked_and_worked() {
    let place = Place::new().await;
    let Some((database, address)) = database(&place).await else {
        return;
    };
    let inserted = database.psql(
        "SELECT acquire_outbox.insert('[{\"account\": \"local\", \"key\": \"order-17\",
          \"message\": {\"channel\": \"chat\", \"case\": 28, \"text\": \"Ready\"}}]')",
    );
    assert_eq!(inserted.unwrap(), "1");
    let shown = place.run(&format!("outbox show {address}")).await.json();
    assert_eq!(shown[0]["counts"]["queued"], 1);
    let account = shown[0]["account"].as_str().unwrap().to_owned();
    let limited = place.run(&format!("outbox limit {address} --rate 5")).await;
    limited.assert_code(0);
    assert_eq!(
        limited.stdout,
        format!("account {account}: at most 5 messages per second\n")
    );
    let checked = place.run(&format!("outbox check --outbox {address}")).await;
    checked.assert_code(0);
    assert!(
        checked.stdout.ends_with("the outbox is intact\n"),
        "{}",
        checked.stdout
    );
    let worked = place.run(&format!("outbox work {address} --yes")).await;
    assert_eq!(place.texts(), ["Ready"], "{}", worked.stderr);
    worked.assert_code(0);
    // A worker without --rate leaves the limit of all workers as it is.
    let shown = place.run(&format!("outbox show {address}")).await.json();
    assert_eq!(shown[0]["rate"]["per_second"], 5.0, "{}", shown[0]);
    let limited = place.run(&format!("outbox limit {address} --none")).await;
    assert_eq!(limited.stdout, format!("account {account}: no limit\n"));
    let shown = place.run(&format!("outbox show {address}")).await.json();
    assert!(shown[0]["rate"].is_null(), "{}", shown[0]);
}

#[tokio::test]
async fn a_password_in_the_address_is_warned_about_and_never_shown() {
    let place = Place::new().await;
    let Some((database, address)) = database(&place).await else {
        return;
    };
    place.write("rows", row(28, "k1"));
    let with = address.replacen("postgres@", "postgres:canary@", 1);
    let warned = place
        .run(&format!("batch --check rows --outbox {with}"))
        .await;
    warned.assert_code(0);
    assert!(
        warned.stderr.contains("the address holds a password"),
        "{}",
        warned.stderr
    );
    let sent = place
        .run(&format!("batch --yes rows --outbox {with} --output text"))
        .await;
    sent.assert_code(0);
    for run in [&warned, &sent] {
        assert!(
            !run.stdout.contains("canary") && !run.stderr.contains("canary"),
            "{}",
            run.stderr
        );
    }
    let mut command = place.acquire(&format!("outbox check {address}"));
    let quiet = ended(command.env("PGPASSWORD", "canary")).await;
    quiet.assert_code(0);
    assert_eq!(quiet.stderr, "");

    drop(database);
    for (address, says) in [
        (
            "postgres://db:port/shop",
            "the address of the database is wrong",
        ),
        (
            "postgres://127.0.0.1:1/shop",
            "the database can't be reached",
        ),
        (&*address.replace("test_", "no_"), "does not exist"),
    ] {
        let failed = place.run(&format!("outbox show {address}")).await;
        assert!(failed.stderr.contains(says), "{says}: {}", failed.stderr);
        assert_ne!(failed.code, Some(0));
    }
}

#[tokio::test]
async fn a_password_comes_from_a_variable_a_password_file_or_a_service_file() {
    let Some(server) = Server::start() else {
        return;
    };
    let place = Place::new().await;
    let database = server.database();
    let (name, folder) = (database.name(), server.folder().display().to_string());
    let role =
        format!("CREATE ROLE ann LOGIN PASSWORD 'can:ary'; GRANT ALL ON DATABASE {name} TO ann");
    database.psql(&role).unwrap();
    let rules = "local all postgres trust\nlocal all all scram-sha-256\n";
    server.write("data/pg_hba.conf", rules);
    database.psql("SELECT pg_reload_conf()").unwrap();

    let address = format!("postgres:///{name}?host={folder}&user=ann");
    let home = place.path("home");
    std::fs::create_dir(&home).unwrap();
    let file = |name: &str, text: String| {
        use std::os::unix::fs::PermissionsExt as _;

        let path = home.join(name);
        std::fs::write(&path, text).unwrap();
        move |mode: u32| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, permissions).unwrap();
        }
    };
    let run = async |address: &str, variable: &str, value: &str| {
        let mut command = place.acquire(&format!("outbox migrate {address}"));
        ended(command.env("HOME", &home).env(variable, value)).await
    };
    let none = run(&address, "PGUSER", "ann").await;
    let says = "acquire: the database asks for a password: set PGPASSWORD, or put it into a service file or ~/.pgpass, \
                which no other user may read (chmod 600)";
    assert!(none.stderr.starts_with(says), "{}", none.stderr);
    none.assert_code(1);

    let accepted = |run: Ended| {
        run.assert_code(0);
        assert_eq!(run.stderr, "");
    };
    accepted(run(&address, "PGPASSWORD", "can:ary").await);
    let chmod = file(".pgpass", format!("{folder}:*:{name}:ann:can\\:ary\n"));
    chmod(0o644);
    let readable = run(&address, "PGUSER", "ann").await;
    assert!(
        readable.stderr.contains("(chmod 600)"),
        "{}",
        readable.stderr
    );
    chmod(0o600);
    accepted(run(&address, "PGUSER", "ann").await);
    std::fs::remove_file(home.join(".pgpass")).unwrap();
    let service = format!("[shop]\nhost={folder}\ndbname={name}\nuser=ann\npassword=can:ary\n");
    let _ = file(".pg_service.conf", service);
    accepted(run("postgres://?service=shop", "PGUSER", "ann").await);
    accepted(run("postgres://", "PGSERVICE", "shop").await);
}
