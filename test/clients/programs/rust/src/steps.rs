use crate::connect::{connect_with, tls, ways};
use crate::report::{columns, line, outcome, rows, told};
use futures_util::{StreamExt, future, pin_mut};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};
use tokio_postgres::types::{Kind, ToSql, Type};
use tokio_postgres::{Client, Error, IsolationLevel, SimpleQueryMessage};

const VALUES: &[&str] = &[
    "SELECT * FROM sales ORDER BY id",
    "SELECT * FROM every_type ORDER BY id",
    "SELECT * FROM extremes ORDER BY id",
    "SELECT * FROM \"Café Ünïon\" ORDER BY 1",
    "SELECT * FROM empty",
    "SELECT region, count(*), sum(price), round(avg(qty), 9), array_agg(id ORDER BY id) FROM sales GROUP BY region ORDER BY region",
    "SELECT 'NaN'::numeric, 0.00, 1e-20::numeric, 10000::numeric, -12345678901234567890.12345",
    "SELECT 'x'::\"char\", 'n'::name, 'c'::char(3), B'101', '1 day'::interval, '{{1,2},{3,4}}'::int[], NULL::text[]",
    "SELECT '[1,5)'::int4range, '(1,2)'::point, '10.0.0.0/8'::cidr, '{\"a\": 1}'::jsonb, '<a/>'::xml",
    "SELECT oid::regclass::text, relkind, relacl IS NULL FROM pg_class WHERE relname = 'pg_class'",
    "SELECT 1 / (qty - qty) FROM sales",
    "SELECT nothing FROM sales",
    "SELECT id FROM sales WHERE",
    "",
];

async fn asked(
    client: &Client,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Value, Error> {
    let statement = client.prepare(sql).await?;
    let found = client.query(&statement, parameters).await?;
    Ok(json!([columns(statement.columns()), rows(&found)]))
}

pub async fn values(client: &Client) {
    for sql in VALUES {
        outcome(sql, asked(client, sql, &[]).await);
    }
    outcome("typed", typed(client).await);
    let long = client
        .query(
            "SELECT id, sensor, at, value FROM readings ORDER BY id",
            &[],
        )
        .await;
    outcome(
        "many rows",
        long.map(|all| json!([all.len(), rows(&all[12_345..12_350])])),
    );
}

async fn typed(client: &Client) -> Result<Value, Error> {
    let row = client.query_one("SELECT b, i2, i4, i8, f4, f8, txt, byt, ts, tstz, i4s, txts FROM every_type WHERE id = 1", &[]).await?;
    Ok(json!([
        row.get::<_, bool>(0),
        row.get::<_, i16>(1),
        row.get::<_, i32>(2),
        row.get::<_, i64>(3),
        row.get::<_, f32>(4),
        row.get::<_, f64>(5),
        row.get::<_, &str>(6),
        row.get::<_, &[u8]>(7),
        format!("{:?}", row.get::<_, std::time::SystemTime>(8)),
        format!("{:?}", row.get::<_, std::time::SystemTime>(9)),
        row.get::<_, Vec<i32>>(10),
        row.get::<_, Vec<Option<&str>>>(11)
    ]))
}

pub async fn parameters(client: &Client) {
    let day = UNIX_EPOCH + Duration::from_secs(1_717_200_000);
    let ids: Vec<i64> = vec![3, 5, 7];
    let notes: Vec<Option<&str>> = vec![Some("it's"), None, Some("🎉 party")];
    let asked_with: &[(&str, &[&(dyn ToSql + Sync)])] = &[
        ("SELECT id, note FROM sales WHERE id = $1", &[&3i64]),
        (
            "SELECT id FROM sales WHERE region = $1 AND qty > $2 ORDER BY id",
            &[&"EU", &1i32],
        ),
        (
            "SELECT id FROM sales WHERE sold_at < $1 ORDER BY id",
            &[&day],
        ),
        (
            "SELECT id FROM readings WHERE at > $1 ORDER BY id LIMIT 3",
            &[&day],
        ),
        (
            "SELECT id FROM sales WHERE id = ANY($1) ORDER BY id",
            &[&ids],
        ),
        (
            "SELECT id FROM sales WHERE note = ANY($1) ORDER BY id",
            &[&notes],
        ),
        (
            "SELECT id FROM every_type WHERE byt = $1 AND b = $2 AND f8 = $3",
            &[&&[0u8, 1, 255][..], &true, &0.1f64],
        ),
        ("SELECT id FROM sales WHERE note = $1", &[&None::<&str>]),
        ("SELECT $1::text, $2::int4, $1", &[&"x\\'", &-7i32]),
        ("SELECT id FROM sales WHERE id = $1", &[&3i32]),
        (
            "SELECT count(*) FROM sales WHERE storeid = $1 OR $1 IS NULL",
            &[&None::<i32>],
        ),
        (
            "SELECT relname FROM pg_class WHERE relname = $1",
            &[&"sales"],
        ),
    ];
    for (sql, values) in asked_with {
        outcome(sql, asked(client, sql, values).await);
    }
    let statement = client
        .prepare_typed("SELECT note FROM sales WHERE id = $1", &[Type::INT4])
        .await;
    match statement {
        Ok(statement) => {
            for id in 0..12i32 {
                outcome(
                    "again and again",
                    client
                        .query(&statement, &[&id])
                        .await
                        .map(|found| rows(&found)),
                );
            }
        }
        Err(error) => line("again and again !", told(&error)),
    }
}

/// Types that the driver doesn't know it looks up in the catalog.
pub async fn types(client: &Client) {
    for sql in [
        "SELECT NULL::sales, NULL::sales[]",
        "SELECT NULL::information_schema.sql_identifier",
        "SELECT NULL::information_schema.cardinal_number[]",
        "SELECT NULL::pg_class",
    ] {
        let described = client.prepare(sql).await;
        outcome(
            sql,
            described.map(|statement| {
                statement
                    .columns()
                    .iter()
                    .map(|column| kind(column.type_()))
                    .collect()
            }),
        );
    }
}

fn kind(of: &Type) -> Value {
    let inner = match of.kind() {
        Kind::Array(element) => json!(["array of", kind(element)]),
        Kind::Domain(base) => json!(["domain over", kind(base)]),
        Kind::Composite(fields) => fields
            .iter()
            .map(|field| json!(format!("{} {}", field.name(), field.type_())))
            .collect(),
        other => json!(format!("{other:?}")),
    };
    json!([of.schema(), of.name(), inner])
}

pub async fn simple(client: &Client) {
    for sql in [
        "SELECT id, note FROM sales ORDER BY id LIMIT 3; SELECT 1 AS one; SET application_name = 'x'; ; SELECT nothing; SELECT 2",
        "SHOW application_name; SHOW search_path; SHOW statement_timeout",
        "ROLLBACK",
        "",
    ] {
        outcome(
            sql,
            client
                .simple_query(sql)
                .await
                .map(|messages| messages.iter().map(shown).collect()),
        );
    }
    outcome(
        "batch",
        client
            .batch_execute("BEGIN; SELECT 1; COMMIT")
            .await
            .map(|()| json!(null)),
    );
}

fn shown(message: &SimpleQueryMessage) -> Value {
    match message {
        SimpleQueryMessage::Row(row) => (0..row.len()).map(|at| json!(row.get(at))).collect(),
        SimpleQueryMessage::CommandComplete(count) => json!(count),
        SimpleQueryMessage::RowDescription(columns) => {
            columns.iter().map(|column| json!(column.name())).collect()
        }
        _ => json!("?"),
    }
}

/// Statements that are on their way at the same time, some of them wrong.
pub async fn pipelines(client: &Client) {
    let texts: Vec<String> = (0..40)
        .map(|i| match i % 8 {
            5 => "SELECT nothing FROM sales".to_owned(),
            7 => format!("SELECT 1 / (id - {i}) FROM sales WHERE id = {i}"),
            _ => format!("SELECT {i}, count(*) FROM sales WHERE id < {i}"),
        })
        .collect();
    for answer in future::join_all(texts.iter().map(|sql| asked(client, sql, &[]))).await {
        outcome("pipelined", answer);
    }
}

pub async fn portals(client: &mut Client) {
    outcome("portals", in_portals(client).await);
}

async fn in_portals(client: &mut Client) -> Result<Value, Error> {
    let transaction = client.transaction().await?;
    let one = transaction
        .bind(
            "SELECT id, sensor FROM readings WHERE id >= $1 ORDER BY id",
            &[&100i64],
        )
        .await?;
    let two = transaction
        .bind("SELECT id FROM sales ORDER BY id", &[])
        .await?;
    let mut all = Vec::new();
    for size in [1, 3, 7] {
        all.push(rows(&transaction.query_portal(&one, size).await?));
        all.push(rows(&transaction.query_portal(&two, size * 9).await?));
    }
    all.push(json!(transaction.query_portal(&two, 0).await?.len()));
    all.push(json!(transaction.query_portal(&two, 5).await?.len()));
    all.push(json!(transaction.query_portal(&one, 0).await?.len()));
    transaction.commit().await?;
    Ok(json!(all))
}

pub async fn transactions(client: &mut Client) {
    outcome("savepoints", savepoints(client).await);
    outcome("built", built(client).await);
    drop(client.transaction().await);
    outcome(
        "after a dropped one",
        asked(client, "SELECT count(*) FROM sales", &[]).await,
    );
}

async fn built(client: &mut Client) -> Result<Value, Error> {
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::Serializable)
        .read_only(true)
        .deferrable(true)
        .start()
        .await?;
    let sql = "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only'), current_setting('transaction_deferrable')";
    let found = transaction.query(sql, &[]).await?;
    transaction.commit().await?;
    Ok(rows(&found))
}

async fn savepoints(client: &mut Client) -> Result<Value, Error> {
    let mut transaction = client.transaction().await?;
    let mut all = Vec::new();
    {
        let mut inner = transaction.savepoint("of \"mine\"").await?;
        let innermost = inner.transaction().await?;
        if let Err(error) = innermost.query("SELECT nothing FROM sales", &[]).await {
            all.push(told(&error));
        }
        if let Err(error) = innermost.query("SELECT 1", &[]).await {
            all.push(told(&error));
        }
        innermost.rollback().await?;
        all.push(rows(&inner.query("SELECT count(*) FROM sales", &[]).await?));
        inner.commit().await?;
    }
    all.push(rows(
        &transaction
            .query("SELECT count(*) FROM visits", &[])
            .await?,
    ));
    transaction.rollback().await?;
    Ok(json!(all))
}

const LONG: &str = "SELECT count(*) FROM sales a, sales b, sales c, sales d, sales e, sales f WHERE a.qty + b.qty + c.qty + d.qty + e.qty + f.qty > 3";

pub async fn cancelling(client: &Client) {
    for sql in ["SELECT pg_sleep(60)", LONG] {
        let token = client.cancel_token();
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            token.cancel_query(tls()).await
        };
        let (answer, sent) = future::join(asked(client, sql, &[]), cancel).await;
        outcome(&format!("cancelled: {sql}"), answer);
        line("cancel sent", json!(sent.is_ok()));
    }
    outcome(
        "after it",
        asked(client, "SELECT count(*) FROM sales", &[]).await,
    );
}

pub async fn copies(client: &Client) {
    for sql in [
        "COPY (SELECT * FROM sales ORDER BY id) TO STDOUT",
        "COPY (SELECT * FROM every_type ORDER BY id) TO STDOUT (FORMAT binary)",
        "COPY (SELECT id, note FROM sales ORDER BY id) TO STDOUT (FORMAT csv, HEADER, DELIMITER ';')",
        "COPY nowhere TO STDOUT",
        "COPY (SELECT 1 / (qty - qty) FROM sales) TO STDOUT",
    ] {
        outcome(&format!("copy: {sql}"), copied(client, sql).await);
    }
    outcome(
        "after the copies",
        asked(client, "SELECT count(*) FROM sales", &[]).await,
    );
}

async fn copied(client: &Client, sql: &str) -> Result<Value, Error> {
    let stream = client.copy_out(sql).await?;
    pin_mut!(stream);
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        text.extend(chunk?.iter().map(|byte| format!("{byte:02x}")));
    }
    Ok(json!(text))
}

/// Rows that nobody reads any more must not hold up what comes after them.
pub async fn closing(client: Client) {
    match client
        .query_raw("SELECT a.id FROM readings a", std::iter::empty::<&str>())
        .await
    {
        Ok(stream) => {
            pin_mut!(stream);
            let first = stream.next().await;
            line("first of many", json!(first.is_some()));
        }
        Err(error) => line("first of many !", told(&error)),
    }
    outcome(
        "after an abandoned result",
        asked(&client, "SELECT count(*) FROM sales", &[]).await,
    );
    line("closed", json!(client.is_closed()));
}

pub async fn login() {
    for (way, config) in ways() {
        match connect_with(config).await {
            Ok(client) => outcome(way, asked(&client, "SELECT current_user, 1 + 1", &[]).await),
            Err(error) => line(&format!("{way} !"), told(&error)),
        }
    }
}
