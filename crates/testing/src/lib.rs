//! Databases for tests: each test gets one of its own, empty, and leaves nothing behind. Beside them networks and a Redis
//! that can fail.

mod contents;
mod lossy;
mod proxy;
mod redis;

pub use contents::Cell;
pub use lossy::LossyProxy;
pub use proxy::{CommitPoint, Proxy};
pub use redis::TestRedis;

use std::future::Future;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio_postgres::NoTls;
use umbrachat_store::Database;
use uuid::{NoContext, Timestamp, Uuid};

/// Writes each test twice, once per database: `databases! { async fn name(database: TestDatabase) { … } }`.
#[macro_export]
macro_rules! databases {
    ($($(#[$meta:meta])* async fn $name:ident($database:ident: TestDatabase) $body:block)*) => {
        $(
            $(#[$meta])*
            mod $name {
                use super::*;

                async fn story($database: $crate::TestDatabase) $body

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    story($crate::TestDatabase::sqlite()).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    story($crate::TestDatabase::postgres().await).await;
                }
            }
        )*
    };
}

/// An empty database, gone when this is dropped.
pub struct TestDatabase {
    database: Database,
    place: Place,
}

enum Place {
    Folder {
        _kept: TempDir,
    },
    /// The maintenance database's URL and the name of ours.
    Postgres {
        server: String,
        name: String,
    },
}

impl TestDatabase {
    /// A SQLite file in a folder of its own.
    ///
    /// # Panics
    /// Where no folder can be made.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let database = Database::Sqlite(folder.path().join("umbrachat.db"));
        Self { database, place: Place::Folder { _kept: folder } }
    }

    /// A database on the server that `TEST_DATABASE_URL` names.
    ///
    /// # Panics
    /// Where there is none: a test that does not run must not look as if it had.
    pub async fn postgres() -> Self {
        let server = postgres_url();
        let name = format!("umbrachat_test_{}", Uuid::new_v7(Timestamp::now(NoContext)).simple());
        execute(&server, &format!("CREATE DATABASE {name}")).await.expect("the role may create databases");
        let (base, _) = server.rsplit_once('/').expect("the URL names a database");
        let database = Database::Postgres(format!("{base}/{name}"));
        Self { database, place: Place::Postgres { server, name } }
    }

    /// Another empty one, of the same kind.
    ///
    /// # Panics
    /// As the first.
    pub async fn again(&self) -> Self {
        match self.place {
            Place::Folder { .. } => Self::sqlite(),
            Place::Postgres { .. } => Self::postgres().await,
        }
    }

    /// A copy with everything that is in it. Nobody may be using it.
    ///
    /// # Panics
    /// Where it cannot be copied.
    pub async fn copy(&self) -> Self {
        match (&self.place, &self.database) {
            (Place::Postgres { server, name }, _) => {
                let copy = format!("umbrachat_test_{}", Uuid::new_v7(Timestamp::now(NoContext)).simple());
                let end = format!(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
                );
                execute(server, &end).await.expect("a superuser may end connections");
                let make = format!("CREATE DATABASE {copy} TEMPLATE {name}");
                execute(server, &make).await.expect("nobody uses the database");
                let (base, _) = server.rsplit_once('/').expect("the URL names a database");
                let database = Database::Postgres(format!("{base}/{copy}"));
                Self { database, place: Place::Postgres { server: server.clone(), name: copy } }
            }
            (Place::Folder { .. }, Database::Sqlite(from)) => {
                let copy = Self::sqlite();
                if let Database::Sqlite(to) = &copy.database {
                    for suffix in ["", "-wal"] {
                        let with = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
                        if with(from).exists() {
                            std::fs::copy(with(from), with(to)).expect("the file can be copied");
                        }
                    }
                }
                copy
            }
            (Place::Folder { .. }, _) => unreachable!("a folder holds a file of SQLite's"),
        }
    }

    /// The same, reached through a proxy that can lose answers.
    ///
    /// # Panics
    /// As [`TestDatabase::postgres`].
    pub async fn postgres_behind_a_lossy_network() -> (Self, LossyProxy) {
        let mut this = Self::postgres().await;
        let url = this.url();
        let place =
            url.rsplit_once('@').map_or_else(|| url.trim_start_matches("postgres://"), |(_, place)| place);
        let (server, _) = place.split_once('/').expect("the URL names a database");
        let proxy = LossyProxy::before(server.to_owned()).await;
        this.database = Database::Postgres(url.replacen(server, &format!("127.0.0.1:{}", proxy.port()), 1));
        (this, proxy)
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The same, as `DATABASE_URL` spells it.
    pub fn url(&self) -> String {
        match &self.database {
            Database::Sqlite(path) => format!("sqlite://{}", path.display()),
            Database::Postgres(url) => url.clone(),
            Database::Memory => unreachable!("a test's database outlives its store"),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Postgres { server, name } = &self.place {
            let (server, sql) = (server.clone(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            on_a_runtime_of_its_own(async move {
                // What cannot be dropped goes with the private server.
                let _ = execute(&server, &sql).await;
            });
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "where tests learn which server is theirs")]
fn postgres_url() -> String {
    std::env::var("TEST_DATABASE_URL").expect(
        "TEST_DATABASE_URL names no PostgreSQL server: `cargo xtask test` starts one and sets it, or set it yourself",
    )
}

async fn execute(server: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
    let connection = tokio::spawn(connection);
    let result = client.batch_execute(sql).await;
    drop(client);
    // The connection's own error would only repeat the statement's.
    let _ = connection.await;
    result
}

/// `drop` cannot wait for a future on the runtime that it may be running on.
fn on_a_runtime_of_its_own(work: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::spawn(move || {
        if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
            runtime.block_on(work);
        }
    });
    // A panic in there has been printed; there is nothing to add.
    let _ = thread.join();
}
