//! Where a measurement takes place: the programs that it needs, and which of them there are.

use crate::processes::{Postgres, Process, Server, ServerOptions, folder, free_port};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tokio::net::TcpStream;

#[derive(Args, Clone)]
pub struct LabOptions {
    /// The server's binary [default: umbrachat beside this program]
    #[arg(long, value_name = "FILE")]
    pub server: Option<PathBuf>,
    /// The program that has the bare relay [default: this one]
    #[arg(long, value_name = "FILE", hide = true)]
    pub relay: Option<PathBuf>,
    /// Databases to measure on
    #[arg(long, value_delimiter = ',', default_values_t = [Database::Sqlite, Database::Postgres])]
    pub databases: Vec<Database>,
    /// How often everything is measured
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// One JSON object a line instead of a table
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Database {
    Sqlite,
    Postgres,
}

impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

pub struct Lab {
    program: PathBuf,
    relay: PathBuf,
    pub databases: Vec<Database>,
    pub rounds: usize,
    postgres: Option<Postgres>,
    created: usize,
}

impl LabOptions {
    pub async fn open(&self) -> Result<Lab> {
        let beside = || Ok::<_, anyhow::Error>(std::env::current_exe()?.with_file_name("umbrachat"));
        let program = self.server.clone().map_or_else(beside, Ok)?;
        let needs_postgres = self.databases.contains(&Database::Postgres);
        Ok(Lab {
            program,
            relay: self.relay.clone().map_or_else(std::env::current_exe, Ok)?,
            databases: self.databases.clone(),
            rounds: self.rounds,
            postgres: if needs_postgres { Some(Postgres::start().await?) } else { None },
            created: 0,
        })
    }
}

impl Lab {
    /// A server on a new, empty database.
    pub async fn server(&mut self, database: Database) -> Result<Server> {
        let database_url = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(self.database().await?),
        };
        self.server_on(database_url).await
    }

    /// A server on this PostgreSQL database, or on SQLite.
    pub async fn server_on(&self, database_url: Option<String>) -> Result<Server> {
        Server::start(ServerOptions { program: self.program.clone(), database_url, ..Default::default() })
            .await
    }

    /// One of several servers on this PostgreSQL database, which hear of each other over this Redis.
    pub async fn replica(&self, database_url: String, redis_url: String) -> Result<Server> {
        let (database_url, redis_url) = (Some(database_url), Some(redis_url));
        let program = self.program.clone();
        Server::start(ServerOptions { program, database_url, redis_url, ..Default::default() }).await
    }

    /// The bare relay.
    pub async fn relay(&self) -> Result<Relay> {
        Relay::start(&self.relay).await
    }

    /// A new, empty PostgreSQL database.
    pub async fn database(&mut self) -> Result<String> {
        self.created += 1;
        let postgres = self.postgres.as_ref().context("PostgreSQL was not asked for")?;
        postgres.create_database(&format!("load_{}", self.created)).await
    }
}

/// The relay that figures are compared with, as a process of its own.
pub struct Relay {
    process: Process,
    /// What it says is in there.
    _folder: TempDir,
    port: u16,
}

impl Relay {
    async fn start(program: &Path) -> Result<Self> {
        let (folder, port) = (folder()?, free_port()?);
        let mut command = Command::new(program);
        command.args(["relay", "--port", &port.to_string()]);
        let mut process = Process::start("the relay", &mut command, &folder.path().join("relay.log"))?;
        process.wait_until(async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await?;
        Ok(Self { process, _folder: folder, port })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}
