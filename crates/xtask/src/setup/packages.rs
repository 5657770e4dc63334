//! Debian packages.

use std::path::Path;

use anyhow::{Context, Result, bail};
use nix::unistd::Uid;

use crate::{command, report, workspace};

/// Installs Debian packages by apt-get, as root or by a sudo that asks for no password.
///
/// # Errors
/// When this machine has no apt-get, or xtask may not use it, or it fails. The message says what to install by hand.
pub(crate) fn install(packages: &[&str], why: &str) -> Result<()> {
    let list = packages.join(" ");
    let advice = || format!("{why}: please install what Debian calls {list}");
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("{}", advice());
    }
    let Some(root) = as_root() else {
        bail!("{}\n  sudo apt-get update && sudo apt-get install {list}", advice());
    };
    report::step(format_args!("Installing {list} by apt-get: {why}"));
    apt(root, &["update"]).with_context(advice)?;
    let options = ["install", "--yes", "--no-install-recommends"];
    apt(root, &[&options[..], packages].concat()).with_context(advice)
}

/// The words that make the command after them run as root.
fn as_root() -> Option<&'static [&'static str]> {
    if Uid::effective().is_root() {
        return Some(&[]);
    }
    command::output(command::new("sudo").args(["-n", "true"])).map(|_| &["sudo", "-n"][..])
}

fn apt(as_root: &[&str], arguments: &[&str]) -> Result<()> {
    let words = [as_root, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], arguments].concat();
    command::run_logged(command::new(words[0]).args(&words[1..]), &workspace::log("apt-get")?)
}
