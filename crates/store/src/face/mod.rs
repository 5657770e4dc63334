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
pub use epochs::Sighting;
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
use crate::metrics::{Connections, WriteMetrics};
use crate::types::{Id, Stamp};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
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
    metrics: WriteMetrics,
    /// The last time that it was tried to write something.
    probed: Arc<tokio::sync::Mutex<Option<Probe>>>,
}

/// When it was, and why nothing could be written.
type Probe = (Instant, Result<(), String>);

/// How often the database is asked at most whether it can be written, however often that is wanted to be known.
const PROBE_EVERY: Duration = Duration::from_secs(1);

impl Store {
    /// Opens the database, brings its tables up to date and starts the lanes on the current runtime.
    ///
    /// # Errors
    /// One line that says why the database cannot be used.
    pub async fn open(database: &Database, clock: Clock, publish: Publish) -> Result<Self, OpenError> {
        let backend = Backend::open(database).await?;
        Ok(Self::over(backend, clock, publish))
    }

    fn over(backend: Backend, clock: Clock, publish: Publish) -> Self {
        let metrics = WriteMetrics::default();
        let lanes = Lanes::start(&backend, &clock, &publish, &metrics);
        Self { backend, clock, publish, lanes, epoch: Arc::default(), metrics, probed: Arc::default() }
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

    /// Whether the database can be written: not when its disk is full, or it is a copy that only follows another.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it cannot.
    pub async fn require_writable(&self) -> Result<()> {
        // Others wait meanwhile, and take the same answer.
        let mut probed = self.probed.lock().await;
        let written = match &*probed {
            Some((when, answer)) if when.elapsed() < PROBE_EVERY => answer.clone(),
            _ => {
                let answer = self.write_something().await.map_err(|error| error.to_string());
                *probed = Some((Instant::now(), answer.clone()));
                answer
            }
        };
        written.map_err(StoreError::Unavailable)?;
        if self.metrics.is_failing() {
            return Err(StoreError::Unavailable("messages could not be written a moment ago".to_owned()));
        }
        Ok(())
    }

    async fn write_something(&self) -> Result<()> {
        write!(self, |ops, conn| ops::accounts::touch(conn).await.map(|()| ((), Vec::new())))
    }

    pub fn metrics(&self) -> &WriteMetrics {
        &self.metrics
    }

    /// Writes that wait in each lane.
    pub fn waiting_writes(&self) -> Vec<usize> {
        self.lanes.waiting().collect()
    }

    pub fn connections(&self) -> Connections {
        self.backend.connections()
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
