//! `umbrachat doctor`: looks at everything that a server with these settings needs, changes nothing, and says what to do.

use super::{health, written};
use crate::app::LEDGER_FILE;
use crate::config::Config;
use crate::keys::SecretKey;
use rustix::process::{Resource, getrlimit};
use std::fmt::Display;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;
use umbrachat_protocol::Timestamp;
use umbrachat_store::{Clock, Database, Examination, Tables, examine};

/// Clocks that differ by more are worth a word; by much more, tokens of one replica are not valid yet on another.
const SKEW_WARN: f64 = 1.0;
const SKEW_FAIL: f64 = 30.0;
/// Each socket takes one file.
const FILES_WARN: u64 = 10_000;
const FILES_FAIL: u64 = 256;
/// Free bytes where the server writes.
const DISK_WARN: u64 = 1 << 30;
const DISK_FAIL: u64 = 64 << 20;
/// Connections that one server may open, and PostgreSQL's own reserve.
const CONNECTIONS_LEFT: i64 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

/// One line of the report.
#[derive(Debug)]
struct Finding {
    verdict: Verdict,
    about: &'static str,
    says: String,
}

/// Prints a line for each thing that was looked at.
///
/// # Errors
/// Where something would keep the server from working: how many things.
pub async fn run(config: &Config) -> Result<(), String> {
    let mut findings = vec![secret(config), public_address(config), rate_limits(config)];
    findings.push(policy(config));
    findings.push(data_folder(&config.data_dir));
    findings.push(ledger(config));
    findings.extend(database(config).await);
    findings.push(redis(config).await);
    findings.push(open_files());
    findings.push(disk(&where_it_writes(config)));
    findings.push(server(config).await);
    let mut out = io::stdout().lock();
    for Finding { verdict, about, says } in &findings {
        let verdict = match verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        // What others said may have several lines.
        let says = says.split_whitespace().collect::<Vec<_>>().join(" ");
        written(writeln!(out, "{verdict:<4}  {about:<14}  {says}"))?;
    }
    match findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count() {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} checks failed", findings.len())),
    }
}

fn secret(config: &Config) -> Finding {
    const ABOUT: &str = "secret";
    let is_postgres = matches!(config.database, Database::Postgres(_));
    match (&config.secret_key, SecretKey::found_in(&config.data_dir)) {
        (Some(_), _) => ok(ABOUT, "SECRET_KEY is set; every replica needs the same"),
        (None, _) if is_postgres => fail(
            ABOUT,
            "SECRET_KEY is required with PostgreSQL: `openssl rand -base64 32` makes one; give each replica the same",
        ),
        (None, Ok(None)) => ok(ABOUT, "none yet: the first start makes one in DATA_DIR"),
        (None, Ok(Some(_))) => {
            let file = config.data_dir.join("secret.key");
            match file.metadata().map(|data| data.permissions().mode() & 0o077) {
                Ok(0) => ok(ABOUT, format!("{} is its owner's alone", file.display())),
                _ => fail(ABOUT, format!("others may read {0}: chmod 600 {0}", file.display())),
            }
        }
        (None, Err(error)) => fail(ABOUT, format!("{error}: put the right file back, or set SECRET_KEY")),
    }
}

fn public_address(config: &Config) -> Finding {
    const ABOUT: &str = "public address";
    let Some(url) = &config.public_url else {
        return warn(
            ABOUT,
            "PUBLIC_URL is not set: only this machine's browsers can sign in; set it to the address people type",
        );
    };
    let shown = url.to_string();
    if url.is_https() && config.trusted_proxies.is_empty() {
        return warn(
            ABOUT,
            format!(
                "{shown}; TRUSTED_PROXIES is not set: behind a proxy all visitors share the limits of one address; name its network"
            ),
        );
    }
    let is_local =
        ["http://localhost", "http://127.0.0.1", "http://[::1]"].iter().any(|own| shown.starts_with(own));
    if url.is_https() || is_local {
        return ok(ABOUT, shown);
    }
    warn(
        ABOUT,
        format!("{shown} is not encrypted on its way: put a proxy with https before it, and say so here"),
    )
}

fn rate_limits(config: &Config) -> Finding {
    const ABOUT: &str = "rate limits";
    if config.rate_limits {
        return ok(ABOUT, "on");
    }
    warn(ABOUT, "off: anybody may guess passwords as fast as they can; leave RATE_LIMITS out")
}

fn policy(config: &Config) -> Finding {
    const ABOUT: &str = "privacy policy";
    let policy = config.policies.current(Clock::system().now());
    ok(ABOUT, format!("version {}, from {}", policy.version, policy.effective_from))
}

fn data_folder(folder: &Path) -> Finding {
    const ABOUT: &str = "data folder";
    let shown = folder.display();
    let Ok(data) = folder.metadata() else {
        return ok(ABOUT, format!("{shown} is not there yet: the first start makes it"));
    };
    if !data.is_dir() {
        return fail(ABOUT, format!("{shown} is no folder: set DATA_DIR to one"));
    }
    if data.permissions().mode() & 0o007 != 0 {
        return warn(ABOUT, format!("everybody on this machine may look into {shown}: chmod 700 {shown}"));
    }
    match is_writable(folder) {
        Ok(()) => ok(ABOUT, format!("{shown} can be written")),
        Err(error) => {
            fail(ABOUT, format!("{shown} cannot be written: {error}; give it to the server's user"))
        }
    }
}

fn ledger(config: &Config) -> Finding {
    const ABOUT: &str = "erasure ledger";
    let file = config.erasure_ledger.clone().unwrap_or_else(|| config.data_dir.join(LEDGER_FILE));
    let shown = file.display();
    if !file.exists() {
        return ok(ABOUT, format!("{shown} is not there yet: the first start makes it"));
    }
    match std::fs::OpenOptions::new().append(true).open(&file) {
        Ok(_) => ok(ABOUT, format!("{shown}; leave it as it is when a backup of the database is restored")),
        Err(error) => {
            fail(ABOUT, format!("{shown} cannot be written: {error}; give it to the server's user"))
        }
    }
}

async fn database(config: &Config) -> Vec<Finding> {
    const ABOUT: &str = "database";
    if let Database::Sqlite(file) = &config.database
        && !file.exists()
    {
        return vec![ok(ABOUT, format!("{} is not there yet: the first start makes it", file.display()))];
    }
    let asked = Instant::now();
    match examine(&config.database).await {
        Err(error) => vec![fail(
            ABOUT,
            format!(
                "{}: {error}; start it, let this machine reach it, or correct DATABASE_URL",
                config.database
            ),
        )],
        Ok(examination) => {
            let answers = format!("{}, {}", examination.version, config.database);
            let mut findings = vec![ok(ABOUT, answers), tables(&examination), writing(&examination)];
            findings.push(keeping(&examination));
            findings.extend(examination.now.map(|now| clock(now, asked)));
            findings.extend(examination.connections.map(connections));
            findings
        }
    }
}

fn tables(examination: &Examination) -> Finding {
    const ABOUT: &str = "tables";
    match examination.tables {
        Tables::UpToDate => ok(ABOUT, "up to date"),
        Tables::Missing => warn(ABOUT, "none yet: the first start makes them, or `umbrachat migrate`"),
        Tables::Behind(count) => {
            warn(ABOUT, format!("{count} changes behind: back up, then start, or `umbrachat migrate`"))
        }
        Tables::Ahead(count) => fail(
            ABOUT,
            format!(
                "{count} changes ahead of this version: run the newer umbrachat, or restore an older backup"
            ),
        ),
    }
}

fn writing(examination: &Examination) -> Finding {
    const ABOUT: &str = "writing";
    match &examination.writable {
        Ok(()) => ok(ABOUT, "tables can be made and changed"),
        Err(error) => fail(
            ABOUT,
            format!("{error}; let the role own the database, or the user the file, and write to the primary"),
        ),
    }
}

fn keeping(examination: &Examination) -> Finding {
    const ABOUT: &str = "durability";
    if examination.losing.is_empty() {
        return ok(ABOUT, "what is acknowledged is on the disk");
    }
    let settings = examination.losing.join(", ");
    fail(ABOUT, format!("{settings}: a power cut would lose acknowledged messages; set it back"))
}

fn clock(database: Timestamp, asked: Instant) -> Finding {
    const ABOUT: &str = "clock";
    let now = Clock::system().now();
    #[expect(clippy::cast_precision_loss, reason = "seconds with a few decimals are far inside an f64")]
    let behind = (now.0 - database.0) as f64 / 1e6;
    // The answer was under way for a part of this.
    let skew = (behind.abs() - asked.elapsed().as_secs_f64()).max(0.0);
    let advice = "let both machines follow a time server, such as chrony or systemd-timesyncd";
    if skew > SKEW_FAIL {
        return fail(ABOUT, format!("{skew:.1} s away from the database's: {advice}"));
    }
    if skew > SKEW_WARN {
        return warn(ABOUT, format!("{skew:.1} s away from the database's: {advice}"));
    }
    ok(ABOUT, format!("within {SKEW_WARN} s of the database's"))
}

fn connections((used, allowed): (i64, i64)) -> Finding {
    const ABOUT: &str = "connections";
    let says = format!("{used} of PostgreSQL's {allowed} are in use, and a server takes up to 16");
    if allowed - used < CONNECTIONS_LEFT {
        return warn(ABOUT, format!("{says}: raise max_connections, or run fewer replicas"));
    }
    ok(ABOUT, says)
}

async fn redis(config: &Config) -> Finding {
    const ABOUT: &str = "redis";
    let Some(url) = &config.redis_url else {
        return ok(ABOUT, "REDIS_URL is not set: right for one process; replicas need it");
    };
    if !matches!(config.database, Database::Postgres(_)) {
        return warn(ABOUT, "REDIS_URL bridges replicas, and SQLite is for one process: leave it out");
    }
    match url.check().await {
        Ok(()) => ok(ABOUT, "takes what replicas tell each other"),
        Err(why) => fail(
            ABOUT,
            format!(
                "{why}; start it or correct REDIS_URL. Until then replicas hear of each other within 2 s"
            ),
        ),
    }
}

fn open_files() -> Finding {
    const ABOUT: &str = "open files";
    let Some(limit) = getrlimit(Resource::Nofile).current else { return ok(ABOUT, "unlimited") };
    let advice = "raise it: LimitNOFILE= in a unit, ulimits in compose, `ulimit -n` in a shell";
    match limit {
        ..FILES_FAIL => fail(ABOUT, format!("{limit} at most, and each socket takes one: {advice}")),
        FILES_FAIL..FILES_WARN => {
            warn(ABOUT, format!("{limit} at most, and each socket takes one: {advice}"))
        }
        _ => ok(ABOUT, format!("{limit} at most, one for each socket")),
    }
}

fn disk(folder: &Path) -> Finding {
    const ABOUT: &str = "disk";
    let shown = folder.display();
    let free = match rustix::fs::statvfs(folder) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => return warn(ABOUT, format!("nobody knows what is free below {shown}: {error}")),
    };
    let says = format!("{} MiB free below {shown}", free >> 20);
    match free {
        ..DISK_FAIL => fail(ABOUT, format!("{says}: make room, or nothing can be sent any more")),
        DISK_FAIL..DISK_WARN => warn(ABOUT, format!("{says}: make room soon")),
        _ => ok(ABOUT, says),
    }
}

async fn server(config: &Config) -> Finding {
    const ABOUT: &str = "server";
    let address = health::address(config);
    match health::status(config).await {
        Ok(200) => ok(ABOUT, format!("one is ready at {address}")),
        Ok(status) => warn(ABOUT, format!("one runs at {address} and answers {status}: its log says why")),
        Err(_) => ok(ABOUT, format!("none runs at {address} yet")),
    }
}

/// The database's folder where it is a file, else the data folder; or the nearest one above it that exists.
fn where_it_writes(config: &Config) -> PathBuf {
    let folder = match &config.database {
        Database::Sqlite(file) => file.parent().filter(|folder| !folder.as_os_str().is_empty()),
        _ => None,
    };
    let folder = folder.unwrap_or(&config.data_dir);
    let there = folder.ancestors().find(|folder| folder.exists() && !folder.as_os_str().is_empty());
    there.unwrap_or(Path::new(".")).to_owned()
}

fn is_writable(folder: &Path) -> io::Result<()> {
    let file = folder.join(format!(".doctor.{}", std::process::id()));
    std::fs::File::create(&file)?;
    std::fs::remove_file(&file)
}

fn ok(about: &'static str, says: impl Display) -> Finding {
    Finding { verdict: Verdict::Ok, about, says: says.to_string() }
}

fn warn(about: &'static str, says: impl Display) -> Finding {
    Finding { verdict: Verdict::Warn, about, says: says.to_string() }
}

fn fail(about: &'static str, says: impl Display) -> Finding {
    Finding { verdict: Verdict::Fail, about, says: says.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_disagree_are_told_apart_by_how_much() {
        let now = Clock::system().now();
        for (seconds, verdict) in
            [(0, Verdict::Ok), (5, Verdict::Warn), (-5, Verdict::Warn), (60, Verdict::Fail)]
        {
            let finding = clock(now.plus_seconds(seconds), Instant::now());
            assert_eq!(finding.verdict, verdict, "{finding:?}");
        }
    }

    #[test]
    fn few_free_connections_are_worth_a_word() {
        assert_eq!(connections((16, 100)).verdict, Verdict::Ok);
        assert_eq!(connections((90, 100)).verdict, Verdict::Warn);
    }

    #[test]
    fn a_database_that_may_lose_what_was_acknowledged_fails() {
        let mut examination = Examination {
            version: String::new(),
            tables: Tables::UpToDate,
            writable: Ok(()),
            losing: Vec::new(),
            now: None,
            connections: None,
        };
        assert_eq!(keeping(&examination).verdict, Verdict::Ok);
        examination.losing = vec!["fsync = off".to_owned()];
        let finding = keeping(&examination);
        assert!(finding.verdict == Verdict::Fail && finding.says.starts_with("fsync = off"), "{finding:?}");
        for (tables_are, verdict) in [
            (Tables::Missing, Verdict::Warn),
            (Tables::Behind(2), Verdict::Warn),
            (Tables::Ahead(1), Verdict::Fail),
        ] {
            examination.tables = tables_are;
            assert_eq!(tables(&examination).verdict, verdict, "{tables_are:?}");
        }
    }
}
