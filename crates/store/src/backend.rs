//! The two databases behind one face.
//!
//! `ops/` is compiled twice, once for each backend's concrete connection type; these macros choose between the two.

use crate::database::{Database, OpenError};
use crate::error::StoreError;
use crate::metrics::Connections;
use crate::{postgres, sqlite};
use deadpool::managed::{Manager, QueueMode};
use diesel::sql_types::Text;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, PoolableConnection};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// How long a request waits for a free connection, and for a new one to be made.
pub(crate) const CONNECTION_WAIT: Duration = Duration::from_secs(3);
/// How long one operation on a database server may take; one that is silent for longer counts as out of reach.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(crate) enum Backend {
    Postgres {
        pool: Pool<postgres::Conn>,
    },
    Sqlite {
        writer: Pool<sqlite::Conn>,
        readers: Pool<sqlite::Conn>,
        in_memory: bool,
        /// Held until the last clone of this is gone.
        _lock: Option<Arc<File>>,
    },
}

impl Backend {
    pub(crate) async fn open(database: &Database) -> Result<Self, OpenError> {
        match database {
            Database::Postgres(url) => Ok(Self::Postgres { pool: postgres::open(url).await? }),
            Database::Sqlite(path) => Ok(Self::of_sqlite(sqlite::open(path).await?)),
            Database::Memory => Ok(Self::of_sqlite(sqlite::open_in_memory().await?)),
        }
    }

    /// The same beside a server that may be running: nothing is migrated, and no lock keeps others off.
    pub(crate) fn open_beside(database: &Database) -> Result<Self, OpenError> {
        match database {
            Database::Postgres(url) => Ok(Self::Postgres { pool: postgres::open_as_it_is(url)? }),
            Database::Sqlite(path) => Ok(Self::of_sqlite(sqlite::open_as_it_is(path)?)),
            Database::Memory => Err(OpenError("a database in memory has nothing beside it".to_owned())),
        }
    }

    fn of_sqlite(opened: sqlite::Opened) -> Self {
        let sqlite::Opened { writer, readers, in_memory, lock } = opened;
        Self::Sqlite { writer, readers, in_memory, _lock: lock.map(Arc::new) }
    }
}

impl Backend {
    pub(crate) fn connections(&self) -> Connections {
        fn add(pools: &[deadpool::Status]) -> Connections {
            let sum = |count: fn(&deadpool::Status) -> usize| pools.iter().map(count).sum::<usize>();
            let idle = sum(|pool| pool.available);
            Connections {
                used: sum(|pool| pool.size).saturating_sub(idle),
                idle,
                waiting: sum(|pool| pool.waiting),
            }
        }
        match self {
            Self::Postgres { pool } => add(&[pool.status()]),
            Self::Sqlite { writer, readers, .. } => add(&[writer.status(), readers.status()]),
        }
    }

    /// Takes what was deleted out of the log that SQLite keeps beside its file, too. PostgreSQL does so by itself, in its time.
    pub(crate) async fn forget_deleted(&self) -> Result<(), StoreError> {
        let Self::Sqlite { writer, .. } = self else { return Ok(()) };
        let mut writer = writer.get().await?;
        Ok(writer.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").await?)
    }
}

impl Backend {
    /// Writes a copy of the file, as it is at one moment, into another one. Whoever writes meanwhile goes on.
    pub(crate) async fn copy_into(&self, path: &str) -> Result<(), StoreError> {
        let Self::Sqlite { writer, .. } = self else {
            return Err(StoreError::Internal("only a file can be copied as one".to_owned()));
        };
        let mut writer = writer.get().await?;
        diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(path).execute(&mut *writer).await?;
        Ok(())
    }
}

/// A pool of at most `size` connections. Whoever waits for one, or for a new one to be made, waits a bounded time.
pub(crate) fn pool<C: PoolableConnection + 'static>(
    manager: AsyncDieselConnectionManager<C>,
    size: usize,
) -> Result<Pool<C>, OpenError>
where
    AsyncDieselConnectionManager<C>: Manager<Type = C>,
{
    Pool::builder(manager)
        .max_size(size)
        // The one that was used last: what it has prepared and read is still at hand.
        .queue_mode(QueueMode::Lifo)
        .runtime(deadpool::Runtime::Tokio1)
        .wait_timeout(Some(CONNECTION_WAIT))
        .create_timeout(Some(CONNECTION_WAIT))
        .recycle_timeout(Some(CONNECTION_WAIT))
        .build()
        .map_err(|error| OpenError(error.to_string()))
}

/// Waits for the database a bounded time. A connection that does not answer is closed rather than used again.
pub(crate) async fn answered<C, T>(
    mut object: Object<C>,
    work: impl AsyncFnOnce(&mut C) -> Result<T, StoreError>,
) -> Result<T, StoreError>
where
    C: PoolableConnection + 'static,
    AsyncDieselConnectionManager<C>: Manager<Type = C>,
{
    let result = timeout(ANSWER_WAIT, work(&mut object)).await;
    result.unwrap_or_else(|_| {
        drop(Object::<C>::take(object));
        Err(StoreError::AnswerLost("no answer in time".to_owned()))
    })
}

/// `read!(backend, |ops, conn| ops::messages::history(conn, …).await)`: one query or several, without a transaction. What the
/// body uses is moved into it, as SQLite's work is done on another thread.
macro_rules! read {
    ($backend:expr, |$ops:ident, $conn:ident| $body:expr) => {
        match $backend {
            $crate::backend::Backend::Postgres { pool } => {
                use $crate::postgres::ops as $ops;
                $crate::backend::answered(pool.get().await?, async |$conn| $body).await
            }
            $crate::backend::Backend::Sqlite { readers, in_memory, .. } => {
                use $crate::sqlite::ops as $ops;
                let connection = readers.get().await?;
                $crate::sqlite::visit(connection, *in_memory, async move |$conn| $body).await
            }
        }
    };
}

/// The same in one write transaction; an `Err` rolls it back. The future must not be dropped half-way, as the
/// connection would keep its locks until somebody else takes it from the pool: run it in a task of its own.
macro_rules! transaction {
    ($backend:expr, |$ops:ident, $conn:ident| $body:expr) => {
        match $backend {
            $crate::backend::Backend::Postgres { pool } => {
                use $crate::postgres::ops as $ops;
                $crate::backend::answered(
                    pool.get().await?,
                    async |connection: &mut $crate::postgres::Conn| {
                        diesel_async::AsyncConnection::transaction::<_, $crate::StoreError, _>(
                            connection,
                            async |$conn| $body,
                        )
                        .await
                    },
                )
                .await
            }
            $crate::backend::Backend::Sqlite { writer, in_memory, .. } => {
                use $crate::sqlite::ops as $ops;
                let connection = writer.get().await?;
                let work = async move |connection: &mut $crate::sqlite::Conn| {
                    $crate::sqlite::immediate_transaction(connection, async move |$conn| $body).await
                };
                $crate::sqlite::visit(connection, *in_memory, work).await
            }
        }
    };
}

pub(crate) use {read, transaction};
