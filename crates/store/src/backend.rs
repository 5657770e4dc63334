//! The two databases behind one face.
//!
//! `ops/` is compiled twice, once for each backend's concrete connection type; these macros choose between the two.

use crate::database::{Database, OpenError};
use crate::{postgres, sqlite};
use deadpool::managed::Manager;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, PoolableConnection};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// How long a request waits for a free connection, and for a new one to be made.
pub(crate) const CONNECTION_WAIT: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub(crate) enum Backend {
    Postgres {
        pool: Pool<postgres::Conn>,
    },
    Sqlite {
        writer: Pool<sqlite::Conn>,
        readers: Pool<sqlite::Conn>,
        /// Held until the last clone of this is gone.
        _lock: Arc<File>,
    },
}

impl Backend {
    pub(crate) async fn open(database: &Database) -> Result<Self, OpenError> {
        match database {
            Database::Postgres(url) => Ok(Self::Postgres { pool: postgres::open(url).await? }),
            Database::Sqlite(path) => {
                let sqlite::Opened { writer, readers, lock } = sqlite::open(path).await?;
                Ok(Self::Sqlite { writer, readers, _lock: Arc::new(lock) })
            }
        }
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
        .runtime(deadpool::Runtime::Tokio1)
        .wait_timeout(Some(CONNECTION_WAIT))
        .create_timeout(Some(CONNECTION_WAIT))
        .recycle_timeout(Some(CONNECTION_WAIT))
        .build()
        .map_err(|error| OpenError(error.to_string()))
}

/// `read!(backend, |ops, conn| ops::messages::history(conn, …).await)`: one query or several, without a transaction.
macro_rules! read {
    ($backend:expr, |$ops:ident, $conn:ident| $body:expr) => {
        match $backend {
            $crate::backend::Backend::Postgres { pool } => {
                use $crate::postgres::ops as $ops;
                let mut object = pool.get().await?;
                let $conn = &mut *object;
                $body
            }
            $crate::backend::Backend::Sqlite { readers, .. } => {
                use $crate::sqlite::ops as $ops;
                let mut object = readers.get().await?;
                let $conn = &mut *object;
                $body
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
                let mut object = pool.get().await?;
                diesel_async::AsyncConnection::transaction::<_, $crate::StoreError, _>(
                    &mut *object,
                    async |$conn| $body,
                )
                .await
            }
            $crate::backend::Backend::Sqlite { writer, .. } => {
                use $crate::sqlite::ops as $ops;
                let mut object = writer.get().await?;
                object.immediate_transaction(async |$conn| $body).await
            }
        }
    };
}

pub(crate) use {read, transaction};
