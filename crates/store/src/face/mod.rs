//! The public face: plain async methods, one transaction each.

mod accounts;
mod conversations;
mod epochs;
mod erasure;
mod export;
mod groups;
mod operators;
mod people;
mod second_factors;
mod sessions;

pub use accounts::{Knowledge, NewAccount, PolicyReference, Secrets, TokenHash};
pub use conversations::Opened;
pub use epochs::Mark;
pub use erasure::{Erasure, LedgerEntry};
pub use export::{ConversationPart, EXPORT_PAGE, Exporter, Page, Relation};
pub use operators::{Account, OpenBesideError};
pub use people::Asked;
pub use sessions::{Authenticated, NewSession, Rotation, SessionStarted, Successor};

use crate::backend::{Backend, read};
use crate::change::Change;
use crate::clock::Clock;
use crate::database::{Database, OpenError};
use crate::error::{Result, StoreError};
use crate::lane::Lanes;
use crate::types::{Id, Stamp};
use std::future::Future;
use std::sync::{Arc, Mutex};
use umbrachat_protocol::Epoch;

/// Called with what a transaction changed, after its commit and before anything is acknowledged. Must not block.
pub type Publish = Arc<dyn Fn(Vec<Change>) + Send + Sync>;

#[derive(Clone)]
pub struct Store {
    backend: Backend,
    clock: Clock,
    publish: Publish,
    lanes: Lanes,
    /// As of the last beat.
    epoch: Arc<Mutex<Option<Epoch>>>,
}

impl Store {
    /// Opens the database, brings its tables up to date and starts the lanes on the current runtime.
    ///
    /// # Errors
    /// One line that says why the database cannot be used.
    pub async fn open(database: &Database, clock: Clock, publish: Publish) -> Result<Self, OpenError> {
        let backend = Backend::open(database).await?;
        let lanes = Lanes::start(&backend, &clock, &publish);
        Ok(Self { backend, clock, publish, lanes, epoch: Arc::default() })
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        read!(&self.backend, |ops, conn| ops::accounts::ping(conn).await)
    }

    /// Waits until every message and mark that was submitted has been answered.
    pub async fn has_written(&self) {
        self.lanes.are_idle().await;
    }

    fn new_id(&self) -> Id {
        Id(self.clock.new_id())
    }

    /// For a row of the security log.
    fn stamp(&self) -> Stamp {
        Stamp { id: self.new_id(), now: self.clock.now() }
    }

    /// Runs a transaction to its end and publishes what it changed, even where the caller goes away meanwhile.
    async fn commit<T: Send + 'static>(
        &self,
        transaction: impl Future<Output = Result<(T, Vec<Change>)>> + Send + 'static,
    ) -> Result<T> {
        let publish = self.publish.clone();
        let task = tokio::spawn(async move {
            let (value, changes) = match transaction.await {
                Err(StoreError::AnswerLost(cause)) => {
                    publish(vec![Change::Unknown]);
                    return Err(StoreError::AnswerLost(cause));
                }
                result => result?,
            };
            publish(changes);
            Ok(value)
        });
        task.await.map_err(|error| StoreError::Internal(error.to_string()))?
    }
}

/// `write!(store, |ops, conn| ops::sessions::end(conn, …).await)`: the body gives a value and the changes, which are counted
/// for the people whom they concern.
macro_rules! write {
    ($store:expr, |$ops:ident, $conn:ident| $body:expr) => {{
        let backend = $store.backend.clone();
        let transaction = async move {
            $crate::backend::transaction!(&backend, |$ops, $conn| {
                let outcome: $crate::error::Result<_> = $body;
                let (value, mut changes) = outcome?;
                $ops::versions::advance($conn, &mut changes).await?;
                Ok((value, changes))
            })
        };
        $store.commit(transaction).await
    }};
}
use write;
