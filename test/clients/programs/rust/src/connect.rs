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
    connect_with(config()).await
}

/// With passwords and TLS, in the ways that the driver knows.
pub fn ways() -> Vec<(&'static str, Config)> {
    let way = |mode: SslMode, binding: ChannelBinding, password: Option<&str>| {
        let mut config = config();
        config.ssl_mode(mode);
        config.channel_binding(binding);
        if let Some(password) = password {
            config.password(password);
        }
        config
    };
    vec![
        (
            "without TLS",
            way(SslMode::Disable, ChannelBinding::Prefer, None),
        ),
        (
            "preferred",
            way(SslMode::Prefer, ChannelBinding::Prefer, None),
        ),
        (
            "bound to the channel",
            way(SslMode::Require, ChannelBinding::Require, None),
        ),
        (
            "not bound to it",
            way(SslMode::Require, ChannelBinding::Disable, None),
        ),
        (
            "bound, but without TLS",
            way(SslMode::Disable, ChannelBinding::Require, None),
        ),
        (
            "a wrong password",
            way(SslMode::Require, ChannelBinding::Require, Some("wrong")),
        ),
    ]
}

pub async fn connect_with(config: Config) -> Result<Client, Error> {
    let (client, mut connection) = config.connect(tls()).await?;
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
