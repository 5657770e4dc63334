//! Programs that are started for a measurement: on free ports of the loopback address, gone when they are dropped.

mod postgres;
mod redis;
mod server;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub use postgres::Postgres;
pub use redis::Redis;
pub use server::{Server, ServerOptions};

/// How long a program may take to answer, and to end.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(5);

/// A running program and the file that keeps what it says.
pub struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, its output going to `log`, which is added to.
    pub fn start(name: &'static str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let child = command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn();
        let child = child.with_context(|| format!("cannot run {}", command.get_program().display()))?;
        Ok(Self { name, child, log: log.to_owned() })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// # Errors
    /// Where it has ended by itself, and its number may be another's by now.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "{} has ended by itself:\n{}", self.name, self.said());
        let id = Pid::from_raw(i32::try_from(self.child.id())?).context("a process has a number")?;
        kill_process(id, signal)?;
        Ok(())
    }

    /// Waits until it has ended, which it was told to.
    ///
    /// # Errors
    /// Where it does not within a minute. It is killed then.
    pub async fn ends(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.has_ended_by(deadline)? {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// The same where nothing can be awaited, which is where something is dropped.
    fn ends_while_blocking(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.has_ended_by(deadline)? {
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Ends it as a power cut would: it learns nothing of it.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits until `is_ready` says so.
    pub async fn wait_until(&mut self, mut is_ready: impl AsyncFnMut() -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !is_ready().await {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended at once ({status}):\n{}", self.name, self.said());
            }
            if Instant::now() > deadline {
                bail!("{} was not ready after {PATIENCE:?}:\n{}", self.name, self.said());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Everything that it has written so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn has_ended_by(&mut self, deadline: Instant) -> Result<bool> {
        let has_ended = self.child.try_wait()?.is_some();
        if !has_ended && Instant::now() > deadline {
            self.kill()?;
            bail!("{} did not end by itself within {PATIENCE:?}", self.name);
        }
        Ok(has_ended)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// A port that nobody listens on.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot open a port")?;
    Ok(listener.local_addr()?.port())
}

/// A folder that is gone when this is dropped.
pub fn folder() -> Result<TempDir> {
    TempDir::with_prefix("umbra-load-").context("cannot make a temporary folder")
}

/// `program`, which ends when this process is killed, and runs as the user `postgres` where this one is root: neither
/// PostgreSQL nor anything else that is only measured needs to be.
fn unprivileged(program: &Path, folder: &Path) -> Result<Command> {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if rustix::process::geteuid().is_root() {
        let owned = Command::new("chown").arg("postgres:postgres").arg(folder).status();
        if !owned.context("cannot run chown")?.success() {
            bail!("PostgreSQL does not run as root, and there is no user postgres");
        }
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg("--").arg(program).current_dir(folder);
    Ok(command)
}

/// Where a program is: in the search path, or in one of `others`.
fn find(name: &str, others: &[PathBuf]) -> Result<PathBuf> {
    let output = Command::new("sh").args(["-c", "command -v \"$0\"", name]).output()?;
    let found = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let elsewhere = || others.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    let found = if output.status.success() { Some(found) } else { elsewhere() };
    found.with_context(|| format!("{name} is not installed"))
}
