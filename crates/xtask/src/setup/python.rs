//! Python, with packages of its own.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::setup::{Program, packages};
use crate::{command, environment, fingerprint, report, workspace};

const PYTHON: Program =
    Program { names: &["python3"], package: "python3", why: "the examples in Python run in it" };

/// A virtual environment below target.
pub(crate) struct Environment {
    programs: PathBuf,
}

impl Environment {
    /// One that holds just what a file of requirements lists; made anew where the file has changed.
    ///
    /// # Errors
    /// When this machine has no Python, or a package cannot be had.
    pub(crate) fn with(requirements: &Path) -> Result<Self> {
        let list =
            fs::read(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
        let list = fingerprint::short(&list);
        let folder = workspace::target().join("xtask/python");
        let this = Self { programs: folder.join("bin") };
        let stamp = folder.join(".stamp");
        if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == list) {
            return Ok(this);
        }
        report::step("Installing the Python packages of the examples");
        make(&folder)?;
        let log = workspace::log("pip")?;
        let mut pip = this.python()?;
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        command::run_logged(pip.arg(requirements), &log)?;
        fs::write(&stamp, list).with_context(|| format!("cannot write {}", stamp.display()))?;
        Ok(this)
    }

    pub(crate) fn python(&self) -> Result<Command> {
        self.program("python")
    }

    /// A program that one of the packages brings. It finds those of the others in PATH.
    pub(crate) fn program(&self, name: &str) -> Result<Command> {
        let mut command = command::new(self.programs.join(name));
        let path = environment::variable("PATH").unwrap_or_default();
        let path: OsString =
            std::env::join_paths(std::iter::once(self.programs.clone()).chain(std::env::split_paths(&path)))?;
        command.env("PATH", path);
        Ok(command)
    }
}

/// Debian has what makes an environment in a package of its own.
fn make(folder: &Path) -> Result<()> {
    let python = PYTHON.get(&Vec::new)?;
    let venv = || {
        let mut command = command::new(&python);
        command.args(["-m", "venv", "--clear"]).arg(folder);
        command
    };
    if command::output(&mut venv()).is_some() {
        return Ok(());
    }
    packages::install(&["python3-venv"], "the examples' Python packages are kept apart by it")?;
    command::run_logged(&mut venv(), &workspace::log("venv")?)
}
