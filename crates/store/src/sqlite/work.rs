//! Where SQLite does its work: on threads that may wait for a disk, or, for a database that has none, at once.

use super::Conn;
use crate::backend;
use crate::error::{Result, StoreError};
use diesel::SqliteConnection;
use diesel::connection::AnsiTransactionManager;
use diesel_async::TransactionManager;
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::sync_connection_wrapper::{
    SpawnBlocking, SyncConnectionWrapper, SyncTransactionManagerWrapper,
};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use std::cell::Cell;
use std::error::Error;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

pub(crate) enum Work {
    OnThreads(Threads),
    /// In the task that asks. Others have their turn before it learns the answer, as they would have with threads; in
    /// the same order each time.
    Here,
}

/// What the wrapper uses unless it is told otherwise, for which its crate has no public name.
type Threads = <SyncConnectionWrapper<SqliteConnection> as Wrapper>::Runtime;

pub(crate) trait Wrapper {
    type Runtime;
}

impl<C, S> Wrapper for SyncConnectionWrapper<C, S> {
    type Runtime = S;
}

thread_local! {
    static MAY_WAIT: Cell<bool> = const { Cell::new(false) };
}

/// From now on what this thread asks of a file is done on it, and not on another one. Nothing else may run here.
pub(crate) fn this_thread_may_wait() {
    MAY_WAIT.set(true);
}

/// Does all of one operation in one visit to a thread that may wait: an operation has several steps, and to hand each to
/// another thread takes longer than most of them. A thread that may wait itself does it at once.
///
/// However long the disk takes, the answer is waited for. A file loses no answers, and a write that somebody gave up would be
/// committed all the same, after everybody had been told to look again.
pub(crate) async fn visit<T: Send + 'static>(
    mut connection: Object<Conn>,
    in_memory: bool,
    work: impl AsyncFnOnce(&mut Conn) -> Result<T> + Send + 'static,
) -> Result<T> {
    if in_memory || MAY_WAIT.get() {
        return backend::answered(connection, work).await;
    }
    let runtime = Handle::current();
    let visit = spawn_blocking(move || {
        this_thread_may_wait();
        runtime.block_on(work(&mut connection))
    });
    visit.await.map_err(|error| StoreError::Internal(error.to_string()))?
}

impl SpawnBlocking for Work {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn Error + Send + Sync + 'static>>>
    where
        R: Send + 'static,
    {
        match self {
            Self::OnThreads(_) if MAY_WAIT.get() => {
                // As on another thread, a panic is an error of this piece of work and no more.
                let result = catch_unwind(AssertUnwindSafe(task));
                ready(result.map_err(|_| "the work has panicked".into())).boxed()
            }
            Self::OnThreads(threads) => threads.spawn_blocking(task),
            Self::Here => {
                let result = task();
                async {
                    others_turn().await;
                    Ok(result)
                }
                .boxed()
            }
        }
    }

    fn get_runtime() -> Self {
        Self::OnThreads(Threads::get_runtime())
    }
}

/// Runs a transaction that has the write lock from its beginning; an `Err` rolls it back.
pub(crate) async fn immediate_transaction<T>(
    conn: &mut Conn,
    work: impl AsyncFnOnce(&mut Conn) -> Result<T>,
) -> Result<T> {
    type Manager = SyncTransactionManagerWrapper<AnsiTransactionManager>;
    let begin =
        |conn: &mut SqliteConnection| AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE");
    conn.spawn_blocking(begin).await?;
    match work(conn).await {
        Ok(value) => {
            Manager::commit_transaction(conn).await?;
            Ok(value)
        }
        Err(error) => {
            Manager::rollback_transaction(conn).await.map_err(StoreError::from)?;
            Err(error)
        }
    }
}

async fn others_turn() {
    let mut had_theirs = false;
    poll_fn(|context| {
        if std::mem::replace(&mut had_theirs, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
