//! A day's shape: most write to one friend, some to a group; whoever hears something says that they have read it; people
//! type, look back, and come and go with another device. All of it at fixed times.

use crate::histogram::Times;
use crate::lab::{Lab, Relay};
use crate::pace::Pace;
use crate::people::{self, Pair};
use crate::report::{Figure, Report};
use crate::wire::{Http, Socket};
use crate::wording::{self, Frames};
use anyhow::{Context, Result};
use clap::Args;
use futures_util::future::try_join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use umbrachat_client::protocol::{ConversationId, History, NewGroup, paths};

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

/// Of so many things that a person does, one is this.
const TYPES_EVERY: u64 = 3;
const LOOKS_BACK_EVERY: u64 = 10;
const COMES_WITH_ANOTHER_DEVICE_EVERY: u64 = 40;
/// One pair in so many talks in a group that all of their friends hear.
const GROUPS_AMONG: usize = 8;

const WARM_UP: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(30);

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
            let bare = over_the_relay(&lab.relay().await?, options, time).await?;
            let full = over_the_server(server.port(), &pairs, &places, options.rate, time).await?;
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

async fn over_the_relay(relay: &Relay, options: &Options, time: Duration) -> Result<Times> {
    let pace = Pace::new(Instant::now() + WARM_UP, options.rate, time);
    let mut people = Vec::new();
    for (number, due) in pace.keep(options.pairs).into_iter().enumerate() {
        let path = format!("/relay/{number}");
        let sockets =
            [Socket::open(relay.port(), &path, None).await?, Socket::open(relay.port(), &path, None).await?];
        people.push(tokio::spawn(
            Day { sockets, frames: Frames::to_relay(), pace, everything_else: None }.pass(due),
        ));
    }
    together(people).await
}

async fn over_the_server(
    port: u16,
    pairs: &[Pair],
    places: &[ConversationId],
    rate: f64,
    time: Duration,
) -> Result<Times> {
    let mut days = Vec::new();
    for (pair, place) in pairs.iter().zip(places) {
        let token: Arc<str> = pair.people[0].client.access_token().await?.token.into();
        let friend = pair.people[1].client.access_token().await?.token;
        let sockets =
            [Socket::authenticated(port, &token).await?, Socket::authenticated(port, &friend).await?];
        let http = Http::connect(port).await?;
        days.push((sockets, *place, EverythingElse { port, conversation: *place, token, http }));
    }
    let pace = Pace::new(Instant::now() + WARM_UP, rate, time);
    let due = pace.keep(pairs.len());
    let people = days.into_iter().zip(due).map(|((sockets, place, else_), due)| {
        let day = Day { sockets, frames: Frames::to_server(place), pace, everything_else: Some(else_) };
        tokio::spawn(day.pass(due))
    });
    together(people.collect()).await
}

async fn together(people: Vec<tokio::task::JoinHandle<Result<Times>>>) -> Result<Times> {
    let mut times = Times::default();
    for person in people {
        times.add(&person.await??);
    }
    Ok(times)
}

/// One pair's day.
struct Day {
    sockets: [Socket; 2],
    frames: Frames,
    pace: Pace,
    /// What the bare relay does not know.
    everything_else: Option<EverythingElse>,
}

struct EverythingElse {
    port: u16,
    conversation: ConversationId,
    token: Arc<str>,
    http: Http,
}

impl Day {
    async fn pass(self, mut due: mpsc::UnboundedReceiver<u64>) -> Result<Times> {
        let Self { sockets: [mut author, mut friend], frames, pace, mut everything_else } = self;
        let mut times = Times::default();
        let (mut sent, mut all_sent) = (0_u64, false);
        while !all_sent || times.count() < sent {
            let step = async {
                tokio::select! {
                    number = due.recv(), if !all_sent => match number {
                        Some(number) => {
                            author.send(&frames.message(&wording::client_id(frames.run, number))).await?;
                            sent += 1;
                            if let Some(others) = &mut everything_else {
                                others.happen(sent, &mut author).await?;
                            }
                        }
                        None => all_sent = true,
                    },
                    frame = friend.next() => {
                        let frame = frame?;
                        if wording::is_any_message(frame) {
                            let number = wording::number(frame).context("a message has the number that it was given")?;
                            times.record(Instant::now() - pace.due(number));
                            let seq = wording::seq(frame).context("a message has a number in its conversation")?;
                            if let Some(others) = &everything_else {
                                let conversation = others.conversation;
                                friend.send(&format!(r#"{{"type":"mark_read","conversation_id":"{conversation}","seq":{seq}}}"#)).await?;
                            }
                        }
                    }
                }
                Ok::<_, anyhow::Error>(())
            };
            timeout(PATIENCE, step).await.context("a message never arrived")??;
            author.skip_what_is_there()?;
        }
        Ok(times)
    }
}

impl EverythingElse {
    async fn happen(&mut self, number: u64, author: &mut Socket) -> Result<()> {
        let Self { port, conversation, token, http } = self;
        if number.is_multiple_of(TYPES_EVERY) {
            let typing =
                format!(r#"{{"type":"set_typing","conversation_id":"{conversation}","typing":true}}"#);
            author.send(&typing).await?;
        }
        if number.is_multiple_of(LOOKS_BACK_EVERY) {
            http.get(&paths::messages(*conversation), token).await?;
        }
        if number.is_multiple_of(COMES_WITH_ANOTHER_DEVICE_EVERY) {
            drop(Socket::authenticated(*port, token).await?);
        }
        Ok(())
    }
}
