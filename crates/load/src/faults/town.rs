//! The processes of a fault run, each behind a network that can fail: PostgreSQL, Redis, replicas, and a load balancer.

use crate::processes::{Postgres, Redis, Server, ServerOptions};
use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_postgres::NoTls;
use umbrachat_testing::Proxy;

const DATABASE: &str = "umbra";
const BACKUP: &str = "backup";

pub struct Town {
    pub postgres: Option<Postgres>,
    pub redis: Option<Redis>,
    /// Between the replicas and Redis.
    pub to_redis: Option<Proxy>,
    /// Between each replica and PostgreSQL.
    pub to_postgres: Vec<Proxy>,
    pub replicas: Vec<Server>,
    pub balancer: Proxy,
}

impl Town {
    /// PostgreSQL, Redis and so many replicas.
    pub async fn of_replicas(program: PathBuf, count: usize) -> Result<Self> {
        let (postgres, redis) = (Postgres::start().await?, Redis::start().await?);
        let url = postgres.create_database(DATABASE).await?;
        let to_redis = Proxy::before(vec![local(redis.port())]).await;
        let (mut to_postgres, mut replicas) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (place, rest) = host(&url)?;
            let network = Proxy::before(vec![place]).await;
            let options = ServerOptions {
                program: program.clone(),
                database_url: Some(format!("postgres://postgres@{}/{rest}", network.address())),
                redis_url: Some(format!("redis://{}", to_redis.address())),
                ..ServerOptions::default()
            };
            to_postgres.push(network);
            replicas.push(Server::start(options).await?);
        }
        let balancer = Proxy::before(replicas.iter().map(|replica| local(replica.port())).collect()).await;
        let (postgres, redis, to_redis) = (Some(postgres), Some(redis), Some(to_redis));
        Ok(Self { postgres, redis, to_redis, to_postgres, replicas, balancer })
    }

    /// One process with a SQLite file.
    pub async fn of_one(program: PathBuf) -> Result<Self> {
        // What the system does to a process that exceeds its limit of file size would be another fault than a full disk.
        let wrapper = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""].map(str::to_owned).to_vec();
        let server = Server::start(ServerOptions { program, wrapper, ..ServerOptions::default() }).await?;
        let balancer = Proxy::before(vec![local(server.port())]).await;
        Ok(Self {
            postgres: None,
            redis: None,
            to_redis: None,
            to_postgres: Vec::new(),
            replicas: vec![server],
            balancer,
        })
    }

    pub fn postgres(&mut self) -> Result<&mut Postgres> {
        self.postgres.as_mut().context("this town has no PostgreSQL")
    }

    pub fn redis(&mut self) -> Result<&mut Redis> {
        self.redis.as_mut().context("this town has no Redis")
    }

    pub fn to_redis(&self) -> Result<&Proxy> {
        self.to_redis.as_ref().context("this town has no Redis")
    }

    /// Runs SQL as the superuser, beside the replicas' networks.
    pub async fn sql(&self, database: &str, sql: &str) -> Result<()> {
        let postgres = self.postgres.as_ref().context("this town has no PostgreSQL")?;
        let (client, connection) = tokio_postgres::connect(&postgres.url(database), NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(sql).await.context("a statement failed")
    }

    /// The same in the replicas' database.
    pub async fn sql_here(&self, sql: &str) -> Result<()> {
        self.sql(DATABASE, sql).await
    }

    /// Says something to Redis, beside the replicas' network.
    pub async fn tells_redis(&self, command: &str) -> Result<()> {
        let port = self.redis.as_ref().context("this town has no Redis")?.port();
        let mut connection = TcpStream::connect(local(port)).await?;
        connection.write_all(format!("{command}\r\n").as_bytes()).await?;
        let mut answer = [0; 64];
        let count = timeout(Duration::from_secs(5), connection.read(&mut answer)).await??;
        let answer = String::from_utf8_lossy(&answer[..count]).into_owned();
        ensure!(!answer.starts_with('-'), "Redis does not do {command}: {answer}");
        Ok(())
    }

    /// Keeps a copy of the database.
    pub async fn backs_up(&mut self) -> Result<()> {
        self.while_stopped(async |town| {
            town.sql("postgres", &format!("DROP DATABASE IF EXISTS {BACKUP}")).await?;
            town.sql("postgres", &format!("CREATE DATABASE {BACKUP} TEMPLATE {DATABASE}")).await
        })
        .await
    }

    /// Puts the copy in the place of the database.
    pub async fn restores_its_backup(&mut self) -> Result<()> {
        self.while_stopped(async |town| {
            town.sql("postgres", &format!("DROP DATABASE {DATABASE} WITH (FORCE)")).await?;
            town.sql("postgres", &format!("CREATE DATABASE {DATABASE} TEMPLATE {BACKUP}")).await
        })
        .await
    }

    /// Ends all replicas in their own way, lets something be done to the database, and starts them again.
    async fn while_stopped(&mut self, work: impl AsyncFnOnce(&Self) -> Result<()>) -> Result<()> {
        for replica in &mut self.replicas {
            replica.process().signal(Signal::TERM)?;
        }
        for replica in &mut self.replicas {
            replica.process().ends().await?;
        }
        work(self).await?;
        for replica in &mut self.replicas {
            replica.restart().await?;
        }
        Ok(())
    }
}

pub(super) fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Where a URL leads, and what follows.
fn host(url: &str) -> Result<(SocketAddr, &str)> {
    let (_, place) = url.rsplit_once('@').context("a URL with a user")?;
    let (place, rest) = place.split_once('/').context("a URL with a database")?;
    Ok((place.parse()?, rest))
}
