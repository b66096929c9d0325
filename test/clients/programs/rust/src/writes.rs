use crate::report::{columns, line, outcome, rows, told};
use futures_util::{SinkExt, pin_mut};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

const KEPT: &str = "CREATE TABLE kept_by_rust (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x', price float8, at timestamptz, b bytea, ok bool, tags text[], big int8)";

async fn changed(
    client: &Client,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Value, Error> {
    let statement = client.prepare(sql).await?;
    if statement.columns().is_empty() {
        return Ok(json!(client.execute(&statement, parameters).await?));
    }
    let found = client.query(&statement, parameters).await?;
    Ok(json!([columns(statement.columns()), rows(&found)]))
}

/// Tables of one's own, made, filled and changed.
pub async fn writes(client: &mut Client) {
    let at = UNIX_EPOCH + Duration::from_micros(1_709_168_523_000_004);
    let tags = vec![Some("a"), None];
    let asked: &[(&str, &[&(dyn ToSql + Sync)])] = &[
        (KEPT, &[]),
        (
            "INSERT INTO kept_by_rust VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *",
            &[
                &1,
                &"é🎉 it's",
                &1.5,
                &at,
                &&b"\x00\xff"[..],
                &true,
                &tags,
                &(1_i64 << 40),
            ],
        ),
        (
            "INSERT INTO kept_by_rust (id, price) VALUES ($1, $2), ($3, DEFAULT)",
            &[&2, &None::<f64>, &3],
        ),
        ("INSERT INTO kept_by_rust (id) VALUES ($1)", &[&1]),
        (
            "INSERT INTO kept_by_rust (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id, name",
            &[&1, &"up"],
        ),
        (
            "UPDATE kept_by_rust SET price = coalesce(price, 0) + $1 WHERE id = ANY($2)",
            &[&0.5, &vec![1, 2]],
        ),
        ("DELETE FROM kept_by_rust WHERE id = $1", &[&3]),
        ("SELECT * FROM kept_by_rust ORDER BY id", &[]),
    ];
    for (sql, parameters) in asked {
        outcome(sql, changed(client, sql, parameters).await);
    }
    outcome("COPY", copied_in(client).await);
    for twice in [false, true] {
        outcome(
            &format!("binary COPY, twice {twice}"),
            binary(client, twice).await,
        );
    }
    outcome("in transactions", nested(client).await);
    let sum = "SELECT count(*), sum(id), sum(price), max(tags::text) FROM kept_by_rust";
    outcome(sum, changed(client, sum, &[]).await);
    outcome(
        "drop",
        changed(client, "DROP TABLE kept_by_rust", &[]).await,
    );
}

async fn copied_in(client: &Client) -> Result<Value, Error> {
    let sink = client
        .copy_in::<_, &[u8]>("COPY kept_by_rust (id, name) FROM STDIN (FORMAT csv)")
        .await?;
    pin_mut!(sink);
    sink.send(&b"100,\"a,b\"\n101,"[..]).await?;
    sink.send(&b"\"x\"\n"[..]).await?;
    Ok(json!(sink.finish().await?))
}

async fn binary(client: &Client, twice: bool) -> Result<Value, Error> {
    let sink = client
        .copy_in("COPY kept_by_rust (id, name, price, at, b, ok, big) FROM STDIN BINARY")
        .await?;
    let types = [
        Type::INT4,
        Type::TEXT,
        Type::FLOAT8,
        Type::TIMESTAMPTZ,
        Type::BYTEA,
        Type::BOOL,
        Type::INT8,
    ];
    let writer = BinaryCopyInWriter::new(sink, &types);
    pin_mut!(writer);
    for i in 0..1000_i32 {
        let at = UNIX_EPOCH + Duration::from_secs(i.unsigned_abs().into());
        let id = if twice { 2000 + i % 999 } else { 1000 + i };
        let name = format!("c{i}");
        let row: [&(dyn ToSql + Sync); 7] = [
            &id,
            &name,
            &(f64::from(i) / 4.0),
            &at,
            &&[0_u8, 1][..],
            &None::<bool>,
            &i64::from(i),
        ];
        writer.as_mut().write(&row).await?;
    }
    Ok(json!(writer.finish().await?))
}

async fn nested(client: &mut Client) -> Result<Value, Error> {
    let mut transaction = client.transaction().await?;
    transaction
        .execute("INSERT INTO kept_by_rust (id) VALUES (5000)", &[])
        .await?;
    let inner = transaction.transaction().await?;
    if let Err(error) = inner
        .execute("INSERT INTO kept_by_rust (id) VALUES (5000)", &[])
        .await
    {
        line("in a savepoint", told(&error));
    }
    inner.rollback().await?;
    let count = transaction
        .execute("INSERT INTO kept_by_rust (id) VALUES (5001)", &[])
        .await?;
    transaction.commit().await?;
    Ok(json!(count))
}
