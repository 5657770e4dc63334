//! An open loop: work is due at fixed times, whether or not what came before is done. Whoever measures from the time at
//! which something was due counts the waiting too, which a loop that waits for answers leaves out.

use std::thread;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// When each of a row of things is due.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    start: Instant,
    every: Duration,
    count: u64,
}

impl Pace {
    /// So many a second for so long, from `start` on.
    pub fn new(start: Instant, rate: f64, time: Duration) -> Self {
        let every = Duration::from_secs_f64(1.0 / rate);
        let count =
            u64::try_from(time.as_nanos() / every.as_nanos()).expect("fewer than 2^64 things are due");
        Self { start, every, count }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn due(&self, number: u64) -> Instant {
        let after = u64::try_from(self.every.as_nanos()).unwrap_or(u64::MAX).saturating_mul(number);
        self.start + Duration::from_nanos(after)
    }

    /// Hands each number to one of the receivers, in turn, when it is due. A thread of its own keeps time: the driver's
    /// own timers tick once a millisecond only.
    pub fn keep(self, receivers: usize) -> Vec<mpsc::UnboundedReceiver<u64>> {
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..receivers).map(|_| mpsc::unbounded_channel()).unzip();
        thread::spawn(move || {
            for (number, sender) in (0..self.count).zip(senders.iter().cycle()) {
                if let Some(early) = self.due(number).checked_duration_since(Instant::now()) {
                    thread::sleep(early);
                }
                // Whoever has given up does not need the rest.
                let _ = sender.send(number);
            }
        });
        receivers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everything_is_handed_out_in_turn_and_not_before_it_is_due() {
        let pace = Pace::new(Instant::now(), 1_000.0, Duration::from_millis(10));
        let mut receivers = pace.keep(3);
        let mut first = Vec::new();
        while let Some(number) = receivers[0].recv().await {
            assert!(Instant::now() >= pace.due(number));
            first.push(number);
        }
        assert_eq!(pace.count(), 10);
        assert_eq!(first, [0, 3, 6, 9]);
    }
}
