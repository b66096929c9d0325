use crate::report::line;
use futures_util::{StreamExt, stream};
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use postgres_openssl::MakeTlsConnector;
use serde_json::json;
use std::env;
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::{AsyncMessage, Client, Config, Error};

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))
}

fn config() -> Config {
    let mut config = Config::new();
    config.host(variable("PGHOST"));
    config.port(variable("PGPORT").parse().expect("a port"));
    config.user(variable("PGUSER"));
    config.password(variable("PGPASSWORD"));
    config.dbname(variable("PGDATABASE"));
    config.application_name("tokio");
    config.options("-c statement_timeout=60000 -c search_path=public,\\ pg_catalog");
    if env::var("PGSSLMODE").is_ok() {
        config.ssl_mode(SslMode::Require);
        config.channel_binding(ChannelBinding::Require);
    }
    config
}

/// Any certificate will do: that the names are right is not what is tested here.
pub fn tls() -> MakeTlsConnector {
    let mut builder = SslConnector::builder(SslMethod::tls()).expect("TLS");
    builder.set_verify(SslVerifyMode::NONE);
    MakeTlsConnector::new(builder.build())
}

/// Notices are lines of the report too.
pub async fn connect() -> Result<Client, Error> {
    let (client, mut connection) = config().connect(tls()).await?;
    tokio::spawn(async move {
        let mut messages = stream::poll_fn(move |cx| connection.poll_message(cx));
        while let Some(message) = messages.next().await {
            match message {
                Ok(AsyncMessage::Notice(notice)) => {
                    line(
                        "notice",
                        json!([notice.severity(), notice.code().code(), notice.message()]),
                    );
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
    });
    Ok(client)
}
