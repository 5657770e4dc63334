//! Hears what the other replicas tell, on the channels of whatever somebody here follows.

use super::Shared;
use super::message::{Channel, Envelope, Message, Posted};
use crate::realtime::{Hub, Interest};
use deadpool_redis::redis::aio::PubSubSink;
use deadpool_redis::redis::{Client, Msg, RedisError};
use futures_util::StreamExt;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, interval_at, sleep, timeout};

const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// How long to wait before trying again: this, and then twice as long each time,
const FIRST_RETRY: Duration = Duration::from_millis(50);
/// but no longer than this.
const LAST_RETRY: Duration = Duration::from_secs(1);
/// Channels that are asked for together.
const BATCH: usize = 500;
/// How long a channel that nobody needs any more is still listened to: people come back.
const PAUSE: Duration = Duration::from_secs(15);

pub(super) async fn run(bus: Arc<Shared>, client: Client, hub: Hub) {
    let mut retry = FIRST_RETRY;
    loop {
        let start = Instant::now();
        let outcome = listen(&bus, &client, &hub).await;
        bus.listening.send_replace(None);
        bus.health.is_cut_off();
        bus.health
            .complain(&outcome.err().map_or_else(|| "the connection ended".to_owned(), |e| e.to_string()));
        retry = if start.elapsed() > LAST_RETRY { FIRST_RETRY } else { (retry * 2).min(LAST_RETRY) };
        sleep(retry).await;
    }
}

/// Goes on for as long as the connection does.
async fn listen(bus: &Arc<Shared>, client: &Client, hub: &Hub) -> Result<(), RedisError> {
    let connecting = timeout(CONNECT_WITHIN, client.get_async_pubsub());
    let (mut sink, mut stream) =
        connecting.await.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??.split();
    let mut ear = Ear { bus: bus.clone(), hub: hub.clone(), heard: BTreeSet::new() };
    sink.subscribe(&[bus.seal.name(Channel::Everybody)]).await?;
    let (all, wanted) = hub.all_interests();
    ear.listen_to(&mut sink, all.into_iter().collect(), wanted).await?;
    bus.health.is_back();
    // What was told before is in the database alone.
    hub.has_missed_something();
    bus.begin_to_tell_who_is_here(hub.everybody_here());
    let mut sweep = interval_at(Instant::now() + PAUSE, PAUSE);
    loop {
        tokio::select! {
            message = stream.next() => match message {
                Some(message) => ear.hear(&message),
                None => return Ok(()),
            },
            (fresh, wanted) = ear.hub.fresh_interests() => ear.listen_to(&mut sink, fresh, wanted).await?,
            _ = sweep.tick() => ear.give_up(&mut sink).await?,
        }
    }
}

struct Ear {
    bus: Arc<Shared>,
    hub: Hub,
    heard: BTreeSet<Interest>,
}

impl Ear {
    async fn listen_to(
        &mut self,
        sink: &mut PubSubSink,
        interests: Vec<Interest>,
        wanted: u64,
    ) -> Result<(), RedisError> {
        let fresh: Vec<Interest> = interests.iter().copied().filter(|one| self.heard.insert(*one)).collect();
        for some in fresh.chunks(BATCH) {
            sink.subscribe(&self.names(some)).await?;
        }
        // Who did not want to wait for this has asked for friends whose answers were not heard.
        self.bus.begin_to_tell_who_is_here(self.hub.who_has_arrived(&fresh));
        // What was told before the channel was open is in the database alone.
        self.hub.fill(interests.into_iter().filter_map(|interest| match interest {
            Interest::Conversation(id) => Some(id),
            Interest::Person(_) => None,
        }));
        self.bus.listening.send_replace(Some(wanted));
        Ok(())
    }

    async fn give_up(&mut self, sink: &mut PubSubSink) -> Result<(), RedisError> {
        let (needed, wanted) = self.hub.all_interests();
        let fresh: Vec<Interest> = needed.difference(&self.heard).copied().collect();
        let over: Vec<Interest> = self.heard.difference(&needed).copied().collect();
        self.heard.retain(|interest| needed.contains(interest));
        for some in over.chunks(BATCH) {
            sink.unsubscribe(&self.names(some)).await?;
        }
        self.listen_to(sink, fresh, wanted).await
    }

    fn names(&self, interests: &[Interest]) -> Vec<String> {
        interests.iter().map(|interest| self.bus.seal.name(Channel::Of(*interest))).collect()
    }

    fn hear(&self, message: &Msg) {
        let channel = message.get_channel_name();
        let Some(Envelope { from, message }) = self.bus.seal.open(channel, message.get_payload_bytes())
        else {
            self.bus.health.is_forged();
            return;
        };
        let is_own = from == self.bus.replica;
        match message {
            Message::Heartbeat { lost } => {
                if self.bus.health.beats(from, is_own, lost) {
                    self.hub.has_missed_something();
                }
            }
            Message::Goodbye if !is_own => {
                self.bus.health.leaves(from);
                self.bus.forgets_answers_of(from);
                self.hub.replica_leaves(from);
            }
            Message::Question { number } if !is_own => {
                let message = Message::Heard { by: from, number };
                self.bus.post(Posted { channel: Channel::Everybody, message });
            }
            Message::Heard { by, number } if by == self.bus.replica => {
                self.bus.answered.send_modify(|answered| {
                    let last = answered.entry(from).or_default();
                    *last = number.max(*last);
                });
            }
            // One's own have reached whom they concern here before they were told to others.
            _ if is_own => {}
            Message::Presence { to, presence, answer } => {
                self.hub.hear_presence(to, from, &presence, answer);
            }
            Message::Typing { conversation, user, typing } => {
                self.hub.hear_typing(conversation, user, typing);
            }
            Message::Changes(changes) => self.hub.publish(changes),
            Message::Goodbye | Message::Question { .. } | Message::Heard { .. } => {}
        }
    }
}
