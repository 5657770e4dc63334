//! Unsent messages: in order within each conversation, each under one `client_id`, kept until acknowledged.

use crate::{Config, Millis};
use serde::{Deserialize, Serialize};
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::socket::{SendMessage, Sent};
use umbrachat_protocol::{
    ClientId, ConversationId, ErrorCode, Message, MessageKind, Reference, Rev, Seq, Timestamp, UserId,
};

/// A message that the server has not acknowledged. Drivers keep it as it is (it serialises) across restarts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    pub conversation_id: ConversationId,
    pub client_id: ClientId,
    pub body: String,
    #[serde(default)]
    pub reply_to: Option<Seq>,
    #[serde(default)]
    pub mentions: Vec<UserId>,
    /// By the device's clock.
    pub written_at: Timestamp,
    /// Orders the outbox: lower is sent first.
    pub position: i64,
    /// Set once the server has refused it for good: it waits for the person then.
    #[serde(default)]
    pub failure: Option<Failure>,
}

/// Why a message was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub code: ErrorCode,
    /// For people, in English.
    pub detail: String,
}

/// All unsent messages, by position.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Vec<Queued>,
    next_position: i64,
}

impl Default for Outbox {
    fn default() -> Self {
        Self { queue: Vec::new(), next_position: 1 }
    }
}

#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) outgoing: Outgoing,
    /// Transmitted on this connection, as this `ref`, and not answered yet.
    pub(crate) in_flight: Option<InFlight>,
    /// How often it may have been transmitted, on any connection.
    pub(crate) attempts: u32,
    /// Not to be transmitted before.
    pub(crate) not_before: Millis,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct InFlight {
    pub(crate) reference: i64,
    /// Without an answer by then it is sent again.
    pub(crate) until: Millis,
}

impl Outbox {
    pub(crate) fn of(&self, conversation: ConversationId) -> impl Iterator<Item = &Outgoing> {
        self.all().filter(move |outgoing| outgoing.conversation_id == conversation)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Outgoing> {
        self.queue.iter().map(|queued| &queued.outgoing)
    }

    pub(crate) fn knows(&self, client_id: ClientId) -> bool {
        self.find(client_id).is_some()
    }

    /// Puts a message at its position; one that has none yet (0) goes to the end.
    /// `attempts`: how often it may have been transmitted before.
    pub(crate) fn add(&mut self, mut outgoing: Outgoing, attempts: u32) -> &Outgoing {
        if outgoing.position <= 0 {
            outgoing.position = self.next_position;
        }
        self.next_position = self.next_position.max(outgoing.position + 1);
        let mut place = self.queue.partition_point(|queued| queued.outgoing.position <= outgoing.position);
        if planted::has(Bug::OutboxOutOfOrder) {
            place = 0;
        }
        self.queue
            .insert(place, Queued { outgoing, in_flight: None, attempts, not_before: Millis::default() });
        &self.queue[place].outgoing
    }

    /// Takes out a message that is acknowledged or discarded.
    pub(crate) fn remove(&mut self, conversation: ConversationId, client_id: ClientId) -> Option<Queued> {
        let place = self.queue.iter().position(|queued| {
            let outgoing = &queued.outgoing;
            outgoing.conversation_id == conversation && outgoing.client_id == client_id
        })?;
        Some(self.queue.remove(place))
    }

    pub(crate) fn find(&self, client_id: ClientId) -> Option<&Outgoing> {
        self.all().find(|outgoing| outgoing.client_id == client_id)
    }

    pub(crate) fn awaiting(&mut self, reference: i64) -> Option<&mut Queued> {
        let awaits = |queued: &&mut Queued| queued.in_flight.is_some_and(|sent| sent.reference == reference);
        self.queue.iter_mut().find(awaits)
    }

    /// Marks the next messages that may be sent as sent, and returns them. `reference` is counted up for each.
    pub(crate) fn take_due(&mut self, now: Millis, config: &Config, reference: &mut i64) -> Vec<SendMessage> {
        for queued in &mut self.queue {
            if queued.in_flight.is_some_and(|sent| sent.until <= now) {
                // No answer on a living connection: the same `client_id` makes asking again harmless.
                queued.in_flight = None;
            }
        }
        let mut commands = Vec::new();
        loop {
            let before = commands.len();
            for place in self.heads(config.in_flight) {
                let queued = &mut self.queue[place];
                if queued.not_before > now {
                    continue;
                }
                *reference += 1;
                queued.in_flight =
                    Some(InFlight { reference: *reference, until: now.plus(config.answer_timeout) });
                queued.attempts = queued.attempts.saturating_add(1);
                commands.push(queued.outgoing.command(*reference));
            }
            if commands.len() == before {
                return commands;
            }
        }
    }

    pub(crate) fn deadline(&self, in_flight: usize) -> Option<Millis> {
        let answers = self.queue.iter().filter_map(|queued| Some(queued.in_flight?.until));
        let heads = self.heads(in_flight).into_iter().map(|place| self.queue[place].not_before);
        answers.chain(heads).min()
    }

    /// Nothing that was sent on the lost connection will be answered.
    pub(crate) fn disconnected(&mut self) {
        if planted::has(Bug::OutboxLostWithConnection) {
            self.queue.clear();
        }
        for queued in &mut self.queue {
            let was_sent = queued.in_flight.take().is_some();
            queued.not_before = Millis::default();
            if was_sent && planted::has(Bug::ResendUnderNewClientId) {
                let mut id = queued.outgoing.client_id.to_string();
                let last = if id.pop() == Some('0') { '1' } else { '0' };
                id.push(last);
                queued.outgoing.client_id = id.parse().expect("it is still a UUID");
            }
        }
    }

    /// The next message of each conversation that has room for another one in flight. What failed holds nothing up.
    fn heads(&self, in_flight: usize) -> Vec<usize> {
        const HEAD_FOUND: usize = usize::MAX;
        let mut heads = Vec::new();
        let mut counts: Vec<(ConversationId, usize)> = Vec::new();
        for (place, queued) in self.queue.iter().enumerate() {
            if queued.outgoing.failure.is_some() {
                continue;
            }
            let id = queued.outgoing.conversation_id;
            let known = counts.iter().position(|(conversation, _)| *conversation == id);
            let known = known.unwrap_or_else(|| {
                counts.push((id, 0));
                counts.len() - 1
            });
            let count = &mut counts[known].1;
            if *count == HEAD_FOUND {
                continue;
            }
            if queued.in_flight.is_some() {
                *count += 1;
            } else {
                if *count < in_flight.max(1) {
                    heads.push(place);
                }
                *count = HEAD_FOUND;
            }
        }
        heads
    }
}

impl Outgoing {
    fn command(&self, reference: i64) -> SendMessage {
        SendMessage {
            reference: Some(Reference::Number(reference)),
            conversation_id: self.conversation_id,
            client_id: self.client_id,
            body: self.body.clone(),
            reply_to: self.reply_to,
            mentions: self.mentions.clone(),
        }
    }

    /// The message as the server holds it once it is acknowledged so.
    pub(crate) fn confirmed(self, sent: &Sent, rev: Rev, author: UserId) -> Message {
        Message {
            conversation_id: sent.conversation_id,
            seq: sent.seq,
            rev,
            kind: MessageKind::Text,
            author_id: Some(author),
            client_id: self.client_id,
            body: self.body,
            reply_to: self.reply_to,
            mentions: self.mentions,
            created_at: sent.created_at,
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
            notice: None,
        }
    }
}
