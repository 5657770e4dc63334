//! The faults: what each does, how it is undone, and from when on recovery counts.

use super::crowd::Crowd;
use super::random::Random;
use super::town::Town;
use anyhow::{Context, Result};
use clap::ValueEnum;
use rustix::process::Signal;
use std::process::Command;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use umbrachat_testing::CommitPoint;

/// Where a replica is killed, one after the other.
const COMMIT_POINTS: [CommitPoint; 3] =
    [CommitPoint::BeforeCommit, CommitPoint::BeforeAnswer, CommitPoint::AfterAnswer];
/// How often two tabs renew their tokens together, each time.
const REFRESHES: usize = 200;
/// How long a replica may take to come to a COMMIT when somebody writes to it.
const TO_A_COMMIT: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Row {
    ReplicaKill,
    ReplicaKillAtCommit,
    RollingRestart,
    RedisKill,
    RedisFlush,
    RedisPause,
    RedisClientsKilled,
    RedisBufferCut,
    RedisSlow,
    PostgresFast,
    PostgresImmediate,
    PostgresConnectionsKilled,
    PostgresLocked,
    PostgresSlow,
    NetworkCut,
    TabsRefresh,
    BackupRestored,
    SqliteKill,
    SqliteFull,
}

impl Row {
    pub const ALL: &[Self] = &[
        Self::ReplicaKill,
        Self::ReplicaKillAtCommit,
        Self::RollingRestart,
        Self::RedisKill,
        Self::RedisFlush,
        Self::RedisPause,
        Self::RedisClientsKilled,
        Self::RedisBufferCut,
        Self::RedisSlow,
        Self::PostgresFast,
        Self::PostgresImmediate,
        Self::PostgresConnectionsKilled,
        Self::PostgresLocked,
        Self::PostgresSlow,
        Self::NetworkCut,
        Self::TabsRefresh,
        Self::BackupRestored,
        Self::SqliteKill,
        Self::SqliteFull,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::ReplicaKill => "a replica is killed in mid-send (kill -9)",
            Self::ReplicaKillAtCommit => {
                "a replica is killed before a COMMIT, before its answer, and after it"
            }
            Self::RollingRestart => "three replicas are restarted one after the other (SIGTERM)",
            Self::RedisKill => "Redis is killed and started again",
            Self::RedisFlush => "Redis is flushed",
            Self::RedisPause => "Redis is paused (SIGSTOP)",
            Self::RedisClientsKilled => "Redis cuts all its clients",
            Self::RedisBufferCut => "Redis cuts subscribers whose output buffer is full",
            Self::RedisSlow => "Redis is 200 ms slow",
            Self::PostgresFast => "PostgreSQL is restarted (fast)",
            Self::PostgresImmediate => "PostgreSQL is restarted (immediate)",
            Self::PostgresConnectionsKilled => "PostgreSQL ends all connections",
            Self::PostgresLocked => "a lock holds everything up and exhausts the pool",
            Self::PostgresSlow => "PostgreSQL is 200 ms slow",
            Self::NetworkCut => "every client's connection is cut at once",
            Self::TabsRefresh => "two tabs renew their tokens at once, 200 times",
            Self::BackupRestored => "the database is restored from an older backup",
            Self::SqliteKill => "SQLite: the process is killed (kill -9)",
            Self::SqliteFull => "SQLite: the disk is full",
        }
    }

    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What recovery may take at most.
    pub fn bound(self) -> Duration {
        let seconds = match self {
            Self::PostgresFast
            | Self::PostgresImmediate
            | Self::PostgresConnectionsKilled
            | Self::PostgresLocked
            | Self::PostgresSlow
            | Self::SqliteKill
            | Self::SqliteFull => 5,
            // As long as clients wait at most between two tries: all servers have been away for many seconds.
            Self::BackupRestored => 16,
            _ => 2,
        };
        Duration::from_secs(seconds)
    }

    pub fn is_of_sqlite(self) -> bool {
        matches!(self, Self::SqliteKill | Self::SqliteFull)
    }

    /// How often it has to happen for all that it promises to have been tried.
    pub fn least_faults(self) -> usize {
        if self == Self::ReplicaKillAtCommit { COMMIT_POINTS.len() } else { 1 }
    }

    /// Whether clients have to find another replica or connect anew, which they do at once only if it is not all the time.
    pub fn parts_clients(self) -> bool {
        matches!(self, Self::ReplicaKill | Self::ReplicaKillAtCommit | Self::NetworkCut)
    }

    /// Does it once, for the time of this `number`, and undoes it. Gives how long it took until everybody was connected and
    /// heard each other again: from the fault on where the others have to go on without what failed, and otherwise from
    /// when it was whole again.
    pub async fn happens(
        self,
        number: usize,
        town: &mut Town,
        crowd: &mut Crowd,
        random: &mut Random,
    ) -> Result<Duration> {
        sleep(random.up_to(Duration::from_millis(200))).await;
        let began = Instant::now();
        let for_a_while = random.up_to(Duration::from_millis(600)) + Duration::from_millis(200);
        match self {
            Self::ReplicaKill => return killed(random.below(town.replicas.len()), town, crowd).await,
            Self::ReplicaKillAtCommit => {
                let point = COMMIT_POINTS[number % COMMIT_POINTS.len()];
                return killed_at_a_commit(point, town, crowd, random).await;
            }
            Self::RollingRestart => return replaced_one_after_the_other(town, crowd).await,
            Self::RedisKill => {
                town.redis()?.process().kill()?;
                let without = recovered(crowd, began).await?;
                town.redis()?.restart().await?;
                return Ok(without.max(recovered(crowd, Instant::now()).await?));
            }
            Self::RedisFlush => town.tells_redis("FLUSHALL").await?,
            Self::RedisPause => {
                town.redis()?.process().signal(Signal::STOP)?;
                let without = recovered(crowd, began).await;
                town.redis()?.process().signal(Signal::CONT)?;
                return Ok(without?.max(recovered(crowd, Instant::now()).await?));
            }
            Self::RedisClientsKilled => {
                for kind in ["pubsub", "normal"] {
                    town.tells_redis(&format!("CLIENT KILL TYPE {kind}")).await?;
                }
            }
            Self::RedisBufferCut => {
                // Redis takes no limit below what it reads at once; so little is soon exceeded by what follows.
                town.tells_redis("CONFIG SET client-output-buffer-limit \"pubsub 1 1 1\"").await?;
                let without = recovered(crowd, began).await;
                town.tells_redis("CONFIG SET client-output-buffer-limit \"pubsub 33554432 8388608 60\"")
                    .await?;
                return Ok(without?.max(recovered(crowd, Instant::now()).await?));
            }
            Self::RedisSlow => {
                town.to_redis()?.is_late_by(Duration::from_millis(200));
                let slowed = recovered(crowd, began).await;
                sleep(for_a_while).await;
                town.to_redis()?.is_late_by(Duration::ZERO);
                return slowed;
            }
            Self::PostgresFast | Self::PostgresImmediate => {
                let signal = if self == Self::PostgresFast { Signal::INT } else { Signal::QUIT };
                town.postgres()?.process().signal(signal)?;
                town.postgres()?.process().ends().await?;
                sleep(for_a_while).await;
                town.postgres()?.restart().await?;
            }
            Self::PostgresConnectionsKilled => {
                let ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                            WHERE datname = 'umbra' AND pid <> pg_backend_pid()";
                town.sql("postgres", ends).await?;
            }
            Self::PostgresLocked => {
                let holds =
                    "BEGIN; LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(2); COMMIT";
                town.sql_here(holds).await?;
            }
            Self::PostgresSlow => {
                town.to_postgres.iter().for_each(|network| network.is_late_by(Duration::from_millis(200)));
                sleep(for_a_while).await;
                town.to_postgres.iter().for_each(|network| network.is_late_by(Duration::ZERO));
            }
            Self::NetworkCut => {
                town.balancer.cuts_everything();
                // A device notices a moment later.
                sleep(Duration::from_millis(20)).await;
                return recovered(crowd, began).await;
            }
            Self::TabsRefresh => return crowd.refreshes_in_two_tabs(&town.balancer.url(), REFRESHES).await,
            Self::BackupRestored => return restored_from_a_backup(town, crowd).await,
            Self::SqliteKill => {
                town.replicas[0].process().kill()?;
                town.replicas[0].restart().await?;
            }
            Self::SqliteFull => {
                let id = town.replicas[0].process().id().to_string();
                // Nothing can be written any more, in any file, as on a full disk.
                limit_files(&id, "1")?;
                sleep(for_a_while).await;
                limit_files(&id, "unlimited")?;
            }
        }
        recovered(crowd, Instant::now()).await
    }
}

/// How long from then it took until everybody was connected, and heard the others.
async fn recovered(crowd: &Crowd, from: Instant) -> Result<Duration> {
    crowd.delivers().await?;
    crowd.is_back().await?;
    Ok(from.elapsed())
}

async fn killed(number: usize, town: &mut Town, crowd: &Crowd) -> Result<Duration> {
    let killed = Instant::now();
    town.replicas[number].process().kill()?;
    let recovered = recovered(crowd, killed).await?;
    town.replicas[number].restart().await?;
    Ok(recovered)
}

async fn replaced_one_after_the_other(town: &mut Town, crowd: &Crowd) -> Result<Duration> {
    let mut slowest = Duration::ZERO;
    for replica in &mut town.replicas {
        replica.process().signal(Signal::TERM)?;
        let told = Instant::now();
        slowest = slowest.max(recovered(crowd, told).await?);
        replica.process().ends().await?;
        replica.restart().await?;
    }
    Ok(slowest)
}

async fn restored_from_a_backup(town: &mut Town, crowd: &mut Crowd) -> Result<Duration> {
    town.restores_its_backup().await?;
    let restored = Instant::now();
    crowd.signs_in_again(&town.balancer.url()).await?;
    crowd.shows_what_the_server_has().await?;
    let recovered = restored.elapsed();
    // What was said after the backup is gone with the database that it was said to.
    crowd.forgets_what_was_said();
    crowd.delivers().await?;
    Ok(recovered)
}

async fn killed_at_a_commit(
    point: CommitPoint,
    town: &mut Town,
    crowd: &mut Crowd,
    random: &mut Random,
) -> Result<Duration> {
    let number = random.below(town.replicas.len());
    // Nobody else may happen to be on this replica.
    let visitor = crowd.visits(&town.replicas[number].url()).await?;
    let stopped = town.to_postgres[number].stops_at_a_commit(point);
    let written = crowd.visitor_writes(&visitor)?;
    let stopped = timeout(TO_A_COMMIT, stopped).await;
    stopped.with_context(|| format!("a replica does not come to {point:?}"))??;
    let recovered = killed(number, town, crowd).await?;
    crowd.visitor_leaves(visitor, written).await?;
    Ok(recovered)
}

fn limit_files(process: &str, limit: &str) -> Result<()> {
    let done =
        Command::new("prlimit").args(["--pid", process, &format!("--fsize={limit}:unlimited")]).status()?;
    anyhow::ensure!(done.success(), "prlimit failed");
    Ok(())
}
