//! Where things are in the checkout.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folder that holds the workspace's Cargo.toml.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/xtask is two levels below the root")
}

/// Cargo's target folder: the one that this very program was built into, so that whatever chose it (a variable, a
/// configuration file) is respected without being asked again.
pub(crate) fn target() -> PathBuf {
    let program = std::env::current_exe().expect("the system knows where this program is");
    program.ancestors().nth(2).expect("cargo puts programs into target/<profile>").to_owned()
}

pub(crate) fn frontend() -> PathBuf {
    root().join("frontend")
}

/// What the server embeds: the finished client.
pub(crate) fn client_dist() -> PathBuf {
    frontend().join("dist")
}

/// The path of an empty log file, target/xtask/`name`.log.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn log(name: &str) -> Result<PathBuf> {
    let folder = target().join("xtask");
    let path = folder.join(name).with_extension("log");
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, ""));
    written.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
