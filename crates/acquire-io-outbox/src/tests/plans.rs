//! The claim's plans use the partial indexes, whatever is in the tables.

use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::support::{Fixture, chat};
use crate::sqlite::claim_statements;

#[tokio::test]
async fn the_claim_uses_the_partial_indexes() {
    let fixture = Fixture::new().await;
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
