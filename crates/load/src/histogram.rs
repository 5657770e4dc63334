//! Times of many events, to three digits.

use hdrhistogram::Histogram;
use std::time::Duration;

/// Times in nanoseconds. What takes longer than a minute counts as a minute.
#[derive(Clone)]
pub struct Times(Histogram<u64>);

const LONGEST: u64 = 60_000_000_000;

impl Default for Times {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(100, LONGEST, 3).expect("the bounds are in order"))
    }
}

impl Times {
    pub fn record(&mut self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(LONGEST).clamp(100, LONGEST);
        self.0.saturating_record(nanoseconds);
    }

    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Milliseconds within which this share of events was over, such as 0.99 of them.
    pub fn milliseconds(&self, share: f64) -> f64 {
        Duration::from_nanos(self.0.value_at_quantile(share)).as_secs_f64() * 1e3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_events_was_over_within_a_time() {
        let mut times = Times::default();
        for milliseconds in 1..=100 {
            times.record(Duration::from_millis(milliseconds));
        }
        let mut more = Times::default();
        more.record(Duration::from_hours(1));
        times.add(&more);
        assert_eq!(times.count(), 101);
        assert!((times.milliseconds(0.5) - 51.0).abs() < 0.1, "{}", times.milliseconds(0.5));
        assert!((times.milliseconds(1.0) - 60_000.0).abs() < 60.0, "an hour counts as a minute");
    }
}
