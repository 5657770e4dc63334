//! What a committed transaction changed, and whom it concerns. Replicas tell it each other, too.

use serde::{Deserialize, Serialize};
use umbrachat_protocol::{Conversation, ConversationId, Rev, Seq, ServerEvent, SessionId, UserId};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Change {
    /// One numbered change of a conversation, for those who follow it.
    Numbered { id: ConversationId, rev: Rev, what: Numbered },
    /// For these people, on all their devices.
    People { users: Vec<UserId>, event: ServerEvent },
    /// This person has become a member; the conversation is as they see it.
    Joined {
        user: UserId,
        conversation: Box<Conversation>,
        /// The oldest message that they may read.
        first_seq: Seq,
    },
    /// The conversation is gone for everybody.
    Deleted { id: ConversationId, users: Vec<UserId> },
    /// A member's marks moved: for their own devices and, where they show it, for those in the conversation who do too.
    Receipt { user: UserId, id: ConversationId, shown: bool, event: ServerEvent },
    /// The session's sockets must close.
    SessionEnded { user: UserId, session: SessionId },
    /// So many transactions have had something to tell this person outside of their conversations, this one included.
    Told { user: UserId, version: i64 },
    /// The answer to a transaction was lost: whatever it was about may have changed without anybody being told.
    Unknown,
    /// The person has erased their account: their sockets must close, and nothing of them may be kept.
    Erased { user: UserId },
    /// The person's sockets must close until they agree again.
    ConsentWithdrawn { user: UserId },
}

/// What a numbered change is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Numbered {
    /// A message is new or changed: for those who may read it.
    Message { seq: Seq, event: ServerEvent },
    /// A member joined or changed: for everybody.
    Member { event: ServerEvent },
    /// A member left or was removed: for everybody else. To them nothing goes from here on.
    Left { user: UserId, event: ServerEvent },
    /// The conversation itself changed, which each member sees in their own way.
    Conversation { views: Vec<(UserId, Conversation)> },
}

impl Change {
    pub(crate) fn person(user: UserId, event: ServerEvent) -> Self {
        Self::People { users: vec![user], event }
    }

    pub(crate) fn message(message: umbrachat_protocol::Message) -> Self {
        Self::Numbered {
            id: message.conversation_id,
            rev: message.rev,
            what: Numbered::Message { seq: message.seq, event: ServerEvent::Message { message } },
        }
    }

    pub(crate) fn member(member: umbrachat_protocol::Member) -> Self {
        let (id, rev, user, left) =
            (member.conversation_id, member.rev, member.user.id, member.left_at.is_some());
        let event = ServerEvent::Member { member };
        let what = if left { Numbered::Left { user, event } } else { Numbered::Member { event } };
        Self::Numbered { id, rev, what }
    }
}
