//! Connections to the embedded SQLite file: one that writes, several that read.

use super::Conn;
use crate::backend::{CONNECTION_WAIT, MIGRATIONS};
use crate::database::OpenError;
use diesel::connection::SimpleConnection;
use diesel::{Connection, ConnectionError, ConnectionResult, SqliteConnection};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_migrations::MigrationHarness;
use futures_util::FutureExt;
use std::fs::OpenOptions;
use std::path::Path;

const READERS: usize = 4;

pub(crate) async fn open(path: &Path) -> Result<(Pool<Conn>, Pool<Conn>), OpenError> {
    let url = path
        .to_str()
        .ok_or_else(|| OpenError(format!("the path {} is not UTF-8", path.display())))?
        .to_owned();
    create(path).map_err(|error| OpenError(format!("cannot open {}: {error}", path.display())))?;
    migrate(url.clone()).await?;
    Ok((pool(&url, 1, Access::Write)?, pool(&url, READERS, Access::Read)?))
}

/// Makes the file, readable for its owner alone; SQLite gives its companions the same mode.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Write,
    Read,
}

fn pool(url: &str, size: usize, access: Access) -> Result<Pool<Conn>, OpenError> {
    let mut config = ManagerConfig::<Conn>::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |url| {
        let url = url.to_owned();
        async move {
            tokio::task::spawn_blocking(move || connect(&url, access))
                .await
                .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
                .map(Conn::new)
        }
        .boxed()
    });
    Pool::builder(AsyncDieselConnectionManager::new_with_config(url, config))
        .max_size(size)
        .runtime(deadpool::Runtime::Tokio1)
        .wait_timeout(Some(CONNECTION_WAIT))
        .create_timeout(Some(CONNECTION_WAIT))
        .recycle_timeout(Some(CONNECTION_WAIT))
        .build()
        .map_err(|error| OpenError(error.to_string()))
}

fn connect(url: &str, access: Access) -> ConnectionResult<SqliteConnection> {
    let mut conn = SqliteConnection::establish(url)?;
    // FULL: with NORMAL a power cut takes the last acknowledged commits with it.
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8000;",
    )
    .map_err(ConnectionError::CouldntSetupConfiguration)?;
    if access == Access::Read {
        conn.batch_execute("PRAGMA query_only = ON;").map_err(ConnectionError::CouldntSetupConfiguration)?;
    }
    Ok(conn)
}

async fn migrate(url: String) -> Result<(), OpenError> {
    tokio::task::spawn_blocking(move || {
        let mut conn = connect(&url, Access::Write).map_err(|error| OpenError(error.to_string()))?;
        conn.run_pending_migrations(MIGRATIONS).map_err(|error| OpenError(error.to_string()))?;
        Ok(())
    })
    .await
    .map_err(|error| OpenError(error.to_string()))?
}
