//! Running plans: one, many on all cores, and a failing one made as short as it gets.

use crate::plan::Plan;
use crate::world::{Counts, World};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use umbrachat_protocol::planted::{self, Bug};

/// Plans that are tried to make a failing one shorter.
const ATTEMPTS: usize = 400;

pub(crate) struct Outcome {
    pub(crate) violation: Option<String>,
    pub(crate) counts: Counts,
    pub(crate) history: String,
}

/// Lives through a plan, in no time.
pub(crate) fn live(plan: &Plan, bug: Option<Bug>, traced: bool) -> Outcome {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime can be made");
    planted::plant(bug);
    planted::set_power(true);
    let outcome = runtime.block_on(async {
        let mut world = World::new(plan.clone(), traced).await;
        world.run().await;
        Outcome { violation: world.violation.take(), counts: world.counts, history: world.history.text() }
    });
    planted::plant(None);
    outcome
}

pub(crate) struct Summary {
    pub(crate) counts: Counts,
    /// The lowest seed that fails, of those that were tried.
    pub(crate) failed: Option<u64>,
}

/// Lives through the plans of these seeds, on every core, until one fails.
pub(crate) fn live_all(seeds: std::ops::Range<u64>, bug: Option<Bug>) -> Summary {
    let next = AtomicU64::new(seeds.start);
    let stop = AtomicBool::new(false);
    let summary = Mutex::new(Summary { counts: Counts::default(), failed: None });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let outcome = live(&Plan::of(seed), bug, false);
                    let mut summary = summary.lock().expect("nobody panics holding it");
                    summary.counts.add(outcome.counts);
                    if outcome.violation.is_some() {
                        summary.failed = Some(summary.failed.map_or(seed, |known| known.min(seed)));
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    summary.into_inner().expect("nobody panics holding it")
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.faults += other.faults;
        self.commits += other.commits;
        self.simulated_milliseconds += other.simulated_milliseconds;
    }
}

/// Leaves out of a failing plan whatever it fails without.
pub(crate) fn shorten(mut plan: Plan, bug: Option<Bug>) -> Plan {
    let fails = |plan: &Plan| live(plan, bug, false).violation.is_some();
    let mut attempts = 0;
    let mut chunk = plan.steps.len() / 2;
    while chunk > 0 && attempts < ATTEMPTS {
        let mut start = 0;
        while start < plan.steps.len() && attempts < ATTEMPTS {
            let mut shorter = plan.clone();
            let end = (start + chunk).min(shorter.steps.len());
            shorter.steps.drain(start..end);
            attempts += 1;
            if fails(&shorter) {
                plan = shorter;
            } else {
                start += chunk;
            }
        }
        chunk /= 2;
    }
    for calmer in [
        |plan: &mut Plan| plan.conditions.lost = 0,
        |plan: &mut Plan| plan.conditions.doubled = 0,
        |plan: &mut Plan| plan.conditions.breaks = 0,
        |plan: &mut Plan| plan.conditions.published_late = 0,
        |plan: &mut Plan| plan.conditions.untold = 0,
        |plan: &mut Plan| plan.conditions.delay = 5,
    ] {
        let mut shorter = plan.clone();
        calmer(&mut shorter);
        if fails(&shorter) {
            plan = shorter;
        }
    }
    plan
}

/// A failing seed, told as shortly as it can be, with the command that replays it.
pub(crate) fn tell(seed: u64, bug: Option<Bug>) -> String {
    let plan = shorten(Plan::of(seed), bug);
    let outcome = live(&plan, bug, true);
    let what =
        outcome.violation.unwrap_or_else(|| "it did not fail again: the run is not deterministic".to_owned());
    format!(
        "seed {seed}: {what}\n\n{} of its steps are enough, with {:?}:\n{}\n{what}\n\nreplay: UMBRACHAT_SIMULATION_SEED={seed} \
         cargo test -p umbrachat --test simulation one_seed -- --nocapture\n",
        plan.steps.len(),
        plan.conditions,
        outcome.history,
    )
}
