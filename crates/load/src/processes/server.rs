//! The server that is measured, as a process of its own.

use super::{Process, folder, free_port};
use anyhow::{Context, Result};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;
use umbrachat_client::Client;
use umbrachat_client::reqwest::{Method, StatusCode};

/// Beside PostgreSQL: the same for all replicas, and nothing that anybody would use elsewhere.
const SECRET_KEY: &str = "c4b1f09e6a7d58231fe0469bd75a8c3290ef41b6d87c52a3196e0fd4b85a7c23";

/// How the server is to run. What is left out is as a newcomer has it: SQLite, one process.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// The binary `umbrachat`.
    pub program: PathBuf,
    /// A program that runs it, with its arguments.
    pub wrapper: Vec<String>,
    /// None: SQLite, in its folder.
    pub database_url: Option<String>,
    pub redis_url: Option<String>,
    /// Further variables, which win over the ones above.
    pub variables: Vec<(&'static str, String)>,
}

pub struct Server {
    process: Process,
    options: ServerOptions,
    folder: Arc<TempDir>,
    port: u16,
}

impl Server {
    pub async fn start(options: ServerOptions) -> Result<Self> {
        Self::start_in(options, Arc::new(folder()?)).await
    }

    /// Starts it on a data folder that may have been used before.
    pub async fn start_in(options: ServerOptions, folder: Arc<TempDir>) -> Result<Self> {
        let port = free_port()?;
        let process = serve(&options, folder.path(), port)?;
        let mut server = Self { process, options, folder, port };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn folder(&self) -> &Arc<TempDir> {
        &self.folder
    }

    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Starts it again on the same data and port, after it has ended.
    pub async fn restart(&mut self) -> Result<()> {
        self.process = serve(&self.options, self.folder.path(), self.port)?;
        self.wait_until_ready().await
    }

    /// Ends it in its own way.
    pub async fn stop(&mut self) -> Result<()> {
        self.process.signal(Signal::TERM)?;
        self.process.ends().await
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let client = Client::builder(self.url()).anonymous()?;
        self.process
            .wait_until(async || {
                let answer = client.request(Method::GET, "/health/ready").send().await;
                answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
            })
            .await
    }
}

fn serve(options: &ServerOptions, folder: &Path, port: u16) -> Result<Process> {
    let program = options.program.canonicalize();
    let program = program.with_context(|| format!("there is no server at {}", options.program.display()))?;
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).args(&options.wrapper).arg(program);
    let path = "/usr/local/bin:/usr/bin:/bin";
    command.env_clear().env("PATH", path).env("DATA_DIR", folder).env("PORT", port.to_string());
    // Everything comes from one address and faster than people type.
    command.env("RATE_LIMITS", "off").env("RUST_LOG", "warn");
    if let Some(url) = &options.database_url {
        command.env("DATABASE_URL", url).env("SECRET_KEY", SECRET_KEY);
    }
    if let Some(url) = &options.redis_url {
        command.env("REDIS_URL", url);
    }
    command.envs(options.variables.iter().map(|(name, value)| (name, value)));
    Process::start("umbrachat", &mut command, &folder.join("server.log"))
}
