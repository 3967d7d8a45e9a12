//! The plans of the stores' statements use the indexes that they were written for, whatever is in the tables and whenever
//! statistics were made.

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::support::{ACCOUNT, Fixture, LEASE, chat, connect, minutes, settled, turn};
use crate::store::{Token, Turn};
use crate::verdict::Kind;
use crate::{Cursor, Filter, Found, State, postgres, sqlite};

/// Adds 100,000 settled and 10,000 queued rows, in 1,000 lanes.
fn fill_file(raw: &Connection) {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'trigger'";
    let mut triggers = raw.prepare(sql).unwrap();
    let triggers = triggers.query_map([], |row| row.get::<_, String>(0));
    let triggers: Vec<_> = triggers.unwrap().map(Result::unwrap).collect();
    let drop = "DROP TRIGGER outbox_insert; DROP TRIGGER outbox_account_of_a_message;
      DROP TRIGGER outbox_lane_of_the_case;";
    raw.execute_batch(drop).unwrap();
    let sql = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 110000)
      INSERT INTO outbox_message (account, key, lane, message, state, settled_at, settled_seq)
      SELECT 'acme', 'k' || n, 'case:' || (n % 1000), '{\"channel\":\"chat\",\"case\":1,\"text\":\"a\"}',
        iif(n <= 100000, 'accepted', 'queued'), iif(n <= 100000, 1, NULL), iif(n <= 100000, n, NULL)
      FROM number";
    assert_eq!(raw.execute(sql, []).unwrap(), 110_000);
    for trigger in triggers {
        raw.execute_batch(&trigger).unwrap();
    }
}

/// Does all that workers, services and followers do, in an account.
async fn do_all(fixture: &Fixture, account: &str) {
    let outbox = &fixture.outbox;
    let entries = [chat(1, "a").key("a"), chat(2, "b"), chat(2, "c").key("c")];
    let ends = chat(4, "d").not_after(fixture.now().plus(minutes(2)));
    outbox.insert(account, entries).await.unwrap();
    outbox.insert(account, [ends]).await.unwrap();
    let turn = |slots, token, settled| Turn {
        account: account.to_owned(),
        token: Token(token),
        ..turn(slots, settled)
    };
    let store = &outbox.store;
    let claimed = store.turn(turn(2, 1, Vec::new())).await.unwrap().claimed;
    let verdicts =
        [Kind::NotSent, Kind::Accepted, Kind::Refused].map(|kind| settled(&claimed[0], kind));
    store.turn(turn(2, 2, verdicts.to_vec())).await.unwrap();
    fixture.pass(LEASE + minutes(2));
    store.turn(turn(0, 3, Vec::new())).await.unwrap();
    store.give_back(account.to_owned(), Token(1)).await.unwrap();
    let id = crate::RowId(claimed[1].id);
    let _ = outbox.resolve(id, Found::Accepted, "ann").await;
    outbox.get(account, "a").await.unwrap().unwrap();
    outbox.get_by_id(id).await.unwrap().unwrap();
    outbox.history(id).await.unwrap();
    outbox.prune(minutes(60 * 24 * 365 * 100)).await.unwrap();
    outbox.standing(account).await.unwrap();
    outbox.settled_after(Cursor(99_990)).await.unwrap();
    let worker = "worker".to_owned();
    let heartbeat = store.heartbeat(worker, vec![account.to_owned()]);
    heartbeat.await.unwrap();
    outbox
        .list(Filter::unknown().account(account))
        .await
        .unwrap();
    outbox.list(Filter::all().after(id)).await.unwrap();
}

/// The steps of a statement's plan.
fn plan(raw: &Connection, sql: &str) -> Vec<String> {
    let mut explain = raw.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    // Without values.
    let plan = explain.raw_query().mapped(|row| row.get(3));
    plan.map(Result::unwrap).collect()
}

/// Whether a statement is about tables that grow.
fn has_plan(sql: &str) -> bool {
    let verbs = ["SELECT", "UPDATE", "INSERT", "DELETE"];
    verbs.iter().any(|verb| sql.starts_with(verb)) && !sql.contains("outbox_meta")
}

#[tokio::test]
async fn nothing_that_is_done_often_reads_a_whole_table() {
    let fixture = Fixture::file().await;
    let raw = fixture.raw();
    // As the store's own connection.
    raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .unwrap();
    fixture
        .insert((1..=20).map(|case| chat(case, "text")))
        .await;
    // The statistics are of a time when there was little, then of now.
    raw.execute_batch("ANALYZE").unwrap();
    fill_file(&raw);
    for account in ["aged statistics", "new statistics"] {
        do_all(&fixture, account).await;
        let statements = sqlite::statements_of(account);
        assert!(statements.len() > 25, "{statements:#?}");
        let claims = statements
            .iter()
            .filter(|sql| sql.contains("INDEXED BY outbox_lane"));
        assert_eq!(claims.clone().count(), 2);
        for sql in claims {
            let plan = plan(&raw, sql).join("\n");
            for part in [
                "USING INDEX outbox_due (account=? AND priority=? AND ready_at",
                "outbox_one_of_a_lane (account=?)",
                "outbox_state (account=? AND state=?)",
                "outbox_lane (account=? AND lane=? AND id<?)",
            ] {
                assert!(plan.contains(part), "{part}:\n{plan}");
            }
        }
        for sql in statements.iter().filter(|sql| has_plan(sql)) {
            let plan = plan(&raw, sql);
            for step in &plan {
                let is_bad = step.contains("SCAN") || step.contains("TEMP B-TREE");
                // As many rows as workers, or as live leases; and the events, once in a call of `prune`.
                let is_small = [
                    "SCAN outbox_worker",
                    "SCAN outbox_event",
                    "SCAN outbox_account",
                    "SCAN outbox_message USING COVERING INDEX outbox_lease",
                ];
                assert!(
                    !is_bad || is_small.contains(&step.as_str()),
                    "{account}: {sql}\n{plan:#?}"
                );
            }
        }
        raw.execute_batch("ANALYZE").unwrap();
    }
    assert_eq!(fixture.outbox.accounts().await.unwrap().len(), 3);
    assert_eq!(fixture.outbox.accounts().await.unwrap()[0], ACCOUNT);
}

/// Adds 100,000 settled and 10,000 queued rows, in 1,000 lanes.
const FILL_DATABASE: &str = r#"
ALTER TABLE acquire_outbox.message DISABLE TRIGGER before_insert;
INSERT INTO acquire_outbox.account (account) VALUES ('acme') ON CONFLICT DO NOTHING;
INSERT INTO acquire_outbox.message (account, key, lane, message, state, settled_at, settled_seq)
SELECT 'acme', 'k' || n, 'case:' || (n % 1000), '{"channel":"chat","case":1,"text":"a"}',
  CASE WHEN n <= 100000 THEN 'accepted' ELSE 'queued' END, CASE WHEN n <= 100000 THEN 'epoch'::timestamptz END,
  CASE WHEN n <= 100000 THEN n END
FROM generate_series(1, 110000) AS n;
UPDATE acquire_outbox.meta SET settled = 100000;
INSERT INTO acquire_outbox.event (at, what, message) SELECT now(), 'resolved', n FROM generate_series(1, 10000) AS n;
ALTER TABLE acquire_outbox.message ENABLE TRIGGER before_insert;
"#;

#[tokio::test]
async fn no_statement_of_a_worker_reads_the_whole_table_and_none_is_compiled() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let database = fixture.its_database();
    // What the planner knows is of an empty table, then of a full one.
    database.psql("ANALYZE").unwrap();
    database.psql(FILL_DATABASE).unwrap();
    let explain = connect(&database.address()).await;
    explain
        .batch_execute("SET plan_cache_mode = force_custom_plan")
        .await
        .unwrap();
    let mut looked_at = 0;
    for account in [ACCOUNT, "other"] {
        postgres::statements_of(database.name());
        do_all(&fixture, account).await;
        let mut statements = postgres::statements_of(database.name());
        statements.sort_by(|(one, _, _), (other, _, _)| one.cmp(other));
        statements.dedup_by(|(one, _, _), (other, _, _)| one == other);
        for (sql, types, values) in statements {
            let is_of_messages =
                sql.contains("acquire_outbox.message") || sql.contains("acquire_outbox.event");
            if !is_of_messages || sql.starts_with("INSERT") {
                continue;
            }
            let names: Vec<_> = types
                .iter()
                .map(|of| {
                    of.name().trim_start_matches('_').to_owned()
                        + if of.name().starts_with('_') { "[]" } else { "" }
                })
                .collect();
            let prepare = match names.is_empty() {
                true => format!("PREPARE statement AS {sql}"),
                false => format!("PREPARE statement ({}) AS {sql}", names.join(", ")),
            };
            explain
                .batch_execute(&prepare)
                .await
                .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            let arguments = match values.is_empty() {
                true => String::new(),
                false => format!("({})", values.join(", ")),
            };
            let execute = format!("EXPLAIN EXECUTE statement {arguments}");
            let plan = explain
                .simple_query(&execute)
                .await
                .unwrap_or_else(|error| panic!("{execute}: {error:?}"));
            let lines = plan.iter().filter_map(|line| match line {
                tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            });
            let plan = lines.collect::<Vec<_>>().join("\n");
            explain.batch_execute("DEALLOCATE statement").await.unwrap();
            for bad in ["Seq Scan on message", "Seq Scan on event"] {
                // Pruning looks at all events that are of no message, and a standing counts all messages.
                let may = sql.starts_with("DELETE FROM acquire_outbox.event WHERE message IS NULL")
                    || sql.contains("GROUP BY state");
                assert!(may || !plan.contains(bad), "{account}: {sql}\n{plan}");
            }
            looked_at += 1;
        }
        database.psql("ANALYZE").unwrap();
    }
    assert!(looked_at > 30, "{looked_at}");
}

/// Once statistics age the planner would compile the claim, which takes longer than a turn.
#[tokio::test]
async fn a_turn_runs_with_its_own_settings_whatever_the_databases_are() {
    let Some(fixture) = Fixture::database().await else {
        return;
    };
    let database = fixture.its_database();
    let name = database.name();
    let settings = format!(
        "ALTER DATABASE {name} SET synchronous_commit = off; ALTER DATABASE {name} SET jit = on;
        ALTER DATABASE {name} SET jit_above_cost = 0; ALTER DATABASE {name} SET default_transaction_isolation = serializable"
    );
    database.psql(&settings).unwrap();
    let outbox = fixture.open_again().await;
    outbox.insert(ACCOUNT, [chat(1, "text")]).await.unwrap();
    // A trigger writes down what each change runs with.
    let spy = "CREATE TABLE public.seen (what text);
      CREATE FUNCTION public.spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.seen SELECT concat_ws(' ', current_setting('synchronous_commit'), current_setting('jit'),
          current_setting('transaction_isolation'));
        RETURN NEW; END $$;
      CREATE TRIGGER spy BEFORE UPDATE ON acquire_outbox.message FOR EACH ROW EXECUTE FUNCTION public.spy()";
    database.psql(spy).unwrap();
    let turned = outbox.store.turn(turn(1, Vec::new())).await.unwrap();
    let verdict = settled(&turned.claimed[0], Kind::Accepted);
    outbox.store.turn(turn(0, vec![verdict])).await.unwrap();
    assert_eq!(
        fixture.state(crate::RowId(turned.claimed[0].id)).await,
        State::Accepted
    );
    assert_eq!(
        database
            .psql("SELECT DISTINCT what FROM public.seen")
            .unwrap(),
        "on off read committed"
    );
    let reset = format!("ALTER DATABASE {name} RESET ALL");
    database.psql(&reset).unwrap();
    database.psql("DROP FUNCTION public.spy() CASCADE").unwrap();
}
