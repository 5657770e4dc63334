//! `cargo xtask test`: everything that CI checks.

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::services::{self, Services};
use crate::{client, clients, command, interrupt, report, server, setup, workspace};

#[derive(Args)]
pub(crate) struct Selection {
    /// Run only the Rust tests whose names contain one of these.
    filter: Vec<String>,

    /// Run only these checks. May be given several times.
    #[arg(long, value_enum)]
    only: Vec<Group>,

    /// Run only the Rust tests of this package. May be given several times.
    #[arg(long, short)]
    package: Vec<String>,

    /// Go on after a check or a Rust test that failed.
    #[arg(long)]
    keep_going: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Group {
    /// Formatting, clippy and the documentation's links.
    Lint,
    /// `cargo test`, with a private PostgreSQL and Redis.
    Rust,
    /// Real processes, and everything that can go wrong with them; a few minutes.
    Faults,
    /// The client is built, and used in a real browser.
    Browser,
    /// openapi.yaml by lint, clients that are generated from it, and the examples of the documentation.
    Clients,
}

/// One check: its name, what it belongs to, and how it is done.
struct Check {
    name: &'static str,
    group: Group,
    perform: fn(&Selection, &Shared) -> Result<()>,
}

/// The quickest to fail come first.
const CHECKS: [Check; 8] = [
    Check { name: "formatting", group: Group::Lint, perform: formatting },
    Check { name: "clippy", group: Group::Lint, perform: clippy },
    Check { name: "documentation", group: Group::Lint, perform: documentation },
    // Before the Rust tests, because cargo builds the server anew when the client that it embeds has changed.
    Check { name: "client build", group: Group::Browser, perform: client_build },
    Check { name: "Rust tests", group: Group::Rust, perform: rust_tests },
    Check { name: "other clients", group: Group::Clients, perform: other_clients },
    Check { name: "faults", group: Group::Faults, perform: faults },
    Check { name: "browser tests", group: Group::Browser, perform: browser_tests },
];

/// Runs the selected checks, says how each went, and ends with the line `N passed, N failed`.
///
/// # Errors
/// When a check failed.
pub(crate) fn run(selection: &Selection) -> Result<()> {
    let shared = Shared::default();
    let checks: Vec<&Check> = CHECKS.iter().filter(|check| selection.includes(check.group)).collect();
    let mut outcomes = Vec::new();
    for (index, check) in checks.iter().enumerate() {
        report::heading(format_args!("[{}/{}] {}", index + 1, checks.len(), check.name));
        let start = Instant::now();
        let outcome = (check.perform)(selection, &shared);
        let took = start.elapsed();
        // A Ctrl-C is no verdict about the check that it cut short.
        interrupt::check()?;
        if let Err(error) = &outcome {
            report::failure(error);
        }
        outcomes.push((check.name, outcome.is_ok(), took));
        if outcome.is_err() && !selection.keep_going {
            break;
        }
    }
    drop(shared);
    conclude(&outcomes, checks.len())
}

fn conclude(outcomes: &[(&str, bool, Duration)], planned: usize) -> Result<()> {
    report::heading("results");
    for (name, passed, took) in outcomes {
        let verdict = if *passed { "passed" } else { "FAILED" };
        report::result(format_args!("{verdict}  {name:<14} {:>7.1} s", took.as_secs_f64()));
    }
    if outcomes.len() < planned {
        report::result(format_args!("not run: the {} after it", planned - outcomes.len()));
    }
    let passed = outcomes.iter().filter(|(_, passed, _)| *passed).count();
    let failed = outcomes.len() - passed;
    report::result(format_args!("{passed} passed, {failed} failed"));
    anyhow::ensure!(failed == 0, "the checks did not pass");
    Ok(())
}

impl Selection {
    fn includes(&self, group: Group) -> bool {
        if self.only.is_empty() {
            // Whoever names tests or packages means Rust tests.
            let all = self.filter.is_empty() && self.package.is_empty();
            return all || group == Group::Rust;
        }
        self.only.contains(&group)
    }
}

/// What several checks use, made when the first one needs it.
#[derive(Default)]
struct Shared {
    services: OnceCell<Services>,
}

impl Shared {
    fn services(&self) -> Result<&Services> {
        if let Some(services) = self.services.get() {
            return Ok(services);
        }
        let started = Services::start()?;
        Ok(self.services.get_or_init(|| started))
    }
}

fn formatting(_: &Selection, _: &Shared) -> Result<()> {
    command::run(command::cargo().args(["fmt", "--all", "--check"]))
}

fn clippy(_: &Selection, _: &Shared) -> Result<()> {
    command::run(command::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn documentation(_: &Selection, _: &Shared) -> Result<()> {
    command::run(
        command::cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
    )
}

fn rust_tests(selection: &Selection, shared: &Shared) -> Result<()> {
    let variables = &shared.services()?.variables;
    let test = |packages: &[&str]| {
        let mut cargo = command::cargo();
        cargo.arg("test").args(packages);
        if selection.keep_going {
            cargo.arg("--no-fail-fast");
        }
        cargo.arg("--").args(&selection.filter).envs(variables.iter().cloned());
        command::run(&mut cargo)
    };
    if selection.package.is_empty() {
        test(&server::EVERYTHING_ELSE)?;
        return test(&["--package", "xtask"]);
    }
    selection.package.iter().try_for_each(|package| test(&["--package", package]))
}

fn other_clients(_: &Selection, _: &Shared) -> Result<()> {
    clients::check()
}

fn faults(_: &Selection, _: &Shared) -> Result<()> {
    services::require_programs()?;
    let server = server::build_for_tests().context("cannot build the server for the faults")?;
    let mut load = command::new(server.with_file_name("umbra-load"));
    command::run(load.args(["faults", "--short", "--server"]).arg(&server))
}

fn client_build(_: &Selection, _: &Shared) -> Result<()> {
    client::build(client::Mode::Release)
}

fn browser_tests(_: &Selection, shared: &Shared) -> Result<()> {
    let folder = workspace::frontend().join("e2e");
    setup::npm::install(&folder)?;
    let chromium = setup::browser::chromium()?;
    let server = server::build_for_tests().context("cannot build the server for the browser tests")?;
    command::run(
        setup::npm::npm(&folder)?
            .arg("test")
            .envs(shared.services()?.variables.iter().cloned())
            .env("CHROMIUM", chromium)
            .env("UMBRACHAT_BINARY", server),
    )
}
