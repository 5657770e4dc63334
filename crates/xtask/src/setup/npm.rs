//! The npm packages of the browser tests and of the examples.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, fingerprint, report, setup, workspace};

/// An npm that is to be run in `folder`.
///
/// # Errors
/// When this machine has none.
pub(crate) fn npm(folder: &Path) -> Result<Command> {
    let npm = setup::find("npm", &[]).context(
        "npm is missing: browser tests and examples need Node.js 20 or newer, with npm, in PATH (https://nodejs.org)",
    )?;
    let mut command = command::new(npm);
    command.current_dir(folder);
    Ok(command)
}

/// Installs what the package-lock.json in `folder` lists, unless just that is installed already.
pub(crate) fn install(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let lock = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let lock = fingerprint::short(&lock);
    let stamp = folder.join("node_modules/.stamp");
    if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == lock) {
        return Ok(());
    }
    report::step(format_args!("Installing the npm packages of {}", folder.display()));
    command::run_logged(npm(folder)?.args(["ci", "--no-audit", "--no-fund"]), &workspace::log("npm")?)?;
    fs::create_dir_all(folder.join("node_modules"))?;
    fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}
