//! The hot writes, which a lane commits many at a time.

use crate::error::Result;
use umbrachat_protocol::{ConversationId, Message, NewMessage, Seq, UserId};

/// One write that waits for its turn.
#[derive(Clone)]
pub(crate) enum Write {
    Send(SendWrite),
    Mark(MarkWrite),
}

#[derive(Clone)]
pub(crate) struct SendWrite {
    pub(crate) author: UserId,
    pub(crate) conversation: ConversationId,
    pub(crate) message: NewMessage,
}

#[derive(Clone, Copy)]
pub(crate) struct MarkWrite {
    pub(crate) user: UserId,
    pub(crate) conversation: ConversationId,
    pub(crate) delivered: Option<Seq>,
    pub(crate) read: Option<Seq>,
}

/// What became of one write.
pub(crate) enum Outcome {
    Sent(Result<SentMessage>),
    Marked(Result<()>),
}

impl Outcome {
    /// Whether a rule said no.
    pub(crate) fn is_refused(&self) -> bool {
        match self {
            Self::Sent(result) => result.is_err(),
            Self::Marked(result) => result.is_err(),
        }
    }
}

/// A message that is durable.
#[derive(Clone, Debug)]
pub struct SentMessage {
    pub message: Message,
    /// False for a retry: the message is the one that the first attempt left.
    pub first_time: bool,
}

impl Write {
    pub(crate) fn conversation(&self) -> ConversationId {
        match self {
            Self::Send(send) => send.conversation,
            Self::Mark(mark) => mark.conversation,
        }
    }
}
