//! The messenger itself, with an empty embedded database.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};

use super::{Service, free_port};
use crate::{command, report, workspace};

/// A running server, gone with its data when this is dropped.
pub(crate) struct Server {
    _service: Service,
    url: String,
}

impl Server {
    /// Starts it, and waits until it is ready.
    pub(crate) fn start(binary: &Path) -> Result<Self> {
        report::step("Starting a server for the examples");
        let log = workspace::log("umbrachat")?;
        Self::try_start(binary, &log).with_context(|| {
            format!("cannot start umbrachat:\n{}", fs::read_to_string(&log).unwrap_or_default().trim_end())
        })
    }

    fn try_start(binary: &Path, log: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = free_port()?.to_string();
        let file = fs::OpenOptions::new().append(true).open(log)?;
        let mut server = command::new(binary);
        // Whatever else is set on this machine is for another server.
        server.env_clear().env("DATA_DIR", folder.path()).env("PORT", &port).env("RATE_LIMITS", "off");
        server.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let mut service = Service { child: server.spawn()?, _folder: folder };
        service.wait_until(|| {
            command::output(command::new(binary).arg("health").env("PORT", &port)).is_some()
        })?;
        Ok(Self { _service: service, url: format!("http://127.0.0.1:{port}") })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}
