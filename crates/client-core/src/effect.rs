//! What the machine asks its driver to do.

use crate::{Failure, Outgoing};
use umbrachat_protocol::{ClientCommand, ClientId, ConversationId, Message, Rev, Seq};

/// Something to do, in the order given.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Open a socket and authenticate it. Ends in events, in `SocketClosed`, or in `ConnectFailed`.
    Connect { refresh_token_first: bool },
    /// Close the socket, or give up opening it, and pass on nothing more of it.
    Disconnect,
    /// Refresh the access token, send `authenticate` with it, and tell when it ends (`TokenExpires`).
    RenewToken,
    /// Send this over the socket.
    Transmit(ClientCommand),
    /// `GET /conversations/{id}/changes`; answer with `ChangesLoaded` or `ChangesFailed`.
    FetchChanges { conversation_id: ConversationId, since: Rev },
    /// `GET /conversations/{id}/messages`; answer with `HistoryLoaded` or `HistoryFailed`.
    FetchHistory { conversation_id: ConversationId, before: Option<Seq>, limit: i64 },
    /// `GET /conversations/{id}/members`; answer with `MembersLoaded` or `MembersFailed`.
    FetchMembers { conversation_id: ConversationId },
    /// `GET /snapshot`; answer with `SnapshotLoaded` or `SnapshotFailed` and the same ticket.
    FetchSnapshot { ticket: u32 },
    /// Keep this unsent message across restarts, in place of an earlier one with the same `client_id`.
    SaveOutgoing(Outgoing),
    /// It was sent, or discarded: keep it no longer.
    ForgetOutgoing(ClientId),
    /// The session has ended; the person has to sign in again.
    SignedOut,
    /// This part of the state is different now.
    Changed(Change),
}

/// Which part of the state is different, so that only that is drawn again.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Connection,
    Me,
    Friends,
    FriendRequests,
    Blocks,
    Presence,
    /// Who types in this conversation.
    Typing(ConversationId),
    /// A conversation came or went, or their order is another.
    Conversations,
    /// Something about the conversation itself: title, last message, unread, members, receipts.
    Conversation(ConversationId),
    /// Pages of history came, are under way, or failed.
    History(ConversationId),
    /// One message came or changed, live or while catching up.
    Message {
        message: Box<Message>,
        /// It was written after this client first saw the conversation, and is seen for the first time.
        is_new: bool,
    },
    /// A message in the outbox has moved on.
    Outgoing {
        conversation_id: ConversationId,
        client_id: ClientId,
        progress: Progress,
    },
}

/// What has become of an outgoing message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It waits for its turn or for its acknowledgement.
    Sending,
    /// It is durable, under this number.
    Sent(Seq),
    /// It was refused; it stays until it is retried or discarded.
    Failed(Failure),
    /// It was discarded, or its conversation is gone.
    Discarded,
}

/// Gathers effects; a change that is already among them is not told twice.
#[derive(Debug, Default)]
pub(crate) struct Effects(Vec<Effect>);

impl Effects {
    pub(crate) fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }

    pub(crate) fn changed(&mut self, change: Change) {
        let repeatable = matches!(change, Change::Message { .. } | Change::Outgoing { .. });
        let effect = Effect::Changed(change);
        if repeatable || !self.0.contains(&effect) {
            self.0.push(effect);
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Effect> {
        self.0
    }
}
