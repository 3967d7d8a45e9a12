//! The service. An order and its message are stored in one transaction; a follower learns what became of the message.

use std::time::Duration;

use acquire_io::{CaseId, Chat};
use acquire_io_outbox::{Cursor, Entry, Outbox, postgres};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::{ACCOUNT, Result, stop_signal};

/// The service's own tables.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS orders (number bigint PRIMARY KEY, item text NOT NULL, message text NOT NULL DEFAULT 'queued');
    CREATE TABLE IF NOT EXISTS follower (cursor text NOT NULL);
    INSERT INTO follower SELECT '0' WHERE NOT EXISTS (SELECT FROM follower)";

#[derive(Clone)]
struct Shop {
    db: PgPool,
    outbox: Outbox,
}

#[derive(Deserialize)]
struct Order {
    number: i64,
    item: String,
    /// The customer's case in Acquire.
    case: CaseId,
    /// Stands for whatever may fail after the message was inserted.
    paid: bool,
}

/// The name of an order's message: it is sent once, however often the order comes in.
fn key(number: i64) -> String {
    format!("order-{number}")
}

type Failure = (StatusCode, String);

fn failure(error: impl std::fmt::Display) -> Failure {
    (StatusCode::SERVICE_UNAVAILABLE, error.to_string())
}

/// Stores an order and its message: both, or neither.
async fn place(
    State(shop): State<Shop>,
    Json(order): Json<Order>,
) -> std::result::Result<StatusCode, Failure> {
    let text = format!("Order {}: your {} is on its way.", order.number, order.item);
    let entry = Entry::new(Chat::new(order.case).as_agent().text(text)).key(key(order.number));
    // Checks the message, before anything is stored.
    let parameter = shop.outbox.parameter(ACCOUNT, &[entry]);
    let parameter =
        parameter.map_err(|error| (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;

    let mut transaction = shop.db.begin().await.map_err(failure)?;
    let insert = sqlx::query(postgres::INSERT).bind(parameter);
    if let Err(error) = insert.execute(&mut *transaction).await {
        return Err(match error.as_database_error() {
            Some(error) if error.message().starts_with("outbox: another message") => {
                taken(&shop, order.number).await
            }
            _ => failure(error),
        });
    }
    let sql = "INSERT INTO orders (number, item) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let insert = sqlx::query(sql).bind(order.number).bind(order.item);
    let inserted = insert.execute(&mut *transaction).await.map_err(failure)?;
    if !order.paid {
        // Dropped without a commit, the transaction is rolled back: the message was never there.
        return Err((StatusCode::PAYMENT_REQUIRED, "not paid".to_owned()));
    }
    transaction.commit().await.map_err(failure)?;
    Ok(match inserted.rows_affected() {
        0 => StatusCode::OK,
        _ => StatusCode::CREATED,
    })
}

/// The order is there already, with another text.
async fn taken(shop: &Shop, number: i64) -> Failure {
    let text = match shop.outbox.get(ACCOUNT, &key(number)).await {
        Ok(Some(row)) => format!(
            "order {number} was not stored: message {} ({}) says something else under its key {}",
            row.id,
            row.state,
            key(number)
        ),
        _ => format!("order {number} was not stored: another message has its key"),
    };
    (StatusCode::CONFLICT, text)
}

#[derive(Serialize)]
struct Placed {
    item: String,
    /// What became of the message.
    message: String,
}

async fn show(
    State(shop): State<Shop>,
    Path(number): Path<i64>,
) -> std::result::Result<Json<Placed>, Failure> {
    let query = sqlx::query_as("SELECT item, message FROM orders WHERE number = $1").bind(number);
    let placed: Option<(String, String)> = query.fetch_optional(&shop.db).await.map_err(failure)?;
    match placed {
        Some((item, message)) => Ok(Json(Placed { item, message })),
        None => Err((StatusCode::NOT_FOUND, "no such order".to_owned())),
    }
}

/// Keeps in the orders what became of their messages, for as long as the service runs.
async fn follow(shop: Shop) {
    loop {
        match learn(&shop).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => println!("following the outbox: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What was settled since the last time, in order. A message that was unknown comes again when somebody has looked.
async fn learn(shop: &Shop) -> Result<bool> {
    let mut transaction = shop.db.begin().await?;
    // Locked, since several processes of the service may follow. Stored, so that nothing is missed while none runs.
    let sql = "SELECT cursor FROM follower FOR UPDATE";
    let cursor: String = sqlx::query_scalar(sql).fetch_one(&mut *transaction).await?;
    let (rows, next) = shop.outbox.settled_after(cursor.parse::<Cursor>()?).await?;
    for row in &rows {
        let sql = "UPDATE orders SET message = $1 WHERE 'order-' || number = $2";
        let update = sqlx::query(sql).bind(row.state.as_str()).bind(&row.key);
        update.execute(&mut *transaction).await?;
    }
    let update = sqlx::query("UPDATE follower SET cursor = $1").bind(next.to_string());
    update.execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(!rows.is_empty())
}

pub async fn run(database: &str, port: u16) -> Result {
    let options = Outbox::postgres_options(database)?;
    // Or by hand: `acquire outbox migrate`, with a role that may make tables.
    options.migrate().await?;
    let shop = Shop {
        db: PgPool::connect(database).await?,
        outbox: options.open().await?,
    };
    sqlx::raw_sql(TABLES).execute(&shop.db).await?;
    tokio::spawn(follow(shop.clone()));
    let routes = Router::new()
        .route("/orders", post(place))
        .route("/orders/{number}", get(show))
        .with_state(shop);
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes)
        .with_graceful_shutdown(stop_signal())
        .await?;
    Ok(())
}
