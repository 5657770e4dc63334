//! Getting what a build or a test needs, once.

pub(crate) mod browser;
pub(crate) mod npm;
pub(crate) mod packages;
pub(crate) mod python;
pub(crate) mod wasm;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::environment;

/// A program that xtask looks for, and how Debian calls the package that has it.
pub(crate) struct Program {
    /// Its names, the usual one first.
    pub(crate) names: &'static [&'static str],
    pub(crate) package: &'static str,
    /// The end of the sentence "it is missing: …".
    pub(crate) why: &'static str,
}

impl Program {
    /// Finds the program in PATH or in `folders`, and installs it where it is missing.
    ///
    /// # Errors
    /// When it cannot be installed. The message says what to install by hand.
    pub(crate) fn get(&self, folders: &dyn Fn() -> Vec<PathBuf>) -> Result<PathBuf> {
        if let Some(path) = self.find(&folders()) {
            return Ok(path);
        }
        packages::install(&[self.package], self.why)?;
        self.find(&folders()).with_context(|| {
            format!("{} is not in PATH, although its package {} is installed", self.names[0], self.package)
        })
    }

    fn find(&self, folders: &[PathBuf]) -> Option<PathBuf> {
        self.names.iter().find_map(|name| find(name, folders))
    }
}

/// The path of a program that is in PATH or in one of `folders`.
pub(crate) fn find(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = environment::variable("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(folders.iter().cloned())
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
