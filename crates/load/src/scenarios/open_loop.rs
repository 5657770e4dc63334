//! An open loop of pairs: so many messages a second from all of them together, each timed from when it was due.

use crate::histogram::Times;
use crate::pace::Pace;
use crate::wire::{Http, Socket};
use crate::wording::{self, Frames};
use anyhow::{Context, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use umbrachat_client::protocol::{ConversationId, paths};

/// Of so many things that a person does, one is this.
const TYPES_EVERY: u64 = 3;
const LOOKS_BACK_EVERY: u64 = 10;
const COMES_WITH_ANOTHER_DEVICE_EVERY: u64 = 40;

/// Nothing is due before: connections and caches become warm.
const WARM_UP: Duration = Duration::from_millis(500);
/// Nothing takes longer, unless a message is lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// Two who talk: the first writes, the second hears it.
pub struct Talk {
    pub sockets: [Socket; 2],
    pub frames: Frames,
    /// What they do besides; the bare relay knows nothing of it.
    pub everything_else: Option<EverythingElse>,
}

/// They type, look back, come and go with another device, and say what they have read.
pub struct EverythingElse {
    pub port: u16,
    pub conversation: ConversationId,
    pub token: Arc<str>,
    pub http: Http,
}

/// Sends at this `rate` for so long, and waits for all of it to arrive.
pub async fn run(rate: f64, talks: Vec<Talk>, time: Duration) -> Result<Times> {
    let pace = Pace::new(Instant::now() + WARM_UP, rate, time);
    let due = pace.keep(talks.len());
    let talking: Vec<_> =
        talks.into_iter().zip(due).map(|(talk, due)| tokio::spawn(talk.go_on(due, pace))).collect();
    let mut times = Times::default();
    for talk in talking {
        times.add(&talk.await??);
    }
    Ok(times)
}

impl Talk {
    async fn go_on(self, mut due: mpsc::UnboundedReceiver<u64>, pace: Pace) -> Result<Times> {
        let Self { sockets: [mut author, mut friend], frames, mut everything_else } = self;
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
                            if let Some(others) = &everything_else {
                                let seq = wording::seq(frame).context("a message has a number in its conversation")?;
                                let conversation = others.conversation;
                                friend.send(&format!(r#"{{"type":"mark_read","conversation_id":"{conversation}","seq":{seq}}}"#)).await?;
                            }
                        }
                    }
                }
                Ok::<_, anyhow::Error>(())
            };
            timeout(PATIENCE, step).await.context("a message never arrived")??;
            // What its author hears is read too, or the server would take it for slow.
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
