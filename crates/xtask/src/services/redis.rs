//! A private Redis.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::unprivileged::Account;
use super::{Service, free_port};
use crate::setup::Program;
use crate::{report, workspace};

/// Starts a server, and hands back its URL.
pub(super) fn start() -> Result<(Service, String)> {
    let redis = program()?;
    report::step(format_args!("Starting a private Redis for the tests ({})", redis.display()));
    let log = workspace::log("redis")?;
    try_start(&redis, &log).with_context(|| {
        format!("cannot start Redis:\n{}", fs::read_to_string(&log).unwrap_or_default().trim_end())
    })
}

pub(super) fn program() -> Result<PathBuf> {
    Program { names: &["redis-server"], package: "redis-server", why: "tests run against it" }.get(&Vec::new)
}

fn try_start(redis: &Path, log: &Path) -> Result<(Service, String)> {
    let account = Account::choose()?;
    let folder = account.folder()?;
    let port = free_port()?;
    let file = fs::OpenOptions::new().append(true).open(log)?;
    let mut server = account.command(redis, folder.path());
    server.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"]);
    server.stdout(file.try_clone()?).stderr(file);
    let mut service = Service { child: server.spawn()?, _folder: folder };
    service.wait_until(|| answers(port).unwrap_or(false))?;
    Ok((service, format!("redis://127.0.0.1:{port}")))
}

/// Whether a Redis on `port` answers a PING.
fn answers(port: u16) -> std::io::Result<bool> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut connection = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    connection.set_read_timeout(Some(Duration::from_secs(1)))?;
    connection.write_all(b"PING\r\n")?;
    let mut answer = [0; 5];
    connection.read_exact(&mut answer)?;
    Ok(&answer == b"+PONG")
}
