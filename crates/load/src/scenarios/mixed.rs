//! A day's shape: most write to one friend, some to a group; whoever hears something says that they have read it; people
//! type, look back, and come and go with another device. All of it at fixed times.

use super::open_loop::{self, EverythingElse, Talk};
use super::pairs;
use crate::lab::Lab;
use crate::people::{self, Pair};
use crate::report::{Figure, Report};
use crate::wire::{Http, Socket};
use crate::wording::Frames;
use anyhow::Result;
use clap::Args;
use futures_util::future::try_join_all;
use std::sync::Arc;
use std::time::Duration;
use umbrachat_client::protocol::{ConversationId, History, NewGroup};

#[derive(Args, Clone)]
pub struct Options {
    /// Pairs of friends
    #[arg(long, default_value_t = 32)]
    pub pairs: usize,
    /// Messages a second, of all together
    #[arg(long, default_value_t = 400.0)]
    pub rate: f64,
    /// Seconds of each round
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
}

/// One pair in so many talks in a group that all of their friends hear.
const GROUPS_AMONG: usize = 8;

pub async fn run(lab: &mut Lab, options: &Options, report: &mut Report) -> Result<()> {
    let time = Duration::from_secs_f64(options.seconds);
    for database in lab.databases.clone() {
        let server = lab.server(database).await?;
        let pairs = people::pairs(&server.url(), options.pairs).await?;
        let places = try_join_all(pairs.iter().enumerate().map(async |(number, pair)| {
            Ok::<_, anyhow::Error>(if number % GROUPS_AMONG == 0 {
                group(pair).await?
            } else {
                pair.conversation
            })
        }))
        .await?;
        for _ in 0..lab.rounds {
            let relay = lab.relay().await?;
            let bare = pairs::over_the_relay(&relay, options.pairs).await?;
            let bare = open_loop::run(options.rate, bare, time).await?;
            let full = over_the_server(server.port(), &pairs, &places).await?;
            let full = open_loop::run(options.rate, full, time).await?;
            for (name, share) in [("mixed.p50", 0.5), ("mixed.p99", 0.99)] {
                let (value, baseline) = (full.milliseconds(share), bare.milliseconds(share));
                report.add(Figure { name, database: database.to_string(), value, unit: "ms", baseline });
            }
        }
    }
    Ok(())
}

async fn group(pair: &Pair) -> Result<ConversationId> {
    let [owner, friend] = &pair.people;
    let group =
        NewGroup { title: "stargazers".to_owned(), member_ids: vec![friend.id], history: History::Full };
    Ok(owner.client.create_group(&group).await?.id)
}

async fn over_the_server(port: u16, pairs: &[Pair], places: &[ConversationId]) -> Result<Vec<Talk>> {
    let mut talks = Vec::new();
    for (pair, &conversation) in pairs.iter().zip(places) {
        let token: Arc<str> = pair.people[0].client.access_token().await?.token.into();
        let friend = pair.people[1].client.access_token().await?.token;
        let sockets =
            [Socket::authenticated(port, &token).await?, Socket::authenticated(port, &friend).await?];
        let http = Http::connect(port).await?;
        let everything_else = Some(EverythingElse { port, conversation, token, http });
        talks.push(Talk { sockets, frames: Frames::to_server(conversation), everything_else });
    }
    Ok(talks)
}
