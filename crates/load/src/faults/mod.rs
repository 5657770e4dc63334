//! `umbra-load faults`: real processes, hundreds of clients, everything that can go wrong, and a verdict over the whole
//! history.

mod crowd;
mod random;
mod rows;
mod tabs;
mod town;

use crate::report::progress;
use anyhow::{Context, Result, ensure};
use clap::Args;
use crowd::{Crowd, Verdict};
use random::Random;
pub use rows::Row;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::sleep;
use town::Town;

const REPLICAS: usize = 3;
/// How long everybody writes before, between and after faults.
const MEANWHILE: Duration = Duration::from_millis(300);
/// A connection that has lasted for less is none to come back to at once: clients wait longer after each that breaks so soon, to
/// spare a server that keeps failing. Faults that follow each other faster would measure that.
const STEADY: Duration = Duration::from_millis(5_500);

#[derive(Args)]
pub struct Options {
    /// The server's binary [default: umbrachat beside this program]
    #[arg(long, value_name = "FILE")]
    pub server: Option<PathBuf>,
    /// A few faults of each kind, in a few minutes (the default)
    #[arg(long, conflicts_with = "long")]
    pub short: bool,
    /// At least 1,000 faults and 1,000,000 operations
    #[arg(long)]
    pub long: bool,
    /// Only these rows of the table
    #[arg(long, value_name = "ROW")]
    pub only: Vec<Row>,
    /// Decides who writes what and where, and when which fault comes
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Faults of each kind, instead of what the form has
    #[arg(long)]
    pub faults: Option<usize>,
    /// Messages of each row at least, instead of what the form has
    #[arg(long)]
    pub operations: Option<u64>,
}

/// How much of everything.
struct Form {
    people: usize,
    devices: usize,
    faults: usize,
    operations: u64,
    pause: Duration,
}

/// One row of the table.
struct Outcome {
    row: Row,
    operations: u64,
    faults: usize,
    slowest: Duration,
    verdict: Verdict,
}

/// Runs the rows one after the other, and prints the table.
///
/// # Errors
/// Where something was lost, doubled, reordered or leaked, recovery took longer than it may, or the processes cannot be had.
pub async fn run(options: &Options) -> Result<()> {
    let beside = || Ok::<_, anyhow::Error>(std::env::current_exe()?.with_file_name("umbrachat"));
    let program = options.server.clone().map_or_else(beside, Ok)?;
    let form = options.form();
    let rows: Vec<Row> = if options.only.is_empty() { Row::ALL.to_vec() } else { options.only.clone() };
    let mut outcomes = Vec::new();
    for of_sqlite in [false, true] {
        let rows: Vec<Row> = rows.iter().copied().filter(|row| row.is_of_sqlite() == of_sqlite).collect();
        if rows.is_empty() {
            continue;
        }
        let mut town = if of_sqlite {
            Town::of_one(program.clone()).await?
        } else {
            Town::of_replicas(program.clone(), REPLICAS).await?
        };
        let direct = town.replicas[0].url();
        let mut crowd = Crowd::gather(&direct, &town.balancer.url(), form.people, form.devices).await?;
        for row in rows {
            let outcome = row_of_the_table(row, &form, options.seed, &mut town, &mut crowd).await;
            let outcome = outcome.with_context(|| format!("{} with --seed {}", row.name(), options.seed))?;
            progress(&outcome.line(options.seed));
            outcomes.push(outcome);
        }
    }
    let table = table(&outcomes, options.seed);
    io::stdout().write_all(table.as_bytes())?;
    let broken: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.is_good()).collect();
    for outcome in &broken {
        progress(&format!("{}: {}", outcome.row.name(), outcome.complaints().join("\n    ")));
    }
    ensure!(broken.is_empty(), "a promise was broken; see the table");
    Ok(())
}

impl Options {
    fn form(&self) -> Form {
        let rows = Row::ALL.len();
        let form = if self.long {
            Form {
                people: 64,
                devices: 240,
                faults: 1_000_usize.div_ceil(rows),
                operations: 1_000_000_u64.div_ceil(rows as u64),
                pause: Duration::from_millis(20),
            }
        } else {
            Form { people: 16, devices: 48, faults: 2, operations: 0, pause: Duration::from_millis(200) }
        };
        Form {
            faults: self.faults.unwrap_or(form.faults),
            operations: self.operations.unwrap_or(form.operations),
            ..form
        }
    }
}

async fn row_of_the_table(
    row: Row,
    form: &Form,
    seed: u64,
    town: &mut Town,
    crowd: &mut Crowd,
) -> Result<Outcome> {
    let mut random = Random::new(seed.wrapping_mul(1_000_003) ^ row as u64);
    let before = crowd.operations();
    let (mut slowest, mut faults, mut verdict) = (Duration::ZERO, 0, Verdict::default());
    let wanted = form.faults.max(row.least_faults());
    while faults < wanted || crowd.operations() - before < form.operations {
        if row == Row::BackupRestored {
            // Something is said that the backup does not have.
            town.backs_up().await?;
            crowd.is_back().await?;
            crowd.begins_to_write(random.next(), form.pause);
            sleep(MEANWHILE).await;
            crowd.finishes_writing().await;
            slowest = slowest.max(row.happens(faults, town, crowd, &mut random).await?);
            faults += 1;
            verdict.add(crowd.judge().await?);
            continue;
        }
        // Judged again and again, so that nothing has to be remembered for long.
        crowd.begins_to_write(random.next(), form.pause);
        let guest = crowd.sends_a_guest_out(faults).await?;
        for _ in 0..wanted.clamp(1, 4) {
            sleep(random.up_to(MEANWHILE)).await;
            if row.parts_clients() {
                sleep(STEADY).await;
            }
            slowest = slowest.max(row.happens(faults, town, crowd, &mut random).await?);
            faults += 1;
        }
        if let Some((chat, user)) = &guest {
            crowd.takes_the_guest_in(chat, *user).await?;
        }
        sleep(MEANWHILE).await;
        crowd.finishes_writing().await;
        verdict.add(crowd.judge().await?);
    }
    Ok(Outcome { row, operations: crowd.operations() - before, faults, slowest, verdict })
}

impl Outcome {
    fn is_good(&self) -> bool {
        self.verdict.is_good() && !self.is_over_the_bound()
    }

    fn is_over_the_bound(&self) -> bool {
        self.slowest > self.row.bound()
    }

    /// What is wrong, in words, with a few examples.
    fn complaints(&self) -> Vec<String> {
        let mut complaints = self.verdict.examples.clone();
        if self.is_over_the_bound() {
            let (slowest, bound) = (self.slowest, self.row.bound());
            complaints.push(format!("recovery took {slowest:.2?}, which is more than {bound:?}"));
        }
        complaints
    }

    fn line(&self, seed: u64) -> String {
        let Verdict { lost, doubled, reordered, leaked, .. } = &self.verdict;
        let over = if self.is_over_the_bound() { " (over the bound)" } else { "" };
        format!(
            "| {} | `umbra-load faults --only {} --seed {seed}` | {} | {} | {lost} | {doubled} | {reordered} | {leaked} | {:.2} s of {} s{over} |",
            self.row.title(),
            self.row.name(),
            self.operations,
            self.faults,
            self.slowest.as_secs_f64(),
            self.row.bound().as_secs(),
        )
    }
}

fn table(outcomes: &[Outcome], seed: u64) -> String {
    let mut table = String::from(
        "| fault | command | operations | faults | lost | doubled | reordered | leaked | slowest recovery |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for outcome in outcomes {
        // Writing to a string does not fail.
        let _ = writeln!(table, "{}", outcome.line(seed));
    }
    let operations: u64 = outcomes.iter().map(|outcome| outcome.operations).sum();
    let faults: usize = outcomes.iter().map(|outcome| outcome.faults).sum();
    let _ = writeln!(table, "\n{operations} operations, {faults} faults.");
    table
}
