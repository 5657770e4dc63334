//! Threads for work that keeps a core busy for long. They run only while nobody else wants their core, so that a flood of
//! sign-ins takes the time that is left over, and messages pass by.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a thread that has nothing to do keeps what it worked with.
const KEPT: Duration = Duration::from_secs(5);

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Each thread has an `S` of its own to work with, so that large memory is not taken from the system anew for each job. They
/// end when this is dropped.
pub struct Workers<S> {
    /// Not bounded by itself: whoever hands in work bounds how much there can be.
    jobs: Sender<Job<S>>,
}

impl<S: Default + 'static> Workers<S> {
    /// # Panics
    /// Where the system gives no threads.
    pub fn start(count: usize) -> Self {
        let (jobs, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..count {
            let waiting = waiting.clone();
            let thread = std::thread::Builder::new().name("hashing".to_owned());
            thread.spawn(move || work::<S>(&waiting)).expect("the system gives a thread");
        }
        Self { jobs }
    }

    /// Does the work on one of the threads. It goes on where nobody waits for it any more.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut S) -> T + Send + 'static) -> T {
        let (done, outcome) = oneshot::channel();
        let job = move |scratch: &mut S| drop(done.send(work(scratch)));
        self.jobs.send(Box::new(job)).expect("the threads live as long as this");
        outcome.await.expect("the work does not panic")
    }
}

fn work<S: Default>(waiting: &Mutex<Receiver<Job<S>>>) {
    step_back();
    let mut scratch = S::default();
    loop {
        // The guard is gone before the work begins, so that the others can take theirs.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(KEPT);
        match job {
            Ok(job) => job(&mut scratch),
            Err(RecvTimeoutError::Timeout) => scratch = S::default(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Where it is not allowed, things are merely slower.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy};

        // Being nice is not enough: a nice thread still ends its slice of some milliseconds before others get the core.
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let this = thread_priority::thread_native_id();
        if let Err(error) = thread_priority::set_thread_priority_and_policy(this, ThreadPriority::Min, idle) {
            tracing::debug!(?error, "the priority could not be lowered");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Workers;

    #[tokio::test]
    async fn work_is_done_beside_and_behind_everything_else() {
        let workers = Workers::<()>::start(2);
        let (one, other) = tokio::join!(workers.run(|()| policy()), workers.run(|()| policy()));
        let own = policy();
        assert_eq!((one, other), (Some(SCHED_IDLE), Some(SCHED_IDLE)));
        assert_ne!(own, Some(SCHED_IDLE), "only the workers step back");
    }

    /// As sched(7) numbers it.
    const SCHED_IDLE: i32 = 5;

    /// By which Linux gives this thread a core (`proc_pid_stat(5)`, field 41).
    fn policy() -> Option<i32> {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        fields.split(' ').nth(38)?.parse().ok()
    }
}
