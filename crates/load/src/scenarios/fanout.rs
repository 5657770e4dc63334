//! One speaks, many hear it: a full group, with one or several devices each.

use crate::crowd;
use crate::lab::{Database, Lab, Relay};
use crate::people;
use crate::report::{Figure, Report};
use crate::wire::Socket;
use crate::wording::{self, Frames};
use anyhow::{Context, Result, bail};
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;
use umbrachat_client::protocol::{ConversationId, History, NewGroup};

#[derive(Args, Clone)]
pub struct Options {
    /// Members who hear it; a group holds 500 people with its author
    #[arg(long, default_value_t = 499)]
    pub members: usize,
    /// Connections of each member, for each run
    #[arg(long, value_delimiter = ',', default_values_t = [1, 10])]
    pub devices: Vec<usize>,
    /// Messages of each run
    #[arg(long, default_value_t = 100)]
    pub messages: usize,
}

/// Messages that may be under way: enough that nobody waits for the author.
const WINDOW: usize = 16;
/// Nothing takes longer, unless a message is lost.
const PATIENCE: Duration = Duration::from_mins(1);

pub async fn run(lab: &mut Lab, options: &Options, report: &mut Report) -> Result<()> {
    for database in lab.databases.clone() {
        let server = lab.server(database).await?;
        let group = Group::gather(&server.url(), options.members).await?;
        for &devices in &options.devices {
            for _ in 0..lab.rounds {
                let listeners = options.members * devices;
                let bare = over_the_relay(&lab.relay().await?, listeners, options.messages).await?;
                let full = group.spread(server.port(), devices, options.messages).await?;
                report.add(figure(database, devices, full, bare));
            }
        }
    }
    Ok(())
}

fn figure(database: Database, devices: usize, value: f64, baseline: f64) -> Figure {
    let name = match devices {
        1 => "fanout500.rate",
        10 => "fanout5000.rate",
        _ => "fanout.rate",
    };
    Figure { name, database: database.to_string(), value, unit: "deliveries/s", baseline }
}

/// A group, and everybody's token.
struct Group {
    id: ConversationId,
    author: String,
    members: Vec<Arc<str>>,
}

impl Group {
    async fn gather(server: &str, members: usize) -> Result<Self> {
        const AT_ONCE: usize = 8;
        let mut members = people::sign_up(server, members + 1).await?;
        let author = members.pop().context("there is an author")?;
        let befriended = members.iter().map(async |member| {
            author.client.ask_friend(&member.username).await?;
            member.client.accept_friend(author.id).await
        });
        stream::iter(befriended).buffer_unordered(AT_ONCE).try_for_each(async |_| Ok(())).await?;
        let group = NewGroup {
            title: "stargazers".to_owned(),
            member_ids: members.iter().map(|member| member.id).collect(),
            history: History::Full,
        };
        let id = author.client.create_group(&group).await?.id;
        let mut tokens = Vec::with_capacity(members.len());
        for member in members {
            tokens.push(member.client.access_token().await?.token.into());
        }
        Ok(Self { id, author: author.client.access_token().await?.token, members: tokens })
    }

    /// Deliveries a second.
    async fn spread(&self, port: u16, devices: usize, messages: usize) -> Result<f64> {
        let tokens: Vec<Arc<str>> =
            self.members.iter().flat_map(|token| std::iter::repeat_n(token.clone(), devices)).collect();
        let listeners = crowd::connect(port, &tokens).await?;
        let author = Socket::authenticated(port, &self.author).await?;
        spread(author, listeners, Frames::to_server(self.id), messages).await
    }
}

async fn over_the_relay(relay: &Relay, listeners: usize, messages: usize) -> Result<f64> {
    let listeners = crowd::connect_to_one_room(relay.port(), listeners).await?;
    let author = Socket::open(relay.port(), crowd::CROWDED_ROOM, None).await?;
    spread(author, listeners, Frames::to_relay(), messages).await
}

/// What the listeners have heard so far, all together.
#[derive(Default)]
struct Heard {
    count: AtomicUsize,
    /// At which count the author is to be woken.
    awaited: AtomicUsize,
    reached: Notify,
}

async fn spread(mut author: Socket, listeners: Vec<Socket>, frames: Frames, messages: usize) -> Result<f64> {
    let (heard, count) = (Arc::new(Heard::default()), listeners.len());
    let mut listening = JoinSet::new();
    for socket in listeners {
        listening.spawn(listen(socket, heard.clone(), messages));
    }
    let speaking = async {
        let start = Instant::now();
        for number in 0..messages {
            if number >= WINDOW {
                heard.reach((number - WINDOW) * count).await?;
            }
            author.send(&frames.message(&wording::client_id(frames.run, number as u64))).await?;
        }
        heard.reach(messages * count).await?;
        Ok(start.elapsed())
    };
    let all_listen = async {
        while let Some(listener) = listening.join_next().await {
            listener??;
        }
        Ok::<_, anyhow::Error>(())
    };
    // Together, so that what goes wrong with a listener is told at once and not as a message that never arrived.
    let (time, ()) = tokio::try_join!(speaking, all_listen)?;
    #[expect(clippy::cast_precision_loss, reason = "a count of deliveries is far below 2^52")]
    Ok((messages * count) as f64 / time.as_secs_f64())
}

/// One listener: every message once, in order.
async fn listen(mut socket: Socket, heard: Arc<Heard>, messages: usize) -> Result<()> {
    let mut next = 0;
    while next < messages {
        let frame = socket.next().await?;
        if !wording::is_any_message(frame) {
            continue;
        }
        let number = wording::number(frame).context("a message has the number that it was given")?;
        if number != next as u64 {
            bail!("message {number} arrived where {next} was due");
        }
        next += 1;
        heard.one_more();
    }
    Ok(())
}

impl Heard {
    fn one_more(&self) {
        if self.count.fetch_add(1, Ordering::AcqRel) + 1 == self.awaited.load(Ordering::Acquire) {
            self.reached.notify_one();
        }
    }

    async fn reach(&self, count: usize) -> Result<()> {
        self.awaited.store(count, Ordering::Release);
        while self.count.load(Ordering::Acquire) < count {
            if timeout(PATIENCE, self.reached.notified()).await.is_err() {
                bail!("{} of {count} deliveries never arrived", count - self.count.load(Ordering::Acquire));
            }
        }
        Ok(())
    }
}
