//! What tokio-postgres does, against the server that libpq's environment variables name: one JSON line a step, the same from
//! Skein and from PostgreSQL.

mod connect;
mod report;
mod steps;
mod writes;

use tokio_postgres::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if std::env::args().any(|argument| argument == "login") {
        steps::login().await;
        return Ok(());
    }
    let mut client = connect::connect().await?;
    if std::env::args().any(|argument| argument == "copy") {
        steps::copies(&client).await;
        return Ok(());
    }
    if std::env::args().any(|argument| argument == "writes") {
        writes::writes(&mut client).await;
        return Ok(());
    }
    steps::values(&client).await;
    steps::parameters(&client).await;
    steps::types(&client).await;
    steps::simple(&client).await;
    steps::pipelines(&client).await;
    steps::portals(&mut client).await;
    steps::transactions(&mut client).await;
    steps::cancelling(&client).await;
    steps::closing(client).await;
    Ok(())
}
