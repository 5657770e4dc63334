//! Pairs of friends. In each pair one message is under way at a time: it counts when the friend has it and its author
//! knows that it is durable, and then the friend answers.

use crate::histogram::Times;
use crate::lab::{Database, Lab, Relay};
use crate::people::{self, Pair};
use crate::report::{Figure, Report};
use crate::wire::Socket;
use anyhow::Result;
use clap::Args;
use futures_util::future::try_join_all;
use std::time::Duration;
use tokio::time::Instant;
use umbrachat_client::protocol::ConversationId;
use uuid::Uuid;

#[derive(Args, Clone)]
pub struct Options {
    /// Pairs that write at the same time
    #[arg(long, default_value_t = 32)]
    pub pairs: usize,
    /// Seconds that count, in each round
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
}

/// Not counted: connections and caches become warm.
const WARM_UP: Duration = Duration::from_millis(500);

pub const BODY: &str =
    "a hundred bytes of starlight, give or take a few, as a message between friends tends to be this long";

pub async fn run(lab: &mut Lab, options: &Options, report: &mut Report) -> Result<()> {
    let time = Duration::from_secs_f64(options.seconds);
    for database in lab.databases.clone() {
        let server = lab.server(database).await?;
        let pairs = people::pairs(&server.url(), options.pairs).await?;
        for _ in 0..lab.rounds {
            let bare = many_over_the_relay(options.pairs, time).await?;
            let full = many(server.port(), &pairs, time).await?;
            report.add(rate(database, &full, &bare));
            let bare = many_over_the_relay(1, time).await?;
            let full = many(server.port(), &pairs[..1], time).await?;
            report.add(latency("pair.p50", 0.5, database, &full, &bare));
            report.add(latency("pair.p99", 0.99, database, &full, &bare));
        }
    }
    Ok(())
}

/// What came of driving pairs for a while.
pub struct Driven {
    pub times: Times,
    pub per_second: f64,
}

fn rate(database: Database, full: &Driven, bare: &Driven) -> Figure {
    let database = database.to_string();
    Figure {
        name: "pairs.rate",
        database,
        value: full.per_second,
        unit: "messages/s",
        baseline: bare.per_second,
    }
}

fn latency(name: &'static str, share: f64, database: Database, full: &Driven, bare: &Driven) -> Figure {
    let (value, baseline) = (full.times.milliseconds(share), bare.times.milliseconds(share));
    Figure { name, database: database.to_string(), value, unit: "ms", baseline }
}

/// Drives these pairs on the server.
pub async fn many(port: u16, pairs: &[Pair], time: Duration) -> Result<Driven> {
    let sockets = try_join_all(pairs.iter().map(async |pair| {
        let [one, other] = &pair.people;
        let one = Socket::authenticated(port, &one.client.access_token().await?.token).await?;
        let other = Socket::authenticated(port, &other.client.access_token().await?.token).await?;
        Ok::<_, anyhow::Error>(([one, other], Frames::to_server(pair.conversation)))
    }));
    drive(sockets.await?, time).await
}

/// Drives as many pairs on the bare relay.
async fn many_over_the_relay(pairs: usize, time: Duration) -> Result<Driven> {
    let relay = Relay::start().await?;
    let port = relay.port();
    let sockets = try_join_all((0..pairs).map(async |pair| {
        let path = format!("/relay/{pair}");
        let sockets = [Socket::open(port, &path, None).await?, Socket::open(port, &path, None).await?];
        // Whoever says something before the other is in the room is heard by nobody.
        Ok::<_, anyhow::Error>((sockets, Frames::to_relay()))
    }));
    drive(sockets.await?, time).await
}

async fn drive(pairs: Vec<([Socket; 2], Frames)>, time: Duration) -> Result<Driven> {
    let start = Instant::now() + WARM_UP;
    let end = start + time;
    let driven = pairs.into_iter().map(|(sockets, frames)| tokio::spawn(talk(sockets, frames, start, end)));
    let mut times = Times::default();
    for pair in driven.collect::<Vec<_>>() {
        times.add(&pair.await??);
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of messages is far below 2^52")]
    let per_second = times.count() as f64 / time.as_secs_f64();
    Ok(Driven { times, per_second })
}

/// One pair, taking turns.
async fn talk(sockets: [Socket; 2], frames: Frames, start: Instant, end: Instant) -> Result<Times> {
    let mut times = Times::default();
    let [mut author, mut friend] = sockets;
    for number in 0.. {
        let client_id = client_id(frames.run, number);
        let text = frames.message(&client_id);
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        author.send(&text).await?;
        while !is_message(friend.next().await?, &client_id) {}
        if frames.is_acknowledged {
            while !is_sent(author.next().await?, &client_id) {}
        }
        let arrived = Instant::now();
        if sent >= start && arrived < end {
            times.record(arrived - sent);
        }
        std::mem::swap(&mut author, &mut friend);
    }
    Ok(times)
}

/// How a message is written.
struct Frames {
    run: u32,
    before: String,
    after: String,
    is_acknowledged: bool,
}

impl Frames {
    fn to_server(conversation: ConversationId) -> Self {
        let before = format!(r#"{{"type":"send_message","conversation_id":"{conversation}","client_id":""#);
        Self { run: fresh_run(), before, after: format!(r#"","body":"{BODY}"}}"#), is_acknowledged: true }
    }

    /// As many bytes as the server sends out for a message, since the relay changes nothing.
    fn to_relay() -> Self {
        let before = format!(
            r#"{{"type":"message","message":{{"conversation_id":"{0}","seq":1234567,"rev":1234567,"kind":"text","author_id":"{0}","client_id":""#,
            Uuid::nil()
        );
        let after = format!(
            r#"","body":"{BODY}","reply_to":null,"mentions":[],"created_at":"2026-01-01T00:00:00.000000Z","edited_at":null,"deleted_at":null,"reactions":[]}}}}"#
        );
        Self { run: fresh_run(), before, after, is_acknowledged: false }
    }

    fn message(&self, client_id: &str) -> String {
        [&self.before, client_id, &self.after].concat()
    }
}

/// Tells the messages of one run from those of another.
fn fresh_run() -> u32 {
    Uuid::new_v4().as_fields().0
}

/// A UUID of its own for each message.
fn client_id(run: u32, number: u64) -> String {
    format!("{run:08x}-0000-4000-8000-{number:012x}")
}

fn is_message(frame: &[u8], client_id: &str) -> bool {
    frame.starts_with(br#"{"type":"message""#) && memchr::memmem::find(frame, client_id.as_bytes()).is_some()
}

fn is_sent(frame: &[u8], client_id: &str) -> bool {
    frame.starts_with(br#"{"type":"sent""#) && memchr::memmem::find(frame, client_id.as_bytes()).is_some()
}
