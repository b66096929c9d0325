use serde_json::{Value, json};
use std::error::Error as StdError;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Column, Error, Row};

pub fn line(step: &str, value: Value) {
    println!("{}", json!({ "step": step, "value": value }));
}

/// The outcome of something that may fail.
pub fn outcome(step: &str, result: Result<Value, Error>) {
    match result {
        Ok(value) => line(step, value),
        Err(error) => line(&format!("{step} !"), told(&error)),
    }
}

pub fn told(error: &Error) -> Value {
    match error.as_db_error() {
        Some(db) => json!([
            db.severity(),
            db.code().code(),
            db.message(),
            db.detail(),
            db.hint(),
            format!("{:?}", db.position())
        ]),
        None => json!(error.to_string()),
    }
}

/// A value as it came, in hexadecimal: the driver asks for all in binary.
struct Raw(String);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Raw(raw.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

pub fn columns(columns: &[Column]) -> Value {
    columns
        .iter()
        .map(|column| {
            json!(format!(
                "{} {} {} {:?}",
                column.name(),
                column.type_(),
                column.type_modifier(),
                column.column_id()
            ))
        })
        .collect()
}

pub fn rows(rows: &[Row]) -> Value {
    rows.iter()
        .map(|row| {
            (0..row.len())
                .map(|at| json!(row.get::<_, Option<Raw>>(at).map(|raw| raw.0)))
                .collect::<Value>()
        })
        .collect()
}
