//! Threads for work that keeps a core busy for long. They run at the lowest priority, so that a flood of sign-ins takes the
//! time that nobody else wants, and messages pass by.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// The nicest that Linux knows.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 19;

type Job = Box<dyn FnOnce() + Send>;

/// They end when this is dropped.
pub struct Workers {
    /// Not bounded by itself: whoever hands in work bounds how much there can be.
    jobs: Sender<Job>,
}

impl Workers {
    /// # Panics
    /// Where the system gives no threads.
    pub fn start(count: usize) -> Self {
        let (jobs, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..count {
            let waiting = waiting.clone();
            let thread = std::thread::Builder::new().name("hashing".to_owned());
            thread.spawn(move || work(&waiting)).expect("the system gives a thread");
        }
        Self { jobs }
    }

    /// Does the work on one of the threads. It goes on where nobody waits for it any more.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, outcome) = oneshot::channel();
        let job = move || drop(done.send(work()));
        self.jobs.send(Box::new(job)).expect("the threads live as long as this");
        outcome.await.expect("the work does not panic")
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    step_back();
    loop {
        // The guard is gone before the work begins, so that the others can take theirs.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

/// Where it is not allowed, things are merely slower.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the priority could not be lowered");
    }
}

#[cfg(test)]
mod tests {
    use super::Workers;

    #[tokio::test]
    async fn work_is_done_beside_and_behind_everything_else() {
        let workers = Workers::start(2);
        let (one, other) = tokio::join!(workers.run(niceness), workers.run(niceness));
        let own = niceness();
        assert_eq!((one, other), (Some(19), Some(19)));
        assert_ne!(own, Some(19), "only the workers step back");
    }

    /// Of this thread, as Linux tells it.
    fn niceness() -> Option<i32> {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        fields.split(' ').nth(16)?.parse().ok()
    }
}
