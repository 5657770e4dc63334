//! What the write path does, in numbers. Nothing in them tells whom it did it for.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long after a batch that could not be written the write path counts as broken, unless another one succeeds.
const REMEMBERED: Duration = Duration::from_secs(10);

/// Shared by all clones.
#[derive(Clone, Debug)]
pub struct WriteMetrics {
    /// Writes that a lane committed together.
    pub batch_writes: Histogram,
    /// Seconds that the first write of a batch had waited.
    pub waiting_seconds: Histogram,
    /// Seconds from taking a batch to its commit.
    pub commit_seconds: Histogram,
    /// Seconds from the commit until everybody concerned has been told or is in line.
    pub publish_seconds: Histogram,
    /// By `outcome`: committed, refused by a rule, or failed.
    pub writes: Family<[(&'static str, &'static str); 1], Counter>,
    health: Arc<Health>,
}

#[derive(Debug)]
struct Health {
    began: Instant,
    /// Milliseconds since then; 0 for never.
    failed_at: AtomicU64,
}

/// Connections to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    pub used: usize,
    pub idle: usize,
    /// Requests that wait for one.
    pub waiting: usize,
}

impl Default for WriteMetrics {
    fn default() -> Self {
        Self {
            batch_writes: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
            waiting_seconds: Histogram::new(seconds()),
            commit_seconds: Histogram::new(seconds()),
            publish_seconds: Histogram::new(seconds()),
            writes: Family::default(),
            health: Arc::new(Health { began: Instant::now(), failed_at: AtomicU64::new(0) }),
        }
    }
}

impl WriteMetrics {
    pub(crate) fn count(&self, outcome: &'static str, writes: usize) {
        self.writes.get_or_create(&[("outcome", outcome)]).inc_by(writes as u64);
    }

    pub(crate) fn batch_was_written(&self) {
        self.health.failed_at.store(0, Ordering::Relaxed);
    }

    pub(crate) fn batch_was_lost(&self) {
        let now = u64::try_from(self.health.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.health.failed_at.store(now.max(1), Ordering::Relaxed);
    }

    /// Whether the last batch, not long ago, could not be written.
    pub fn is_failing(&self) -> bool {
        let failed_at = self.health.failed_at.load(Ordering::Relaxed);
        failed_at > 0 && self.health.began.elapsed() < Duration::from_millis(failed_at) + REMEMBERED
    }
}

/// From 0.1 ms to 3.3 s.
fn seconds() -> impl Iterator<Item = f64> {
    exponential_buckets(0.000_1, 2.0, 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_batch_is_remembered_until_one_is_written() {
        let metrics = WriteMetrics::default();
        assert!(!metrics.is_failing());
        metrics.batch_was_lost();
        assert!(metrics.is_failing());
        metrics.batch_was_written();
        assert!(!metrics.is_failing());
    }
}
