//! All scenarios, one after the other: the whole measurement, or a quick one.

use crate::lab::Lab;
use crate::machine::{self, Noise};
use crate::report::{Report, progress, table};
use crate::scenarios::{bridged, fanout, history, idle, login, mixed, pairs, storm};
use anyhow::{Context, Result};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(Args, Clone)]
pub struct Options {
    /// The figures that tell most, in under three minutes
    #[arg(long)]
    pub quick: bool,
    /// Put the table into this file, between its two marks
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
}

/// Rounds of the quick measurement.
const QUICK_ROUNDS: usize = 3;

const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->\n";

pub async fn run(lab: &mut Lab, options: &Options, report: &mut Report) -> Result<()> {
    let (start, noise) = (Instant::now(), Noise::probe()?);
    if options.quick {
        lab.rounds = lab.rounds.min(QUICK_ROUNDS);
        quick(lab, report).await?;
    } else {
        whole(lab, report).await?;
    }
    progress(&format!("took {:.0} s", start.elapsed().as_secs_f64()));
    if let Some(file) = &options.write {
        let measured = format!(
            "On {}. Before: {noise}. After: {}. Rounds: {}.\n\n{}",
            machine::description()?,
            Noise::probe()?,
            lab.rounds,
            table(&report.rows())
        );
        write(file, &measured)?;
    }
    Ok(())
}

async fn quick(lab: &mut Lab, report: &mut Report) -> Result<()> {
    pairs::run(lab, &pairs::Options { pairs: 32, seconds: 1.0, rate: None, closed_only: true }, report)
        .await?;
    fanout::run(lab, &fanout::Options { members: 499, devices: vec![1], messages: 50 }, report).await?;
    idle::run(lab, &idle::Options { connections: 1_000 }, report).await?;
    storm::run(lab, &storm::Options { connections: 1_000 }, report).await?;
    login::run(lab, &login::Options { people: 16, seconds: 1.0 }, report).await?;
    history::run(lab, &history::Options { rows: 200_000, pages: 200 }, report).await
}

async fn whole(lab: &mut Lab, report: &mut Report) -> Result<()> {
    pairs::run(lab, &pairs::Options { pairs: 32, seconds: 2.0, rate: None, closed_only: false }, report)
        .await?;
    bridged::run(lab, &bridged::Options { seconds: 1.0 }, report).await?;
    fanout::run(lab, &fanout::Options { members: 499, devices: vec![1, 10], messages: 100 }, report).await?;
    idle::run(lab, &idle::Options { connections: 2_000 }, report).await?;
    storm::run(lab, &storm::Options { connections: 2_000 }, report).await?;
    login::run(lab, &login::Options { people: 16, seconds: 3.0 }, report).await?;
    mixed::run(lab, &mixed::Options { pairs: 32, rate: 400.0, seconds: 3.0 }, report).await?;
    history::run(lab, &history::Options { rows: 10_000_000, pages: 500 }, report).await
}

fn write(file: &Path, measured: &str) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text =
        between_marks(&text, measured).with_context(|| format!("{} lacks the marks", file.display()))?;
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// The text with everything between its marks replaced.
fn between_marks(text: &str, measured: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{measured}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_replaces_what_was_measured_before() {
        let text = format!("# Performance\n{BEGIN}old\n{END}More.\n");
        let expected = format!("# Performance\n{BEGIN}new\n{END}More.\n");
        assert_eq!(between_marks(&text, "new\n"), Some(expected));
        assert_eq!(between_marks("# Performance\n", "new\n"), None);
    }

    #[test]
    fn the_documentation_has_its_marks() {
        let text = include_str!("../../../docs/PERFORMANCE.md");
        assert!(between_marks(text, "").is_some());
    }
}
