//! What one message costs the server in instructions and allocations, counted by valgrind: the same however busy the machine
//! is, so that a regression of a tenth shows.

use crate::people;
use crate::processes::{Server, ServerOptions};
use crate::report::progress;
use crate::wire::Socket;
use crate::wording::{self, Frames};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Args, Clone)]
pub struct Options {
    /// The server's binary [default: umbrachat beside this program]
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
    /// The numbers that it may cost
    #[arg(long, value_name = "FILE", default_value = "crates/load/budget.json")]
    file: PathBuf,
    /// Write what it costs into the file instead of comparing
    #[arg(long)]
    store: bool,
}

/// What one message from one friend to another costs the server, on SQLite, one message at a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    instructions: f64,
    allocations: f64,
    allocated_bytes: f64,
}

/// Two runs that differ in nothing but their messages: what both do does not count.
const FEW: u64 = 100;
const MANY: u64 = 600;
/// How much more it may cost than what is stored. Timers and the scheduler make for a few hundredths.
const TOLERANCE: f64 = 0.10;

/// # Errors
/// When it costs more than the budget, or valgrind is not installed.
pub async fn run(options: &Options) -> Result<()> {
    let beside = || Ok::<_, anyhow::Error>(std::env::current_exe()?.with_file_name("umbrachat"));
    let program = options.server.clone().map_or_else(beside, Ok)?;
    let cost = measure(&program).await?;
    progress(&format!("{cost:?}"));
    if options.store {
        let text = serde_json::to_string_pretty(&cost)? + "\n";
        return fs::write(&options.file, text)
            .with_context(|| format!("cannot write {}", options.file.display()));
    }
    let text = fs::read_to_string(&options.file);
    let text = text.with_context(|| format!("cannot read {}", options.file.display()))?;
    let excess = cost.excess(&serde_json::from_str(&text)?);
    if excess.is_empty() {
        return Ok(());
    }
    bail!("one message costs more than its budget: {}", excess.join(", "))
}

impl Cost {
    /// What costs more than it may.
    fn excess(&self, budget: &Self) -> Vec<String> {
        let compared = [
            ("instructions", self.instructions, budget.instructions),
            ("allocations", self.allocations, budget.allocations),
            ("allocated bytes", self.allocated_bytes, budget.allocated_bytes),
        ];
        let over = compared.into_iter().filter(|(_, cost, budget)| *cost > budget * (1.0 + TOLERANCE));
        over.map(|(what, cost, budget)| format!("{cost:.0} {what} instead of {budget:.0}")).collect()
    }
}

async fn measure(program: &Path) -> Result<Cost> {
    let mut totals = Vec::new();
    for messages in [FEW, MANY] {
        let refs = counted(
            program,
            &["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"],
            messages,
        );
        let instructions = after(&refs.await?, "I refs:").context("cachegrind counts instructions")?;
        let said = counted(program, &["--tool=dhat", "--dhat-out-file=/dev/null"], messages).await?;
        let bytes = after(&said, "Total:").context("dhat counts bytes")?;
        let blocks = after(&said, "bytes in").context("dhat counts blocks")?;
        totals.push([instructions, blocks, bytes]);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of messages")]
    let each = |what: usize| (totals[1][what] - totals[0][what]) / (MANY - FEW) as f64;
    Ok(Cost { instructions: each(0), allocations: each(1), allocated_bytes: each(2) })
}

/// What valgrind says at the end of a server through which so many messages went.
async fn counted(program: &Path, valgrind: &[&str], messages: u64) -> Result<String> {
    let wrapper = std::iter::once("valgrind").chain(valgrind.iter().copied()).map(str::to_owned).collect();
    let options = ServerOptions { program: program.to_owned(), wrapper, ..ServerOptions::default() };
    let mut server = Server::start(options).await?;
    let pair = people::pairs(&server.url(), 1).await?.remove(0);
    let [author, friend] = &pair.people;
    let mut author = Socket::authenticated(server.port(), &author.client.access_token().await?.token).await?;
    let mut friend = Socket::authenticated(server.port(), &friend.client.access_token().await?.token).await?;
    let frames = Frames::to_server(pair.conversation);
    for number in 0..messages {
        let client_id = wording::client_id(frames.run, number);
        author.send(&frames.message(&client_id)).await?;
        while !wording::is_message(friend.next().await?, &client_id) {}
        while !wording::is_sent(author.next().await?, &client_id) {}
    }
    drop((author, friend, pair));
    server.stop().await?;
    Ok(server.process().said())
}

/// The number that follows a word, such as 1,234 in `I refs: 1,234`.
fn after(text: &str, word: &str) -> Option<f64> {
    let (_, rest) = text.rsplit_once(word)?;
    let number = rest.trim_start().split(|c: char| !c.is_ascii_digit() && c != ',').next()?;
    number.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_more_is_let_pass_and_a_fifth_is_not() {
        let budget = Cost { instructions: 1_000.0, allocations: 100.0, allocated_bytes: 9_000.0 };
        assert!(Cost { instructions: 1_090.0, ..budget }.excess(&budget).is_empty());
        let excess = Cost { allocations: 120.0, ..budget }.excess(&budget);
        assert_eq!(excess, ["120 allocations instead of 100"]);
    }

    #[test]
    fn what_valgrind_says_is_understood() {
        assert_eq!(after("==7== I refs:        1,234,567\n", "I refs:"), Some(1_234_567.0));
        let said = "==7== Total:     8,192 bytes in 16 blocks\n==7== At t-gmax: 1 bytes\n";
        assert_eq!((after(said, "Total:"), after(said, "bytes in")), (Some(8_192.0), Some(16.0)));
    }
}
