//! Starting again after nothing could be sent.

use acquire_io_sandbox::Sandbox;

use crate::support::{Place, ended, once, rows};

#[tokio::test]
async fn after_connections_were_refused() {
    let mut place = Place::new().await;
    place.write("rows", rows(3));
    let arguments = "batch --yes --give-up-after 1s rows";
    let mut command = place.acquire(arguments);
    let (port, key) = (
        place.sandbox.address().port(),
        place.sandbox.api_key().to_owned(),
    );
    let other = Sandbox::start().await.unwrap();
    std::mem::replace(&mut place.sandbox, other)
        .stop()
        .await
        .unwrap();
    let before = ended(&mut command).await;
    before.assert_code(5);
    assert_eq!(before.stdout, "");

    let sandbox = || Sandbox::builder().api_key(&key);
    place.restart(port, sandbox).await;
    let after = place.run("batch --yes rows").await;
    after.assert_code(0);
    assert_eq!(after.lines(), [1, 2, 3]);
    assert_eq!(place.accepted(), once(3));
}

#[tokio::test]
async fn after_a_401_with_another_key() {
    let place = Place::new().await;
    place.write("rows", rows(5));
    let arguments = "batch --yes --concurrency 1 rows";
    let before = ended(place.acquire(arguments).env("ACQUIRE_API_KEY", "another")).await;
    before.assert_code(4);
    assert!(place.sandbox.received().len() < 5);
    assert!(place.accepted().is_empty());

    let after = place.run(arguments).await;
    after.assert_code(0);
    assert_eq!(after.lines(), [1, 2, 3, 4, 5]);
    assert_eq!(place.accepted(), once(5));
}
