//! What a conversation shows: confirmed messages and the outbox as one list, and the ticks.

use crate::conversation::ConversationState;
use crate::{Outgoing, State};
use umbrachat_protocol::{ConversationId, ConversationKind, Message, MessageKind, Seq};

/// One line of a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Entry<'a> {
    Message(&'a Message),
    /// Not acknowledged yet, or failed.
    Outgoing(&'a Outgoing),
}

/// How far a message of one's own has come. Later is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    Failed,
    Sending,
    /// Durable on the server.
    Sent,
    /// On a device of everybody else's.
    Delivered,
    /// Seen by everybody else.
    Read,
}

impl Entry<'_> {
    /// How far it has come; none for others' messages and notices.
    pub fn delivery(&self, state: &State) -> Option<Delivery> {
        match self {
            Self::Message(message) => delivery(state, message),
            Self::Outgoing(outgoing) => Some(outgoing.delivery()),
        }
    }
}

impl Outgoing {
    pub fn delivery(&self) -> Delivery {
        if self.failure.is_some() { Delivery::Failed } else { Delivery::Sending }
    }
}

pub(crate) fn entries(state: &State, id: ConversationId) -> impl Iterator<Item = Entry<'_>> {
    let messages = state.conversations.get(&id).into_iter().flat_map(ConversationState::messages);
    messages.map(Entry::Message).chain(state.outbox.of(id).map(Entry::Outgoing))
}

pub(crate) fn delivery(state: &State, message: &Message) -> Option<Delivery> {
    let me = state.my_id()?;
    if message.kind != MessageKind::Text || message.author_id != Some(me) {
        return None;
    }
    let conversation = state.conversations.get(&message.conversation_id)?;
    let (delivered, read) = others_marks(conversation, state);
    Some(if message.seq <= read {
        Delivery::Read
    } else if message.seq <= delivered {
        Delivery::Delivered
    } else {
        Delivery::Sent
    })
}

/// How far everybody else has received and read; zero where that is not known or not shown.
fn others_marks(conversation: &ConversationState, state: &State) -> (Seq, Seq) {
    if conversation.info().kind == ConversationKind::Direct {
        let receipt = conversation.info().peer_receipt.unwrap_or_default();
        return (receipt.delivered_seq, receipt.read_seq);
    }
    let others = || {
        let members = conversation.members().into_iter().flatten();
        members.filter(|member| Some(member.user.id) != state.my_id())
    };
    let delivered = others().map(|member| member.delivered_seq).min();
    let read = others().map(|member| member.read_seq).min();
    (delivered.unwrap_or_default(), read.unwrap_or_default())
}
