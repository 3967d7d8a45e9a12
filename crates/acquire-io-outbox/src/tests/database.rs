//! What is special about a database: its settings, its versions, failover, restarts, poolers, TLS.

use acquire_io_test_postgres::Server;

use super::simple;
use super::support::{ACCOUNT, Fixture, chat, seconds, settled, turn};
use crate::time::Time;
use crate::verdict::Kind;
use crate::{Outbox, State, postgres};

async fn error(address: &str) -> crate::Error {
    Outbox::postgres(address).await.unwrap_err()
}

#[tokio::test]
async fn a_database_without_an_outbox_or_with_a_newer_one_is_refused() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.database();
    let address = database.address();
    let none = error(&address).await;
    assert!(
        none.is_file() && none.to_string().contains("acquire outbox migrate"),
        "{none}"
    );
    let options = Outbox::postgres_options(&address).unwrap();
    assert_eq!(
        options.pending_migrations().await.unwrap(),
        Some(postgres::migrations())
    );
    assert_eq!(options.migrate().await.unwrap(), [1]);
    assert!(options.migrate().await.unwrap().is_empty());
    assert_eq!(options.pending_migrations().await.unwrap(), None);
    database
        .psql("INSERT INTO acquire_outbox.schema_version (version) VALUES (99)")
        .unwrap();
    assert!(error(&address).await.is_newer());
    assert!(options.migrate().await.unwrap_err().is_newer());

    server
        .psql("postgres", "DROP DATABASE IF EXISTS latin1")
        .unwrap();
    let sql = "CREATE DATABASE latin1 TEMPLATE template0 ENCODING 'LATIN1'";
    server.psql("postgres", sql).unwrap();
    let options = Outbox::postgres_options(&server.address("latin1")).unwrap();
    let refused = options.migrate().await.unwrap_err().to_string();
    assert!(refused.contains("encoding is LATIN1"), "{refused}");
}

#[tokio::test]
async fn programs_that_migrate_at_once_make_one_outbox_and_the_printed_sql_makes_the_same() {
    let Some(server) = Server::shared() else {
        return;
    };
    let (by_hand, by_library) = (server.database(), server.database());
    by_hand.psql(&postgres::migrations()).unwrap();
    let options = Outbox::postgres_options(&by_library.address()).unwrap();
    let (a, b, c) = tokio::join!(options.migrate(), options.migrate(), options.migrate());
    let added = [a, b, c].map(Result::unwrap).concat();
    assert_eq!(added, [1]);
    let all =
        "SELECT table_name, column_name, data_type, column_default FROM information_schema.columns
      WHERE table_schema = 'acquire_outbox' ORDER BY 1, 2;
      SELECT indexdef FROM pg_indexes WHERE schemaname = 'acquire_outbox' ORDER BY 1;
      SELECT proname, prosrc, prosecdef, proacl FROM pg_proc
      WHERE pronamespace = 'acquire_outbox'::regnamespace ORDER BY 1";
    let tables = by_hand.psql(all).unwrap();
    assert_eq!(tables, by_library.psql(all).unwrap());
    assert!(tables.contains("message_one_of_a_lane"), "{tables}");
}

/// A database of its own kind, whose clock the outbox uses.
#[tokio::test]
async fn a_turn_uses_the_databases_clock() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.database();
    let options = Outbox::postgres_options(&database.address()).unwrap();
    options.migrate().await.unwrap();
    let outbox = options.open().await.unwrap();
    let now = || async {
        let now = database
            .psql("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
            .unwrap();
        Time(now.parse().unwrap())
    };
    let before = now().await;
    outbox
        .insert(
            ACCOUNT,
            [
                chat(1, "text"),
                chat(2, "text").not_before(before.plus(seconds(60))),
            ],
        )
        .await
        .unwrap();
    let turned = outbox.store.turn(turn(2, Vec::new())).await.unwrap();
    let after = now().await;
    assert!(
        before <= turned.now && turned.now <= after,
        "{before:?} {turned:?} {after:?}"
    );
    assert_eq!(turned.claimed[0].lease_until, turned.now.plus(seconds(60)));
    // How long to wait doesn't depend on what this machine's clock says.
    let wait = turned.wait().unwrap();
    assert!(wait > seconds(0) && wait <= seconds(60), "{wait:?}");
}

/// An own server: what it runs with can't be changed for one database.
#[tokio::test]
async fn a_server_that_forgets_what_it_commits_is_refused() {
    let Some(server) = Server::start() else {
        return;
    };
    let fixture = Fixture::in_database(server.database()).await;
    fixture.insert([chat(1, "text")]).await;
    server.stop_immediately();
    server.start_again(&["fsync=off"]);
    // The connection broke.
    assert!(
        fixture
            .outbox
            .store
            .turn(turn(1, Vec::new()))
            .await
            .is_err()
    );
    let refused = fixture
        .outbox
        .store
        .turn(turn(1, Vec::new()))
        .await
        .unwrap_err();
    assert!(
        refused.is_file() && refused.to_string().contains("fsync"),
        "{refused}"
    );
    assert!(error(&fixture.its_database().address()).await.is_file());
}

/// A promoted standby, or a backup that was restored, is on another timeline.
#[tokio::test]
async fn an_outbox_is_held_after_a_failover_until_a_person_releases_it() {
    let Some(server) = Server::start() else {
        return;
    };
    server.stop();
    server.start_again(&["wal_level=replica"]);
    let fixture = Fixture::in_database(server.database()).await;
    fixture.insert([chat(1, "a"), chat(2, "b")]).await;
    fixture.claim_one().await;
    server.stop();
    std::fs::write(server.folder().join("data/recovery.signal"), "").unwrap();
    server.start_again(&["wal_level=replica", "restore_command=false"]);
    while server
        .psql("postgres", "SELECT pg_is_in_recovery()")
        .unwrap()
        == "t"
    {}
    let timeline = server
        .psql(
            "postgres",
            "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 8, 1)",
        )
        .unwrap();
    assert_eq!(timeline, "2");

    // The connection broke.
    assert!(
        fixture
            .outbox
            .store
            .turn(turn(1, Vec::new()))
            .await
            .is_err()
    );
    let turned = fixture.turn(1, Vec::new()).await;
    assert!(turned.claimed.is_empty());
    assert!(
        turned
            .paused
            .unwrap()
            .why
            .starts_with("the database failed over")
    );
    let held = fixture
        .outbox
        .standing(ACCOUNT)
        .await
        .unwrap()
        .held
        .unwrap();
    assert_eq!(held.author, None);
    fixture.outbox.release("ann").await.unwrap();
    assert_eq!(fixture.claim(1).await.len(), 1);
}

#[tokio::test]
async fn a_copy_of_a_database_is_held() {
    let Some(server) = Server::shared() else {
        return;
    };
    let original = Fixture::in_database(server.database()).await;
    original.insert([chat(1, "text")]).await;
    original.turn(0, Vec::new()).await;
    // As a copy of a database on the same server would find it.
    original
        .execute("UPDATE outbox_meta SET place = place || '0'")
        .await
        .unwrap();
    assert!(original.claim(1).await.is_empty());
    assert!(
        original
            .outbox
            .standing(ACCOUNT)
            .await
            .unwrap()
            .held
            .is_some()
    );
}

#[tokio::test]
async fn an_outbox_goes_on_when_its_server_is_back() {
    let Some(server) = Server::start() else {
        return;
    };
    let fixture = Fixture::in_database(server.database()).await;
    let rows = fixture.insert((1..=3).map(|case| chat(case, "text"))).await;
    for (row, end) in rows
        .iter()
        .zip([Server::kill, Server::stop_immediately, Server::stop])
    {
        let claimed = fixture.claim_one().await;
        assert_eq!(claimed.id, row.0);
        end(&server);
        let verdict = || turn(0, vec![settled(&claimed, Kind::Accepted)]);
        let away = fixture.outbox.store.turn(verdict()).await.unwrap_err();
        assert!(!away.is_file() && !away.is_closed(), "{away}");
        let away = fixture.outbox.store.turn(verdict()).await.unwrap_err();
        assert_eq!(away.to_string(), "the database can't be reached");
        server.start_again(&[]);
        fixture.outbox.store.turn(verdict()).await.unwrap();
        assert_eq!(fixture.state(*row).await, State::Accepted);
    }
}

#[tokio::test]
async fn it_does_the_same_behind_a_pooler_in_transaction_mode() {
    let Some(server) = Server::shared() else {
        return;
    };
    let Some(pooler) = server.pooler() else {
        return;
    };
    for seed in 1000..1005 {
        let fixture = Fixture::behind(server.database(), &pooler).await;
        simple::run(fixture, seed).await;
    }
    assert!(!pooler.log().contains("ERROR"), "{}", pooler.log());
}

#[tokio::test]
async fn a_certificate_is_verified() {
    let Some(server) = Server::start() else {
        return;
    };
    let fixture = Fixture::in_database(server.database()).await;
    let name = fixture.its_database().name().to_owned();
    let folder = server.folder();
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    for (file, text) in [
        ("root.pem", certificate.cert.pem()),
        ("other.pem", other.cert.pem()),
        ("key.pem", certificate.signing_key.serialize_pem()),
    ] {
        server.write(file, &text);
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    server.stop();
    let at = |file: &str| folder.join(file).display().to_string();
    server.start_again(&[
        "ssl=on",
        &format!("ssl_cert_file={}", at("root.pem")),
        &format!("ssl_key_file={}", at("key.pem")),
        "listen_addresses=localhost",
        &format!("port={port}"),
    ]);
    let open = async |rest: String| {
        let address = format!("postgres://postgres@localhost:{port}/{name}?{rest}");
        Outbox::postgres(&address).await
    };
    let outbox = open(format!(
        "sslmode=verify-full&sslrootcert={}",
        at("root.pem")
    ))
    .await
    .unwrap();
    outbox.insert(ACCOUNT, [chat(1, "text")]).await.unwrap();
    let tls = server.psql_at(
        port,
        &name,
        "SELECT count(*) FROM pg_stat_ssl WHERE ssl AND version = 'TLSv1.3'",
    );
    assert_eq!(tls.unwrap(), "1");
    for rest in [
        format!("sslmode=require&sslrootcert={}", at("other.pem")),
        "sslmode=require".to_owned(),
    ] {
        let refused = open(rest).await.unwrap_err();
        let causes =
            std::iter::successors(std::error::Error::source(&refused), |error| error.source());
        let causes: Vec<_> = causes.map(ToString::to_string).collect();
        assert!(
            causes.iter().any(|cause| cause.contains("certificate")),
            "{causes:?}"
        );
    }
    let missing = open("sslrootcert=/nowhere/root.pem".to_owned())
        .await
        .unwrap_err();
    assert!(
        missing.to_string().contains("/nowhere/root.pem"),
        "{missing}"
    );
}
