//! What replicas tell each other, and on which channel.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use umbrachat_protocol::{ConversationId, Presence, UserId};
use umbrachat_store::Change;
use uuid::Uuid;

use crate::realtime::{Answer, Interest};

/// Where something is told: to those who follow a conversation, to those to whom a person is connected, or to all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Channel {
    Of(Interest),
    Everybody,
}

pub(super) struct Posted {
    pub(super) channel: Channel,
    pub(super) message: Message,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Message {
    Changes(Vec<Change>),
    /// To a person: whether a friend of theirs is on the replica that says so.
    Presence {
        to: UserId,
        presence: Presence,
        answer: Answer,
    },
    /// Somebody who shows it types.
    Typing {
        conversation: ConversationId,
        user: UserId,
        typing: bool,
    },
    /// Says that this replica is there, and how many messages of its own it could not send so far.
    Heartbeat {
        lost: u64,
    },
    /// Asks every replica to say when it has heard everything up to here,
    Question {
        number: u64,
    },
    /// and says so to the one that asked: what it had to answer has been told before.
    Heard {
        by: Uuid,
        number: u64,
    },
    /// This replica ends; its people come back on others.
    Goodbye,
}

/// A message as it is sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Envelope {
    pub(super) from: Uuid,
    pub(super) message: Message,
}

/// Sorts changes by the channel that each belongs on; on each they keep their order.
pub(super) fn by_channel(changes: &[Change]) -> BTreeMap<Channel, Vec<Change>> {
    let mut sorted: BTreeMap<Channel, Vec<Change>> = BTreeMap::new();
    let mut add = |channel, change| sorted.entry(channel).or_default().push(change);
    for change in changes {
        match change {
            Change::Numbered { id, .. } | Change::Deleted { id, .. } | Change::Receipt { id, .. } => {
                add(Channel::Of(Interest::Conversation(*id)), change.clone());
            }
            Change::People { users, event } => {
                for user in users {
                    let change = Change::People { users: vec![*user], event: event.clone() };
                    add(Channel::Of(Interest::Person(*user)), change);
                }
            }
            Change::Joined { user, .. }
            | Change::SessionEnded { user, .. }
            | Change::ConsentWithdrawn { user }
            | Change::Told { user, .. } => {
                add(Channel::Of(Interest::Person(*user)), change.clone());
            }
            Change::Erased { .. } | Change::Unknown => add(Channel::Everybody, change.clone()),
        }
    }
    sorted
}
