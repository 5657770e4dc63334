//! A private Redis that keeps nothing.

use super::{Process, find, folder, free_port, unprivileged};
use anyhow::Result;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Redis {
    process: Process,
    folder: TempDir,
    program: PathBuf,
    port: u16,
}

impl Redis {
    pub async fn start() -> Result<Self> {
        let (program, folder, port) = (find("redis-server", &[])?, folder()?, free_port()?);
        let process = serve(&program, folder.path(), port)?;
        let mut redis = Self { process, folder, program, port };
        redis.wait_until_ready().await?;
        Ok(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Starts it again on the same port, after it has ended.
    pub async fn restart(&mut self) -> Result<()> {
        self.process = serve(&self.program, self.folder.path(), self.port)?;
        self.wait_until_ready().await
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let port = self.port;
        self.process.wait_until(async || answers(port).await.unwrap_or(false)).await
    }
}

fn serve(program: &Path, folder: &Path, port: u16) -> Result<Process> {
    let mut command = unprivileged(program, folder)?;
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"]);
    Process::start("Redis", &mut command, &folder.join("redis.log"))
}

async fn answers(port: u16) -> Result<bool> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await?;
    connection.write_all(b"PING\r\n").await?;
    let mut answer = [0; 5];
    connection.read_exact(&mut answer).await?;
    Ok(&answer == b"+PONG")
}
