//! `cargo xtask …`: builds, runs and checks everything. It is the only build script of the project.

mod bench;
mod bundle;
mod checks;
mod client;
mod clients;
mod command;
mod compress;
mod develop;
mod emoji;
mod environment;
mod fingerprint;
mod image;
mod interrupt;
mod report;
mod server;
mod services;
mod setup;
mod stylesheet;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Build, run and check the messenger.
///
/// Each command does the set-up that it needs by itself, and does it once: the WebAssembly target, the Debian
/// packages that tests use, the npm packages of the browser tests. Where something cannot be had, it says what to
/// install.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the browser client and the server: target/release/umbrachat, with the client inside.
    Build {
        /// Build only the browser client, into frontend/dist.
        #[arg(long)]
        client: bool,
    },
    /// Build everything and serve it on port 8080, data in an embedded database, nothing to configure.
    Run {
        /// Arguments for umbrachat itself.
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Serve a debug build, and build and restart it whenever a source changes.
    Dev {
        /// Arguments for umbrachat itself.
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Carry out the Dockerfile in a clean folder, without an engine, and start what it gives.
    Image {
        /// Where to work; it must be empty or missing, and is left as it is for a look.
        folder: PathBuf,
    },
    /// Check everything that CI checks: lints, documentation, Rust tests on both databases, other clients, the client in a
    /// browser.
    Test(checks::Selection),
    /// Measure the server beside the bare machine, and write the table in docs/PERFORMANCE.md.
    Bench(bench::Selection),
}

fn main() -> ExitCode {
    match perform(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever pressed Ctrl-C knows why it ends. The code is what a shell gives to a program that SIGINT ended.
        Err(_) if interrupt::check().is_err() => ExitCode::from(130),
        Err(error) => {
            report::failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    interrupt::listen()?;
    match task {
        Task::Build { client: true } => client::build(client::Mode::Release),
        Task::Build { client: false } => server::build().map(drop),
        Task::Run { arguments } => server::run(&arguments),
        Task::Dev { arguments } => develop::run(&arguments),
        Task::Image { folder } => image::build(&folder),
        Task::Test(selection) => checks::run(&selection),
        Task::Bench(selection) => bench::run(&selection),
    }
}
