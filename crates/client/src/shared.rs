//! The machine, between the program that tells it things and the task that carries out what it asks for.

use crate::updates::{UPDATES_MAX, Updates};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, oneshot, watch};
use tokio::time::Instant;
use umbrachat_client_core::{Change, Config, Core, Effect, Input, Millis, Progress, State};
use umbrachat_protocol::ClientId;

/// How many messages' outcomes are remembered for those who ask late; older ones are forgotten.
const OUTCOMES_MAX: usize = 4_096;

#[derive(Debug)]
pub(crate) struct Shared {
    brain: Mutex<Brain>,
    began: Instant,
    /// Wakes the task: there is something to do.
    wake: Notify,
    /// Counts the inputs, so that waiters look again.
    version: watch::Sender<u64>,
}

#[derive(Debug)]
struct Brain {
    core: Core,
    /// Asked for and not carried out yet. The task takes from it whenever it can.
    to_do: VecDeque<Effect>,
    /// None once stopped, which ends the readers' streams.
    updates: Option<broadcast::Sender<Change>>,
    /// Handed to the first who asks, so that it misses nothing from the start.
    first_reader: Option<broadcast::Receiver<Change>>,
    outcomes: Outcomes,
}

/// What has become of messages.
#[derive(Debug, Default)]
struct Outcomes {
    known: HashMap<ClientId, Progress>,
    /// The order in which they became known.
    order: VecDeque<ClientId>,
    waiting: HashMap<ClientId, Vec<oneshot::Sender<Progress>>>,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Self {
        let (updates, first_reader) = broadcast::channel(UPDATES_MAX);
        Self {
            brain: Mutex::new(Brain {
                core: Core::new(config),
                to_do: VecDeque::new(),
                updates: Some(updates),
                first_reader: Some(first_reader),
                outcomes: Outcomes::default(),
            }),
            began: Instant::now(),
            wake: Notify::new(),
            version: watch::Sender::new(0),
        }
    }

    /// Hands something to the machine. Changes show at once; what it asks for is done by the task.
    pub(crate) fn tell(&self, input: Input) {
        let now = self.now();
        let mut brain = self.brain();
        for effect in brain.core.handle(now, input) {
            match effect {
                Effect::Changed(change) => brain.announce(change),
                effect => brain.to_do.push_back(effect),
            }
        }
        drop(brain);
        self.version.send_modify(|version| *version += 1);
        self.wake.notify_one();
    }

    pub(crate) fn state<R>(&self, read: impl FnOnce(&State) -> R) -> R {
        read(self.brain().core.state())
    }

    pub(crate) fn version(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    pub(crate) fn updates(&self) -> Updates {
        let mut brain = self.brain();
        let first = brain.first_reader.take();
        Updates(first.unwrap_or_else(|| match &brain.updates {
            Some(updates) => updates.subscribe(),
            None => broadcast::channel(1).1,
        }))
    }

    /// Sends what becomes of a message, or has become of it; nothing where it is not known.
    pub(crate) fn wait_for(&self, client_id: ClientId, tell: oneshot::Sender<Progress>) {
        let mut brain = self.brain();
        let unsent = brain.core.state().all_outgoing().find(|outgoing| outgoing.client_id == client_id);
        let outcome = match unsent {
            Some(outgoing) => outgoing.failure.clone().map(Progress::Failed),
            None => Some(brain.outcomes.known.get(&client_id).cloned().unwrap_or(Progress::Discarded)),
        };
        match outcome {
            // Whoever does not wait any more does not need to know.
            Some(outcome) => drop(tell.send(outcome)),
            None if brain.updates.is_none() => drop(tell),
            None => brain.outcomes.waiting.entry(client_id).or_default().push(tell),
        }
    }

    /// The next thing that the task has to do.
    pub(crate) fn next_to_do(&self) -> Option<Effect> {
        self.brain().to_do.pop_front()
    }

    /// Resolves when the task should look again.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// When to tell the machine that time has passed.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let at = self.brain().core.next_deadline()?;
        Some(self.began + Duration::from_millis(at.0))
    }

    /// That moment, on the machine's clock.
    pub(crate) fn millis(&self, at: Instant) -> Millis {
        let since = at.saturating_duration_since(self.began);
        Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    pub(crate) fn now(&self) -> Millis {
        self.millis(Instant::now())
    }

    /// Disconnects, and lets the task end once that is done.
    pub(crate) fn stop(&self) {
        self.tell(Input::Stop);
        let mut brain = self.brain();
        brain.updates = None;
        brain.first_reader = None;
        // Whoever waits for an acknowledgement hears that none will come.
        brain.outcomes.waiting.clear();
        drop(brain);
        self.wake.notify_one();
        self.version.send_modify(|version| *version += 1);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.brain().updates.is_none()
    }

    fn brain(&self) -> MutexGuard<'_, Brain> {
        // A panic in somebody's `read` leaves the machine as it was.
        self.brain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Brain {
    fn announce(&mut self, change: Change) {
        if let Change::Outgoing { client_id, progress, .. } = &change {
            self.outcomes.note(*client_id, progress);
        }
        if let Some(updates) = &self.updates {
            // It fails where nobody watches, which is as good.
            let _ = updates.send(change);
        }
    }
}

impl Outcomes {
    fn note(&mut self, client_id: ClientId, progress: &Progress) {
        if *progress == Progress::Sending {
            self.known.remove(&client_id);
            return;
        }
        for tell in self.waiting.remove(&client_id).unwrap_or_default() {
            // Whoever does not wait any more does not need to know.
            let _ = tell.send(progress.clone());
        }
        if self.known.insert(client_id, progress.clone()).is_none() {
            self.order.push_back(client_id);
        }
        if self.order.len() > OUTCOMES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}
