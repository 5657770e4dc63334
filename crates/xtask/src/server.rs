//! The server: `umbrachat`.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{client, command, report, workspace};

const PACKAGE: &str = "umbrachat";

/// Cargo's words for all packages but xtask, which is built already, with features of its own.
pub(crate) const EVERYTHING_ELSE: [&str; 3] = ["--workspace", "--exclude", "xtask"];

/// Builds the client, and then the server that carries it: target/release/umbrachat.
pub(crate) fn build() -> Result<PathBuf> {
    client::build(client::Mode::Release)?;
    report::step("Building the server");
    command::run(command::cargo().args(["build", "--release", "--package", PACKAGE]))?;
    Ok(workspace::target().join("release").join(PACKAGE))
}

/// Builds the server as one does while working on it: quickly, and reading the client from `frontend/dist`.
pub(crate) fn build_debug() -> Result<PathBuf> {
    command::run(command::cargo().args(["build", "--package", PACKAGE]))?;
    Ok(debug_binary())
}

/// Builds the same server along with the Rust tests. Cargo chooses the features of a dependency by what is built together,
/// so building the server alone would compile half of the dependencies a second time.
pub(crate) fn build_for_tests() -> Result<PathBuf> {
    command::run(command::cargo().arg("build").args(EVERYTHING_ELSE).args(["--bins", "--tests"]))?;
    Ok(debug_binary())
}

fn debug_binary() -> PathBuf {
    workspace::target().join("debug").join(PACKAGE)
}

/// Builds everything, and then becomes the server.
///
/// # Errors
/// Only before the server runs.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let server = build()?;
    report::step(format_args!("Starting {}", server.display()));
    let error = command::new(&server).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", server.display()))
}
