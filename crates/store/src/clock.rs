//! Time, handed in: the machine's clock, or one that a test moves.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use umbrachat_protocol::Timestamp;
use uuid::{NoContext, Uuid};

#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
    Simulated(Arc<Simulated>),
}

/// Time that somebody else moves, and ids that depend on nothing else.
struct Simulated {
    micros: AtomicI64,
    /// The random part of the next id.
    next: AtomicU64,
}

/// Moves the clock that it was made with.
#[derive(Clone)]
pub struct ManualClock(Source);

impl Clock {
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is moved.
    pub fn manual(start: Timestamp) -> (Self, ManualClock) {
        let source = Source::Manual(Arc::new(AtomicI64::new(start.0)));
        (Self(source.clone()), ManualClock(source))
    }

    /// The same, with ids that are the same in each run.
    pub fn simulated(start: Timestamp) -> (Self, ManualClock) {
        let simulated = Simulated { micros: AtomicI64::new(start.0), next: AtomicU64::new(1) };
        let source = Source::Simulated(Arc::new(simulated));
        (Self(source.clone()), ManualClock(source))
    }

    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp(system_micros()),
            Source::Manual(micros) => Timestamp(micros.load(Ordering::SeqCst)),
            Source::Simulated(simulated) => Timestamp(simulated.micros.load(Ordering::SeqCst)),
        }
    }

    /// Time since some moment of no meaning. It never goes back, whatever becomes of the machine's date.
    pub fn monotonic(&self) -> Duration {
        static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
        match &self.0 {
            Source::System => FIRST.elapsed(),
            Source::Manual(_) | Source::Simulated(_) => {
                Duration::from_micros(self.now().0.max(0).unsigned_abs())
            }
        }
    }

    /// A new UUID, version 7: it sorts by the time of its making.
    pub(crate) fn new_id(&self) -> Uuid {
        let micros = self.now().0.max(0).unsigned_abs();
        if let Source::Simulated(simulated) = &self.0 {
            let mut bytes = [0; 10];
            bytes[2..].copy_from_slice(&simulated.next.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            return uuid::Builder::from_unix_timestamp_millis(micros / 1_000, &bytes).into_uuid();
        }
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        let nanos = u32::try_from(rest * 1_000).expect("less than a second");
        Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos))
    }
}

impl ManualClock {
    pub fn advance_seconds(&self, seconds: i64) {
        self.advance_micros(seconds * 1_000_000);
    }

    pub fn advance_micros(&self, micros: i64) {
        match &self.0 {
            Source::System => {}
            Source::Manual(now) => drop(now.fetch_add(micros, Ordering::SeqCst)),
            Source::Simulated(simulated) => drop(simulated.micros.fetch_add(micros, Ordering::SeqCst)),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one home of the machine's clock")]
fn system_micros() -> i64 {
    let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_micros()),
        Err(before) => i128::try_from(before.duration().as_micros()).map(|micros| -micros),
    };
    micros.ok().and_then(|micros| i64::try_from(micros).ok()).unwrap_or(i64::MAX)
}
