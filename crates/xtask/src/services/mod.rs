//! The servers that tests need: private, on free ports of the loopback address, gone with xtask.

mod postgres;
mod redis;
pub(crate) mod umbrachat;
mod unprivileged;

use std::net::TcpListener;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::{environment, interrupt};

/// The servers, and the variables that tell tests where they are.
pub(crate) struct Services {
    /// Held for what dropping it does: the server ends.
    running: Vec<Service>,
    pub(crate) variables: Vec<(&'static str, String)>,
}

impl Services {
    /// Starts PostgreSQL and Redis, each unless its variable names one already: `TEST_DATABASE_URL`, `TEST_REDIS_URL`.
    pub(crate) fn start() -> Result<Self> {
        let mut services = Services { running: Vec::new(), variables: Vec::new() };
        services.provide("TEST_DATABASE_URL", postgres::start)?;
        services.provide("TEST_REDIS_URL", redis::start)?;
        Ok(services)
    }

    fn provide(&mut self, variable: &'static str, start: fn() -> Result<(Service, String)>) -> Result<()> {
        if environment::variable(variable).is_none() {
            let (service, url) = start()?;
            self.running.push(service);
            self.variables.push((variable, url));
        }
        Ok(())
    }
}

/// Gets the programs themselves, for whoever starts them on their own.
pub(crate) fn require_programs() -> Result<()> {
    postgres::program()?;
    redis::program()?;
    Ok(())
}

/// A running server and the folder that holds its data. Dropped, it ends and its data goes.
struct Service {
    child: Child,
    /// Removed after the server has ended, since fields are dropped after the struct's own `drop`.
    _folder: TempDir,
}

impl Drop for Service {
    fn drop(&mut self) {
        // PostgreSQL takes it as "disconnect everybody and stop", Redis as "stop".
        interrupt::send(Signal::SIGINT, &self.child);
        let patience = Instant::now() + Duration::from_secs(10);
        while Instant::now() < patience {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    /// Waits until `is_ready` says so.
    ///
    /// # Errors
    /// When the server ends instead, or is not ready after 30 seconds, or xtask is interrupted.
    fn wait_until(&mut self, is_ready: impl Fn() -> bool) -> Result<()> {
        let patience = Instant::now() + Duration::from_secs(30);
        while !is_ready() {
            interrupt::check()?;
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended at once ({status})");
            }
            if Instant::now() > patience {
                bail!("it was not ready after 30 seconds");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot open a port")?;
    Ok(listener.local_addr()?.port())
}
