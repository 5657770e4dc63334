//! Chromium, in which the browser tests run.

use std::path::PathBuf;

use anyhow::Result;

use crate::environment;
use crate::setup::Program;

/// The path of the browser: the one that `CHROMIUM` names, or one in PATH.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(path) = environment::variable("CHROMIUM") {
        return Ok(path.into());
    }
    let chromium = Program {
        names: &["chromium", "chromium-browser", "google-chrome"],
        package: "chromium",
        why: "the browser tests run in it",
    };
    chromium.get(&Vec::new)
}
