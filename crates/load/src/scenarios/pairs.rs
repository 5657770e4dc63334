//! Pairs of friends. In each pair one message is under way at a time: it counts when the friend has it and its author
//! knows that it is durable, and then the friend answers. After that, half as many a second come at fixed times.

use super::open_loop::{self, Talk};
use crate::baselines::inserts;
use crate::histogram::Times;
use crate::lab::{Database, Lab, Relay};
use crate::people::{self, Pair};
use crate::report::{Figure, Report};
use crate::wire::Socket;
use crate::wording::{self, BODY, Frames};
use anyhow::{Context, Result};
use clap::Args;
use futures_util::future::try_join_all;
use std::time::Duration;
use tokio::time::{Instant, timeout};

#[derive(Args, Clone)]
pub struct Options {
    /// Pairs that write at the same time
    #[arg(long, default_value_t = 32)]
    pub pairs: usize,
    /// Seconds that count, in each round
    #[arg(long, default_value_t = 3.0)]
    pub seconds: f64,
    /// Messages a second in the open loop [default: half of what the closed one reached]
    #[arg(long)]
    pub rate: Option<f64>,
    /// Leave out the open loop and the bare INSERTs
    #[arg(long)]
    pub closed_only: bool,
}

/// Not counted: connections and caches become warm.
const WARM_UP: Duration = Duration::from_millis(500);
/// Nothing takes longer, unless a message is lost.
const PATIENCE: Duration = Duration::from_secs(30);
/// Rows in a commit of the bare INSERTs: as many as there are messages under way.
const BATCH: usize = 32;

pub async fn run(lab: &mut Lab, options: &Options, report: &mut Report) -> Result<()> {
    let time = Duration::from_secs_f64(options.seconds);
    for database in lab.databases.clone() {
        let server = lab.server(database).await?;
        let pairs = people::pairs(&server.url(), options.pairs).await?;
        for _ in 0..lab.rounds {
            let name = || database.to_string();
            let relay = lab.relay().await?;
            let bare = drive(over_the_relay(&relay, options.pairs).await?, time).await?;
            let full = drive(over_the_server(server.port(), &pairs).await?, time).await?;
            let (value, unit) = (full.per_second, "messages/s");
            report.add(Figure {
                name: "pairs.rate",
                database: name(),
                value,
                unit,
                baseline: bare.per_second,
            });

            if !options.closed_only {
                let baseline = match database {
                    Database::Sqlite => inserts::sqlite(server.folder().path(), BATCH, BODY, time / 2)?,
                    Database::Postgres => {
                        inserts::postgres(&lab.database().await?, BATCH, BODY, time / 2).await?
                    }
                };
                report.add(Figure { name: "pairs.inserts", database: name(), value, unit, baseline });

                let rate = options.rate.unwrap_or(full.per_second / 2.0);
                let bare = open_loop::run(rate, over_the_relay(&relay, options.pairs).await?, time).await?;
                let full = open_loop::run(rate, over_the_server(server.port(), &pairs).await?, time).await?;
                report.add(latency("pairs.half.p99", 0.99, database, &full, &bare));
            }

            let bare = drive(over_the_relay(&relay, 1).await?, time).await?;
            let full = drive(over_the_server(server.port(), &pairs[..1]).await?, time).await?;
            report.add(latency("pair.p50", 0.5, database, &full.times, &bare.times));
            report.add(latency("pair.p99", 0.99, database, &full.times, &bare.times));
        }
    }
    Ok(())
}

fn latency(name: &'static str, share: f64, database: Database, full: &Times, bare: &Times) -> Figure {
    let (value, baseline) = (full.milliseconds(share), bare.milliseconds(share));
    Figure { name, database: database.to_string(), value, unit: "ms", baseline }
}

/// Both sockets of each pair, on the server.
pub async fn over_the_server(port: u16, pairs: &[Pair]) -> Result<Vec<Talk>> {
    try_join_all(pairs.iter().map(async |pair| {
        let [one, other] = &pair.people;
        let one = Socket::authenticated(port, &one.client.access_token().await?.token).await?;
        let other = Socket::authenticated(port, &other.client.access_token().await?.token).await?;
        let frames = Frames::to_server(pair.conversation);
        Ok(Talk { sockets: [one, other], frames, everything_else: None })
    }))
    .await
}

/// Both sockets of as many pairs, on the bare relay.
pub async fn over_the_relay(relay: &Relay, pairs: usize) -> Result<Vec<Talk>> {
    let port = relay.port();
    let mut talks = Vec::with_capacity(pairs);
    for pair in 0..pairs {
        let path = format!("/relay/{pair}");
        let sockets = [Socket::open(port, &path, None).await?, Socket::open(port, &path, None).await?];
        talks.push(Talk { sockets, frames: Frames::to_relay(), everything_else: None });
    }
    Ok(talks)
}

/// What came of driving pairs for a while.
pub struct Driven {
    pub times: Times,
    pub per_second: f64,
}

/// A closed loop: in each pair the next message follows the one before.
pub async fn drive(pairs: Vec<Talk>, time: Duration) -> Result<Driven> {
    let start = Instant::now() + WARM_UP;
    let end = start + time;
    let driven: Vec<_> = pairs.into_iter().map(|talk| tokio::spawn(take_turns(talk, start, end))).collect();
    let mut times = Times::default();
    for pair in driven {
        let driven = timeout(time + WARM_UP + PATIENCE, pair).await.context("a message never arrived")?;
        times.add(&driven??);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of messages is far below 2^52")]
    let per_second = times.count() as f64 / time.as_secs_f64();
    Ok(Driven { times, per_second })
}

async fn take_turns(talk: Talk, start: Instant, end: Instant) -> Result<Times> {
    let mut times = Times::default();
    let Talk { sockets: [mut author, mut friend], frames, .. } = talk;
    for number in 0.. {
        let client_id = wording::client_id(frames.run, number);
        let text = frames.message(&client_id);
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        author.send(&text).await?;
        while !wording::is_message(friend.next().await?, &client_id) {}
        if frames.is_acknowledged {
            while !wording::is_sent(author.next().await?, &client_id) {}
        }
        let arrived = Instant::now();
        if sent >= start && arrived < end {
            times.record(arrived - sent);
        }
        std::mem::swap(&mut author, &mut friend);
    }
    Ok(times)
}
