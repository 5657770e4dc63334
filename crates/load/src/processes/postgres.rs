//! A private PostgreSQL that writes as it would for people: every commit reaches the disk.

use super::{Process, find, folder, free_port, unprivileged};
use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// Where Debian keeps one folder per major version.
const DEBIAN: &str = "/usr/lib/postgresql";

pub struct Postgres {
    process: Process,
    folder: TempDir,
    program: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes an empty cluster and serves it.
    pub async fn start() -> Result<Self> {
        // The programs that belong to it are beside the file itself, not always beside a link to it.
        let program = find("postgres", &debian_folders())?.canonicalize()?;
        let folder = folder()?;
        let mut initdb = unprivileged(&program.with_file_name("initdb"), folder.path())?;
        // Whoever is on this machine may talk to a server that holds nothing but made-up people, for minutes.
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        let made =
            initdb.arg("--pgdata").arg(folder.path().join("data")).output().context("cannot run initdb")?;
        if !made.status.success() {
            bail!("cannot make a PostgreSQL cluster:\n{}", String::from_utf8_lossy(&made.stderr));
        }
        let port = free_port()?;
        let process = serve(&program, folder.path(), port)?;
        let mut postgres = Self { process, folder, program, port };
        postgres.wait_until_ready().await?;
        Ok(postgres)
    }

    /// A new, empty database of this name.
    pub async fn create_database(&self, name: &str) -> Result<String> {
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(&format!("CREATE DATABASE {name}")).await?;
        Ok(self.url(name))
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Starts it again on the same data and port, after it has ended.
    pub async fn restart(&mut self) -> Result<()> {
        self.process = serve(&self.program, self.folder.path(), self.port)?;
        self.wait_until_ready().await
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let url = self.url("postgres");
        self.process.wait_until(async || tokio_postgres::connect(&url, NoTls).await.is_ok()).await
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Disconnects everybody and stops, so that its helpers end too.
        let _ = self.process.signal(Signal::INT).and_then(|()| self.process.ends_while_blocking());
    }
}

fn serve(program: &Path, folder: &Path, port: u16) -> Result<Process> {
    let mut command = unprivileged(program, folder)?;
    command.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        // Only TCP is used. The usual folder for the socket may belong to somebody else.
        "unix_socket_directories=",
        "max_connections=200",
        "shared_buffers=512MB",
        "max_wal_size=4GB",
    ] {
        command.args(["-c", setting]);
    }
    Process::start("PostgreSQL", &mut command, &folder.join("postgres.log"))
}

/// Debian's folders of programs, newest version first.
fn debian_folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(DEBIAN).into_iter().flatten();
    let mut versions: Vec<u32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.iter().map(|version| Path::new(DEBIAN).join(version.to_string()).join("bin")).collect()
}
