//! A lane owns the hot writes of the conversations that hash to it, and commits them together.
//!
//! It takes whatever is waiting and never waits for more to come: under load the batches grow by themselves, and a
//! lone write goes through at once.

use crate::backend::{Backend, transaction};
use crate::change::Change;
use crate::clock::Clock;
use crate::error::{Result, StoreError};
use crate::face::Publish;
use crate::metrics::WriteMetrics;
use crate::sqlite::{self, Checkpoints};
use crate::write::{Outcome, Write};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::watch;
use umbrachat_protocol::ConversationId;
use umbrachat_protocol::planted::{self, Bug};

/// Writes in one transaction.
const BATCH: usize = 256;
/// Writes that may wait in one lane. When it is full, senders are told `overloaded` at once and retry.
const QUEUE: usize = 4_096;
/// PostgreSQL commits several lanes side by side; SQLite has one writer.
const POSTGRES_LANES: usize = 4;

/// Called with the outcome, after the commit. Must not block.
pub(crate) type Reply = Box<dyn FnOnce(Outcome) + Send>;

#[derive(Clone)]
pub(crate) struct Lanes {
    queues: Vec<mpsc::Sender<Waiting>>,
    /// Writes that are in line or being committed.
    unfinished: watch::Sender<usize>,
}

/// A write in line.
struct Waiting {
    write: Write,
    reply: Reply,
    since: Instant,
}

impl Lanes {
    /// Starts the lanes. They end when the last clone of this is dropped.
    ///
    /// # Panics
    /// Outside a runtime, or where the system gives no thread.
    pub(crate) fn start(backend: &Backend, clock: &Clock, publish: &Publish, metrics: &WriteMetrics) -> Self {
        let count = match backend {
            Backend::Postgres { .. } => POSTGRES_LANES,
            Backend::Sqlite { .. } => 1,
        };
        let queues = (0..count)
            .map(|_| {
                let (queue, waiting) = mpsc::channel(QUEUE);
                let lane = Lane {
                    backend: backend.clone(),
                    clock: clock.clone(),
                    publish: publish.clone(),
                    metrics: metrics.clone(),
                    checkpoints: None,
                };
                lane.start(waiting);
                queue
            })
            .collect();
        Self { queues, unfinished: watch::channel(0).0 }
    }

    /// Puts a write in line. Writes of one caller to one conversation keep their order.
    ///
    /// Where the line is full the reply comes at once: [`StoreError::Unavailable`].
    pub(crate) fn submit(&self, write: Write, reply: Reply) {
        let queue = &self.queues[self.index(write.conversation())];
        self.unfinished.send_modify(|count| *count += 1);
        let unfinished = self.unfinished.clone();
        let reply: Reply = Box::new(move |outcome| {
            reply(outcome);
            unfinished.send_modify(|count| *count -= 1);
        });
        let waiting = Waiting { write, reply, since: Instant::now() };
        let (Waiting { write, reply, .. }, cause) = match queue.try_send(waiting) {
            Ok(()) => return,
            Err(TrySendError::Full(refused)) => (refused, "too many writes are waiting"),
            Err(TrySendError::Closed(refused)) => (refused, "the store is closing"),
        };
        reply(failed(&write, &StoreError::Unavailable(cause.to_owned())));
    }

    /// Waits until every write that is in line by now has been answered.
    pub(crate) async fn are_idle(&self) {
        // It does not end while this holds it.
        let _ = self.unfinished.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Writes that wait in each lane.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = usize> {
        self.queues.iter().map(|queue| queue.max_capacity() - queue.capacity())
    }

    fn index(&self, conversation: ConversationId) -> usize {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(conversation);
        usize::try_from(hash % self.queues.len() as u64).expect("less than the number of lanes")
    }
}

struct Lane {
    backend: Backend,
    clock: Clock,
    publish: Publish,
    metrics: WriteMetrics,
    /// Of the file that is written to.
    checkpoints: Option<Checkpoints>,
}

impl Lane {
    /// One that waits for a file does so on a thread of its own: a batch has several steps, and to hand each to another
    /// thread would take as long as the step.
    fn start(mut self, waiting: mpsc::Receiver<Waiting>) {
        let Backend::Sqlite { readers, in_memory: false, .. } = &self.backend else {
            tokio::spawn(self.run(waiting));
            return;
        };
        self.checkpoints = Some(Checkpoints::start(readers.clone()));
        let runtime = Handle::current();
        let thread = std::thread::Builder::new().name("lane".to_owned());
        let started = thread.spawn(move || {
            sqlite::this_thread_may_wait();
            runtime.block_on(self.run(waiting));
        });
        started.expect("the system gives a thread");
    }

    async fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        let mut taken = Vec::with_capacity(BATCH);
        while waiting.recv_many(&mut taken, BATCH).await > 0 {
            self.metrics.batch_writes.observe(small(taken.len()));
            self.metrics.waiting_seconds.observe(taken[0].since.elapsed().as_secs_f64());
            let (writes, replies): (Vec<Write>, Vec<Reply>) =
                taken.drain(..).map(|waiting| (waiting.write, waiting.reply)).unzip();
            // Shared, because SQLite's work owns what it works with, and a batch may be tried twice.
            let writes = Arc::new(writes);
            if planted::has(Bug::AcknowledgeBeforeCommit) {
                self.acknowledge_before_commit(&writes, replies).await;
                continue;
            }
            match self.commit(&writes).await {
                Ok(outcomes) => {
                    self.answer(replies, outcomes);
                    if let Some(checkpoints) = &mut self.checkpoints {
                        checkpoints.count(writes.len());
                    }
                }
                // One of them may be the cause, and must not take the others with it.
                Err(StoreError::Internal(_)) if writes.len() > 1 => self.commit_each(&writes, replies).await,
                Err(error) => self.fail(&writes, replies, &error),
            }
        }
    }

    fn answer(&self, replies: Vec<Reply>, outcomes: Vec<Outcome>) {
        let refused = outcomes.iter().filter(|outcome| outcome.is_refused()).count();
        self.metrics.batch_was_written();
        self.metrics.count("committed", outcomes.len() - refused);
        self.metrics.count("refused", refused);
        for (reply, outcome) in replies.into_iter().zip(outcomes) {
            reply(outcome);
        }
    }

    fn fail(&self, writes: &[Write], replies: Vec<Reply>, error: &StoreError) {
        tracing::warn!(%error, writes = writes.len(), "a batch was not committed");
        // What one write has wrong in itself says nothing about the others to come.
        if !matches!(error, StoreError::Internal(_)) {
            self.metrics.batch_was_lost();
        }
        self.metrics.count("failed", writes.len());
        for (reply, write) in replies.into_iter().zip(writes) {
            reply(failed(write, error));
        }
    }

    async fn commit_each(&self, writes: &[Write], replies: Vec<Reply>) {
        for (write, reply) in writes.iter().zip(replies) {
            let alone = Arc::new(vec![write.clone()]);
            match self.commit(&alone).await {
                Ok(outcomes) => self.answer(vec![reply], outcomes),
                Err(error) => self.fail(&alone, vec![reply], &error),
            }
        }
    }

    /// Commits and publishes. Retried once where the connection turned out to be dead or another transaction won: the
    /// clients' ids make that harmless even where the first commit did arrive.
    async fn commit(&self, writes: &Arc<Vec<Write>>) -> Result<Vec<Outcome>> {
        let started = Instant::now();
        let (outcomes, changes) = match self.transact(writes).await {
            Err(StoreError::Unavailable(_) | StoreError::AnswerLost(_)) => self.transact(writes).await?,
            result => result?,
        };
        let committed = Instant::now();
        self.metrics.commit_seconds.observe((committed - started).as_secs_f64());
        if !planted::has(Bug::PublishBeforeCommit) {
            (self.publish)(changes);
        }
        self.metrics.publish_seconds.observe(committed.elapsed().as_secs_f64());
        Ok(outcomes)
    }

    async fn transact(&self, writes: &Arc<Vec<Write>>) -> Result<(Vec<Outcome>, Vec<Change>)> {
        let (writes, publish, now) = (writes.clone(), self.publish.clone(), self.clock.now());
        let result: Result<_> = async {
            transaction!(&self.backend, |ops, conn| {
                let applied = ops::batch::apply(conn, &writes, now).await?;
                if planted::has(Bug::PublishBeforeCommit) {
                    publish(applied.1.clone());
                    require_power()?;
                }
                Ok(applied)
            })
        }
        .await;
        if let Err(StoreError::AnswerLost(_)) = result {
            (self.publish)(vec![Change::Unknown]);
        }
        result
    }
}

impl Lane {
    /// What the simulation has to notice.
    async fn acknowledge_before_commit(&self, writes: &Arc<Vec<Write>>, replies: Vec<Reply>) {
        let (writes, publish, now) = (writes.clone(), self.publish.clone(), self.clock.now());
        let result: Result<()> = async {
            transaction!(&self.backend, |ops, conn| {
                let (outcomes, changes) = ops::batch::apply(conn, &writes, now).await?;
                for (reply, outcome) in replies.into_iter().zip(outcomes) {
                    reply(outcome);
                }
                publish(changes);
                require_power()
            })
        }
        .await;
        drop(result);
    }
}

/// A machine that has crashed does not commit.
fn require_power() -> Result<()> {
    if planted::has_power() { Ok(()) } else { Err(StoreError::Internal("crashed".to_owned())) }
}

/// A number of writes, of which there are never many.
fn small(writes: usize) -> f64 {
    u32::try_from(writes).map_or(f64::MAX, f64::from)
}

fn failed(write: &Write, error: &StoreError) -> Outcome {
    let error = match error {
        StoreError::Unavailable(cause) | StoreError::AnswerLost(cause) => {
            StoreError::Unavailable(cause.clone())
        }
        other => StoreError::Internal(other.to_string()),
    };
    match write {
        Write::Send(_) => Outcome::Sent(Err(error)),
        Write::Mark(_) => Outcome::Marked(Err(error)),
    }
}
