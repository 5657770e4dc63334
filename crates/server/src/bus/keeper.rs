//! Watches whether replicas hear each other, and compares with the database while they do not.

use super::Shared;
use super::message::{Channel, Message, Posted};
use crate::realtime::Hub;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use uuid::Uuid;

pub(super) const BEAT: Duration = Duration::from_millis(250);
/// A replica that was not heard for so long may be saying things that do not arrive. This, a beat and what the database
/// needs to answer are what ending a session takes at most where Redis does not carry it: together less than a second.
const SILENCE: Duration = Duration::from_millis(550);
/// After so long it is not expected any more, and whoever was there is not shown as online any more. In a rolling restart
/// people have come back on another replica long before.
const GONE: Duration = Duration::from_secs(10);
/// How often to compare with the database while all is well. While something may be missing it is done at each beat, but no
/// more than half of the time.
const CALM: Duration = Duration::from_secs(15);
/// How often the log says the same thing.
const COMPLAIN: Duration = Duration::from_secs(10);

/// What a replica knows of how well it hears.
#[derive(Default)]
pub(super) struct Health {
    known: Mutex<Known>,
    /// Messages whose seal was not ours.
    forged: AtomicU64,
}

#[derive(Default)]
struct Known {
    /// Since when this replica hears others.
    since: Option<Instant>,
    own: Option<Instant>,
    others: HashMap<Uuid, Other>,
    complained: Option<Instant>,
}

struct Other {
    heard: Instant,
    lost: u64,
}

impl Health {
    /// Notes a heartbeat; whether its sender says that something was lost since the one before.
    pub(super) fn beats(&self, from: Uuid, is_own: bool, lost: u64) -> bool {
        let heard = Instant::now();
        let mut known = self.known();
        if is_own {
            known.own = Some(heard);
            return false;
        }
        known.others.insert(from, Other { heard, lost }).is_some_and(|before| before.lost < lost)
    }

    pub(super) fn is_back(&self) {
        {
            let mut known = self.known();
            known.since = Some(Instant::now());
            known.own = known.since;
        }
        tracing::info!("replicas hear each other over Redis");
    }

    pub(super) fn is_cut_off(&self) {
        self.known().own = None;
    }

    /// A replica has said goodbye: that it is silent from here on means nothing.
    pub(super) fn leaves(&self, replica: Uuid) {
        self.known().others.remove(&replica);
    }

    /// Waits until every replica that is there has had the time to be heard.
    pub(super) async fn has_listened(&self) {
        let since = self.known().since;
        if let Some(since) = since {
            sleep_until(since + BEAT * 2).await;
        }
    }

    /// Those that are heard.
    pub(super) fn others(&self) -> Vec<Uuid> {
        let known = self.known();
        let heard = known.others.iter().filter(|(_, other)| other.heard.elapsed() <= SILENCE);
        heard.map(|(replica, _)| *replica).collect()
    }

    pub(super) fn is_forged(&self) {
        self.forged.fetch_add(1, Ordering::Relaxed);
    }

    /// Says in the log what is wrong, now and then.
    pub(super) fn complain(&self, why: &str) {
        let forged = self.forged.load(Ordering::Relaxed);
        let mut known = self.known();
        if known.complained.is_none_or(|last| last.elapsed() > COMPLAIN) {
            known.complained = Some(Instant::now());
            tracing::warn!(
                why,
                forged,
                "Redis does not carry what replicas tell each other; looking at the database instead"
            );
        }
    }

    /// Forgets replicas that are not expected any more, and says which.
    fn forget_the_gone(&self) -> Vec<Uuid> {
        let mut known = self.known();
        known
            .others
            .extract_if(|_, other| other.heard.elapsed() >= GONE)
            .map(|(replica, _)| replica)
            .collect()
    }

    /// Whether something may be told that does not arrive.
    fn is_worried(&self) -> bool {
        let known = self.known();
        let silent = |heard: Instant| heard.elapsed() > SILENCE;
        known.own.is_none_or(silent) || known.others.values().any(|other| silent(other.heard))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn run(bus: Arc<Shared>, hub: Hub) {
    // Beside each other: a slow database must not silence this replica.
    tokio::join!(beat(&bus, &hub), compare(&bus, &hub));
}

/// Says that this replica is here, until it says goodbye.
async fn beat(bus: &Shared, hub: &Hub) {
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        if bus.is_leaving.load(Ordering::SeqCst) {
            return;
        }
        let lost = bus.lost.load(Ordering::Relaxed);
        bus.post(Posted { channel: Channel::Everybody, message: Message::Heartbeat { lost } });
        for replica in bus.health.forget_the_gone() {
            bus.forgets_answers_of(replica);
            hub.replica_is_gone(replica);
        }
    }
}

async fn compare(bus: &Shared, hub: &Hub) {
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut compared, mut rest) = (Instant::now(), BEAT);
    loop {
        beat.tick().await;
        let due = if bus.health.is_worried() { rest } else { CALM };
        // Beats do not come to the microsecond.
        if compared.elapsed() + BEAT / 4 >= due {
            compared = Instant::now();
            if let Err(error) = hub.compare().await {
                tracing::debug!(%error, "nothing could be compared with the database");
            }
            rest = BEAT.max(compared.elapsed() * 2);
        }
    }
}
