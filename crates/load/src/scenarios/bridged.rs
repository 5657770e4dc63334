//! Two replicas over one PostgreSQL and one Redis: the author is on one, the friend on the other.

use super::open_loop::Talk;
use super::pairs;
use crate::baselines::redis;
use crate::lab::{Database, Lab};
use crate::people;
use crate::processes::Redis;
use crate::report::{Figure, Report};
use crate::wire::Socket;
use crate::wording::Frames;
use anyhow::Result;
use clap::Args;
use std::time::Duration;

#[derive(Args, Clone)]
pub struct Options {
    /// Seconds of each round
    #[arg(long, default_value_t = 2.0)]
    pub seconds: f64,
}

/// About as long as a sealed message on its way.
const BYTES: usize = 500;

pub async fn run(lab: &mut Lab, options: &Options, report: &mut Report) -> Result<()> {
    if !lab.databases.contains(&Database::Postgres) {
        return Ok(());
    }
    let time = Duration::from_secs_f64(options.seconds);
    let redis = Redis::start().await?;
    let url = lab.database().await?;
    let one = lab.replica(url.clone(), redis.url()).await?;
    let other = lab.replica(url, redis.url()).await?;
    let pair = people::pairs(&one.url(), 1).await?.remove(0);
    for _ in 0..lab.rounds {
        let bare = redis::hops(redis.port(), BYTES, time / 2).await?;
        let [author, friend] = &pair.people;
        let author = Socket::authenticated(one.port(), &author.client.access_token().await?.token).await?;
        let friend = Socket::authenticated(other.port(), &friend.client.access_token().await?.token).await?;
        let frames = Frames::to_server(pair.conversation);
        let talk = Talk { sockets: [author, friend], frames, everything_else: None };
        let full = pairs::drive(vec![talk], time).await?.times;
        for (name, share) in [("bridged.p50", 0.5), ("bridged.p99", 0.99)] {
            let (value, baseline) = (full.milliseconds(share), bare.milliseconds(share));
            let database = Database::Postgres.to_string();
            report.add(Figure { name, database, value, unit: "ms", baseline });
        }
    }
    Ok(())
}
