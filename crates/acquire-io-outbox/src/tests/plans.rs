//! The plans of the store's statements use the indexes that they were written for, whatever is in the tables.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::support::{ACCOUNT, Fixture, LEASE, chat, minutes, turn};
use crate::sqlite::{claim_statements, statements_of};
use crate::store::{Token, Turn};
use crate::verdict::Kind;
use crate::{Cursor, Found};

#[tokio::test]
async fn the_claim_uses_the_partial_indexes() {
    let fixture = Fixture::file().await;
    fixture
        .insert((1..=500).map(|number| chat(number % 20 + 1, "text")))
        .await;
    let raw = fixture.raw();
    raw.execute_batch("UPDATE outbox_message SET state = 'accepted', settled_seq = id WHERE id % 50 > 0; ANALYZE;").unwrap();
    for sql in claim_statements() {
        let mut explain = raw.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let values = [
            "acme".to_owned().into(),
            1.into(),
            0.into(),
            0.into(),
            64.into(),
        ];
        let plan = explain.query_map(params_from_iter::<[Value; 5]>(values), |row| {
            row.get::<_, String>(3)
        });
        let plan: Vec<_> = plan.unwrap().map(Result::unwrap).collect();
        let plan = plan.join("\n");
        for part in [
            "USING INDEX outbox_due (account=? AND priority=? AND ready_at",
            "outbox_busy (account=?)",
            "outbox_lane (account=? AND lane=? AND id<?)",
        ] {
            assert!(plan.contains(part), "{part}:\n{plan}");
        }
        assert!(
            !plan.contains("SCAN") && !plan.contains("TEMP B-TREE FOR ORDER"),
            "{plan}"
        );
    }
}

/// Adds 100,000 settled and 10,000 queued rows, in 1,000 lanes.
fn fill(raw: &Connection) {
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

/// Does all that workers, services and followers do, in an account of its own.
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
    let settled = |kind| super::support::settled(&claimed[0], kind);
    let settled = vec![
        settled(Kind::NotSent),
        settled(Kind::Accepted),
        settled(Kind::Refused),
    ];
    store.turn(turn(0, 2, settled)).await.unwrap();
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
    store
        .heartbeat(worker, vec![account.to_owned()])
        .await
        .unwrap();
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
    fixture
        .insert((1..=20).map(|case| chat(case, "text")))
        .await;
    // The statistics are of a time when there was little, then of now.
    raw.execute_batch("ANALYZE").unwrap();
    fill(&raw);
    for account in ["aged statistics", "new statistics"] {
        do_all(&fixture, account).await;
        let statements = statements_of(account);
        assert!(statements.len() > 25, "{statements:#?}");
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
