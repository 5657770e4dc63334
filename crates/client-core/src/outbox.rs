//! Unsent messages: in order within each conversation, each under one `client_id`, kept until acknowledged.

use crate::Millis;
use serde::{Deserialize, Serialize};
use umbrachat_protocol::{ClientId, ConversationId, ErrorCode, Seq, Timestamp, UserId};

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
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Vec<Queued>,
    next_position: i64,
}

#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) outgoing: Outgoing,
    /// Transmitted on this connection, as this `ref`, and not answered yet.
    pub(crate) in_flight: Option<InFlight>,
    /// How often it has been transmitted on any connection.
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
        let queued = self.queue.iter().filter(move |queued| queued.outgoing.conversation_id == conversation);
        queued.map(|queued| &queued.outgoing)
    }
}
