//! Running other programs: a clean environment, and errors that say which program failed.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{environment, interrupt, workspace};

/// A program to be run in the workspace's root.
pub(crate) fn new(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root());
    environment::forget_outer_cargo(&mut command);
    command
}

/// The cargo that runs xtask, or the one in PATH.
pub(crate) fn cargo() -> Command {
    new(environment::variable("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs `command`, its output going where ours goes.
///
/// # Errors
/// When it cannot be started, or ends with anything but success, or xtask is interrupted.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    interrupt::check()?;
    let child = command.stdin(Stdio::null()).process_group(0).spawn();
    let mut child = child.with_context(|| format!("cannot run {}", shown(command)))?;
    let status = interrupt::wait(&mut child)?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs `command` with its output kept in the file `log`, which is shown only when the command fails.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(log);
    let file = file.with_context(|| format!("cannot write {}", log.display()))?;
    command.stdout(file.try_clone()?).stderr(file);
    run(command).inspect_err(|_| {
        let output = std::fs::read(log).unwrap_or_default();
        eprintln!("{}", String::from_utf8_lossy(&output));
    })
}

/// The standard output of `command`, without the line break at its end. `None` when it cannot be run or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    std::iter::once(program.file_name().unwrap_or(program.as_os_str()))
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
