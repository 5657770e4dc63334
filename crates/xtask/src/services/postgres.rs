//! A private PostgreSQL.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::unprivileged::Account;
use super::{Service, free_port};
use crate::setup::Program;
use crate::{command, report, workspace};

/// Where Debian keeps one folder per major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Starts a server, and hands back the URL of its maintenance database, as a role that may create others.
pub(super) fn start() -> Result<(Service, String)> {
    let postgres = program()?;
    report::step(format_args!("Starting a private PostgreSQL for the tests ({})", postgres.display()));
    let log = workspace::log("postgres")?;
    try_start(&postgres, &log).with_context(|| {
        format!("cannot start PostgreSQL:\n{}", fs::read_to_string(&log).unwrap_or_default().trim_end())
    })
}

pub(super) fn program() -> Result<PathBuf> {
    let postgres = Program { names: &["postgres"], package: "postgresql", why: "tests run against it" };
    // The programs that belong to it are beside the file itself, not always beside a link to it.
    Ok(postgres.get(&debian_folders)?.canonicalize()?)
}

fn try_start(postgres: &Path, log: &Path) -> Result<(Service, String)> {
    let account = Account::choose()?;
    let folder = account.folder()?;
    let data = folder.path().join("data");
    // No password: whoever is on this machine may talk to a server that holds nothing but made-up people, for minutes. Each
    // test opens connections of its own, and in a debug build a password would cost them most of their time.
    let log = fs::OpenOptions::new().append(true).open(log)?;
    let initdb = postgres.with_file_name("initdb");
    command::run(
        account
            .command(&initdb, folder.path())
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg("--pgdata")
            .arg(&data)
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?),
    )?;

    let port = free_port()?.to_string();
    let mut server = account.command(postgres, folder.path());
    server.arg("-D").arg(&data).args(["-p", &port]).stdout(log.try_clone()?).stderr(log);
    for setting in [
        "listen_addresses=127.0.0.1",
        // Only TCP is used. The usual folder for the socket may belong to somebody else.
        "unix_socket_directories=",
        "max_connections=500",
        // Tests never ask what is left after a power cut, and they create a database each.
        "fsync=off",
        "full_page_writes=off",
        "synchronous_commit=off",
    ] {
        server.args(["-c", setting]);
    }
    let mut service = Service { child: server.spawn()?, _folder: folder };
    let is_ready = postgres.with_file_name("pg_isready");
    service.wait_until(|| {
        command::output(command::new(&is_ready).args(["-q", "-h", "127.0.0.1", "-p", &port])).is_some()
    })?;
    Ok((service, format!("postgres://postgres@127.0.0.1:{port}/postgres")))
}

/// Debian's folders of programs, newest version first.
fn debian_folders() -> Vec<PathBuf> {
    let mut versions: Vec<u32> = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.iter().map(|version| Path::new(DEBIAN).join(version.to_string()).join("bin")).collect()
}
