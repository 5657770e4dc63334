//! Servers run as an ordinary user, even where xtask runs as root, and end when xtask does.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use nix::unistd::{Uid, User};
use tempfile::TempDir;

use crate::{command, setup};

/// The user that servers run as: xtask's own, unless that is root.
pub(super) struct Account {
    instead_of_root: Option<User>,
    setpriv: Option<PathBuf>,
}

impl Account {
    pub(super) fn choose() -> Result<Self> {
        let setpriv = setup::find("setpriv", &["/usr/bin".into()]);
        if !Uid::effective().is_root() {
            return Ok(Account { instead_of_root: None, setpriv });
        }
        let user = ["postgres", "nobody"].iter().find_map(|name| User::from_name(name).ok().flatten());
        let user =
            user.context("servers do not run as root, and there is neither a user postgres nor nobody")?;
        setpriv
            .as_ref()
            .context("running servers as another user than root needs setpriv, from util-linux")?;
        Ok(Account { instead_of_root: Some(user), setpriv })
    }

    /// A new folder that belongs to the account.
    pub(super) fn folder(&self) -> Result<TempDir> {
        let folder = TempDir::with_prefix("umbrachat-test-").context("cannot make a temporary folder")?;
        if let Some(user) = &self.instead_of_root {
            chown(folder.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        Ok(folder)
    }

    /// `program`, to be run in `folder` under this account. Where the system can do that, it is told to end if xtask is
    /// killed before it could end it.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = match &self.setpriv {
            Some(setpriv) => {
                let mut command = command::new(setpriv);
                command.args(["--pdeathsig", "INT"]);
                if let Some(user) = &self.instead_of_root {
                    command.args(["--reuid", &user.uid.to_string(), "--regid", &user.gid.to_string()]);
                    command.arg("--clear-groups");
                }
                command.arg("--").arg(program);
                command
            }
            None => command::new(program),
        };
        command.current_dir(folder).stdin(Stdio::null()).process_group(0);
        command
    }
}
