//! Connections to PostgreSQL.

use super::{Conn, tls};
use crate::backend::{CONNECTION_WAIT, MIGRATIONS, pool};
use crate::database::OpenError;
use diesel::ConnectionError;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::MigrationHarness;
use futures_util::FutureExt;
use std::time::Duration;
use tokio_postgres::Config;

/// Connections of one replica; PostgreSQL allows a hundred in all unless told otherwise.
const CONNECTIONS: usize = 16;
/// Any number will do, as long as nobody else locks it.
const MIGRATION_LOCK: i64 = 0x756d_6272_6163_6861;
/// A peer that has not confirmed what was sent within this time is gone.
const UNCONFIRMED: Duration = Duration::from_secs(10);
/// A connection that has been silent for this long is probed. The pool rests the ones that it does not need, and what lies between
/// may forget those without a word.
const PROBED_AFTER: Duration = Duration::from_mins(1);

/// Whatever is asked here is found by an index, and planned once for each connection. Left to itself, PostgreSQL plans anew
/// what it is asked with lists, and reads every row of a table that was small when it planned, until it gathers statistics.
/// Where nothing but reading every row is possible it still does, which must not count as expensive enough to be compiled.
const PLANNING: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off";

pub(crate) async fn open(url: &str) -> Result<Pool<Conn>, OpenError> {
    let target = Target::parse(url)?;
    migrate(target.clone()).await?;
    connections(url, target)
}

/// Without bringing the tables up to date.
pub(crate) fn open_as_it_is(url: &str) -> Result<Pool<Conn>, OpenError> {
    connections(url, Target::parse(url)?)
}

fn connections(url: &str, target: Target) -> Result<Pool<Conn>, OpenError> {
    let mut config = ManagerConfig::<Conn>::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |_| {
        let target = target.clone();
        async move { target.connect().await }.boxed()
    });
    pool(AsyncDieselConnectionManager::new_with_config(url, config), CONNECTIONS)
}

#[derive(Clone)]
struct Target {
    config: Config,
    tls: tokio_postgres_rustls::MakeRustlsConnect,
}

impl Target {
    fn parse(url: &str) -> Result<Self, OpenError> {
        let (url, verify) = tls::verification(url);
        let mut config: Config = url.parse().map_err(|error| OpenError(format!("{error}")))?;
        config
            .connect_timeout(CONNECTION_WAIT)
            .tcp_user_timeout(UNCONFIRMED)
            .keepalives_idle(PROBED_AFTER)
            .application_name("umbrachat");
        let tls = tls::connector(verify).map_err(|error| OpenError(error.to_string()))?;
        Ok(Self { config, tls })
    }

    async fn connect(&self) -> Result<Conn, ConnectionError> {
        let (client, connection) = self
            .config
            .connect(self.tls.clone())
            .await
            .map_err(|error| ConnectionError::BadConnection(with_cause(&error)))?;
        let mut conn = Conn::try_from_client_and_connection(client, connection).await?;
        conn.batch_execute(PLANNING).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    }
}

/// Brings the tables up to date, under a lock, so that several replicas may start together.
///
/// Runs on a runtime of its own: diesel's migrations block their thread, which the caller's runtime may not allow.
async fn migrate(target: Target) -> Result<(), OpenError> {
    let (done, outcome) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let result = match runtime {
            Ok(runtime) => runtime.block_on(migrate_here(target)),
            Err(error) => Err(OpenError(error.to_string())),
        };
        // Nobody waits any more only where the whole start was given up.
        let _ = done.send(result);
    });
    outcome.await.map_err(|_| OpenError("the migrations ended without a result".to_owned()))?
}

async fn migrate_here(target: Target) -> Result<(), OpenError> {
    let failed = |error: &dyn std::fmt::Display| OpenError(format!("{error}"));
    let mut conn = target.connect().await.map_err(|error| failed(&error))?;
    // Held until this connection closes.
    conn.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))
        .await
        .map_err(|error| failed(&error))?;
    let mut harness = AsyncMigrationHarness::new(conn);
    harness.run_pending_migrations(MIGRATIONS).map_err(|error| failed(&error))?;
    Ok(())
}

/// tokio-postgres says "error connecting to server" and keeps the reason in the source.
fn with_cause(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
