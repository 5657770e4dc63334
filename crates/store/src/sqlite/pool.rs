//! Connections to the embedded SQLite file: one that writes, several that read. Or to a database in memory alone.

use super::Conn;
use super::work::Work;
use crate::backend::{self, MIGRATIONS};
use crate::database::OpenError;
use diesel::connection::SimpleConnection;
use diesel::{Connection, ConnectionError, ConnectionResult, SqliteConnection};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_migrations::MigrationHarness;
use futures_util::FutureExt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const READERS: usize = 4;
/// How long a server that is being replaced may take to let go of the file.
const PREDECESSOR: Duration = Duration::from_secs(3);
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// The pools of one database and, where it is a file, the lock that keeps other processes off it.
pub(crate) struct Opened {
    pub(crate) writer: Pool<Conn>,
    pub(crate) readers: Pool<Conn>,
    pub(crate) in_memory: bool,
    pub(crate) lock: Option<File>,
}

pub(crate) async fn open(path: &Path) -> Result<Opened, OpenError> {
    let url = url_of(path)?;
    let lock = lock(path).await?;
    create(path).map_err(|error| OpenError(format!("cannot open {}: {error}", path.display())))?;
    migrate(url.clone()).await?;
    Ok(Opened {
        writer: pool(&url, 1, Access::Write)?,
        readers: pool(&url, READERS, Access::Read)?,
        in_memory: false,
        lock: Some(lock),
    })
}

/// Without bringing the tables up to date, and without keeping others off: SQLite's own locks let two write in turn.
pub(crate) fn open_as_it_is(path: &Path) -> Result<Opened, OpenError> {
    if !path.exists() {
        return Err(OpenError(format!("there is no file {}", path.display())));
    }
    let url = url_of(path)?;
    Ok(Opened {
        writer: pool(&url, 1, Access::Write)?,
        readers: pool(&url, READERS, Access::Read)?,
        in_memory: false,
        lock: None,
    })
}

fn url_of(path: &Path) -> Result<String, OpenError> {
    let url = path.to_str().ok_or_else(|| OpenError(format!("the path {} is not UTF-8", path.display())))?;
    Ok(url.to_owned())
}

/// A new, empty database that is gone with its last connection. Readers see what was committed last, as in a file.
pub(crate) async fn open_in_memory() -> Result<Opened, OpenError> {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    let url = format!("file:/umbrachat-{}?vfs=memdb", OPENED.fetch_add(1, Ordering::Relaxed));
    let writer = pool(&url, 1, Access::InMemory)?;
    let mut conn = writer.get().await.map_err(|error| OpenError(error.to_string()))?;
    // On the connection that stays: were it another, all would be gone again when that one closes.
    let migrated = conn.spawn_blocking(|conn| Ok(conn.run_pending_migrations(MIGRATIONS).map(|_| ())));
    migrated
        .await
        .map_err(|error| OpenError(error.to_string()))?
        .map_err(|error| OpenError(error.to_string()))?;
    drop(conn);
    Ok(Opened { writer, readers: pool(&url, READERS, Access::InMemory)?, in_memory: true, lock: None })
}

/// Two servers on one file would each miss what the other's people say. The lock is a file of its own: SQLite's own locks
/// on the database would be lost whenever somebody else in this process closes that file.
async fn lock(path: &Path) -> Result<File, OpenError> {
    // The file itself, by whatever name it is reached.
    let file = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = file.into_os_string();
    name.push(".lock");
    let failed = |error: std::io::Error| OpenError(format!("cannot open {}: {error}", path.display()));
    let lock = private().create(true).append(true).open(name).map_err(failed)?;
    let deadline = Instant::now() + PREDECESSOR;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => tokio::time::sleep(ASK_AGAIN).await,
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError(format!("{} is in use by another umbrachat", path.display())));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
}

/// Makes the file, readable for its owner alone; SQLite gives its companions the same mode.
fn create(path: &Path) -> std::io::Result<()> {
    match private().create_new(true).append(true).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A new file is its owner's alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Write,
    Read,
    InMemory,
}

fn pool(url: &str, size: usize, access: Access) -> Result<Pool<Conn>, OpenError> {
    let mut config = ManagerConfig::<Conn>::default();
    config.recycling_method = RecyclingMethod::Fast;
    config.custom_setup = Box::new(move |url| {
        let url = url.to_owned();
        async move {
            if access == Access::InMemory {
                return connect_in_memory(&url).map(|conn| Conn::with_runtime(conn, Work::Here));
            }
            tokio::task::spawn_blocking(move || connect(&url, access))
                .await
                .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
                .map(Conn::new)
        }
        .boxed()
    });
    backend::pool(AsyncDieselConnectionManager::new_with_config(url, config), size)
}

fn connect(url: &str, access: Access) -> ConnectionResult<SqliteConnection> {
    let mut conn = SqliteConnection::establish(url)?;
    // FULL: with NORMAL a power cut takes the last acknowledged commits with it. What is deleted is overwritten, so that a
    // copy of the file does not give back what somebody has erased. The log of 8,192 pages, 32 MiB, is what the writer takes
    // into the file itself; usually `Checkpoints` has taken most of it by then.
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 8192;
         PRAGMA journal_size_limit = 33554432;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8000;",
    )
    .map_err(ConnectionError::CouldntSetupConfiguration)?;
    if access == Access::Read {
        conn.batch_execute("PRAGMA query_only = ON;").map_err(ConnectionError::CouldntSetupConfiguration)?;
    }
    Ok(conn)
}

/// Nothing outlives the process, so nothing needs to reach a disk.
fn connect_in_memory(url: &str) -> ConnectionResult<SqliteConnection> {
    let mut conn = SqliteConnection::establish(url)?;
    conn.batch_execute(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;",
    )
    .map_err(ConnectionError::CouldntSetupConfiguration)?;
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
