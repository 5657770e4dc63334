//! What a committed transaction changed, and whom it concerns.

use umbrachat_protocol::{Conversation, ConversationId, Rev, ServerEvent, SessionId, UserId};

#[derive(Clone, Debug)]
pub enum Change {
    /// One numbered change of a conversation, for everybody who follows it.
    Conversation { id: ConversationId, rev: Rev, event: ServerEvent },
    /// For these people, on all their devices.
    People { users: Vec<UserId>, event: ServerEvent },
    /// This person has become a member; the conversation is as they see it.
    Joined { user: UserId, conversation: Box<Conversation> },
    /// The session's sockets must close.
    SessionEnded { user: UserId, session: SessionId },
    /// The person's sockets must close until they agree again.
    ConsentWithdrawn { user: UserId },
}

impl Change {
    pub(crate) fn person(user: UserId, event: ServerEvent) -> Self {
        Self::People { users: vec![user], event }
    }
}
