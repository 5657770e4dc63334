//! `cargo xtask dev`: builds and restarts whenever a source changes.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use walkdir::WalkDir;

use crate::{client, command, fingerprint, interrupt, report, server, workspace};

/// What may change the server or the client.
const SOURCES: [&str; 5] = ["Cargo.toml", "Cargo.lock", "crates", "frontend", "migrations"];

/// How often the sources are looked at. They are few hundred files, so a look costs a few milliseconds.
const INTERVAL: Duration = Duration::from_millis(300);

/// Builds, runs the server with `arguments`, and does both again after each change, until Ctrl-C.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let mut running: Option<Running> = None;
    loop {
        // Looked at before the build, so that a change during the build is seen after it.
        let seen = sources();
        match build() {
            Ok(build) => {
                if running.as_mut().is_none_or(|running| running.is_outdated(&build)) {
                    drop(running.take());
                    running = Some(Running::start(build, arguments)?);
                }
            }
            Err(error) => {
                interrupt::check()?;
                report::failure(&error);
            }
        }
        report::step("Waiting for a change (Ctrl-C ends)");
        while sources() == seen {
            interrupt::check()?;
            std::thread::sleep(INTERVAL);
        }
    }
}

/// What a build made: when it differs, the server has to start anew.
#[derive(PartialEq, Eq)]
struct Build {
    server: PathBuf,
    server_built: SystemTime,
    client: String,
}

fn build() -> Result<Build> {
    client::build(client::Mode::Development)?;
    let server = server::build_debug()?;
    let server_built =
        server.metadata().and_then(|data| data.modified()).context("cannot see the server's age")?;
    let client = std::fs::read_to_string(workspace::client_dist().join(".stamp"))?;
    Ok(Build { server, server_built, client })
}

struct Running {
    child: Child,
    build: Build,
}

impl Running {
    fn start(build: Build, arguments: &[OsString]) -> Result<Self> {
        report::step(format_args!("Starting {}", build.server.display()));
        let child = command::new(&build.server).args(arguments).stdin(Stdio::null()).process_group(0).spawn();
        let child = child.with_context(|| format!("cannot run {}", build.server.display()))?;
        Ok(Running { child, build })
    }

    /// Whether it is made of something older than `build`, or has ended.
    fn is_outdated(&mut self, build: &Build) -> bool {
        self.build != *build || !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        interrupt::send(Signal::SIGTERM, &self.child);
        let _ = self.child.wait();
    }
}

/// The names and ages of all sources.
fn sources() -> Vec<(PathBuf, Option<SystemTime>)> {
    let look = |source: &str| {
        WalkDir::new(workspace::root().join(source)).into_iter().filter_entry(fingerprint::is_source)
    };
    let mut sources: Vec<_> = SOURCES
        .iter()
        .flat_map(|source| look(source))
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let modified = entry.metadata().ok().and_then(|data| data.modified().ok());
            (entry.into_path(), modified)
        })
        .collect();
    sources.sort();
    sources
}
