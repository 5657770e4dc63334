//! What a driver tells the machine.

use crate::{KeptConversation, Millis, Outgoing};
use umbrachat_protocol::{
    Changes, ClientId, ConversationId, ErrorCode, Member, Message, MessagePage, Seq, ServerEvent, Snapshot,
    Timestamp, UserId,
};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// Connect, and stay connected.
    Start,
    /// Disconnect, and stay so. What is known and unsent is kept.
    Stop,
    /// The device has lost its network, or has one (again).
    NetworkChanged {
        online: bool,
    },
    /// A frame of the open socket.
    Event(ServerEvent),
    /// The socket has closed by itself; not told after [`Effect::Disconnect`](crate::Effect::Disconnect).
    SocketClosed {
        code: Option<u16>,
    },
    /// What [`Effect::Connect`](crate::Effect::Connect) asked for did not come about.
    ConnectFailed(ConnectFailure),
    /// The access token that the socket was authenticated with ends then.
    TokenExpires {
        at: Millis,
    },
    /// The wait is over: see [`Core::next_deadline`](crate::Core::next_deadline).
    Tick,

    /// What the driver kept of an earlier visit; it counts only before anything else is known.
    Recall {
        account: Box<Snapshot>,
        conversations: Vec<KeptConversation>,
    },
    /// Unsent messages that the driver kept across a restart, or that another driver of the same person keeps, in any
    /// order. One that is known already is taken as it stands now.
    Restore(Vec<Outgoing>),
    /// The person sends a message.
    Send {
        conversation_id: ConversationId,
        /// A new UUID.
        client_id: ClientId,
        body: String,
        reply_to: Option<Seq>,
        mentions: Vec<UserId>,
        /// By the device's clock; shown until the server's time is known.
        written_at: Timestamp,
    },
    /// Send a failed message again, after what else waits in its conversation.
    Retry(ClientId),
    /// Forget an unsent message.
    Discard(ClientId),
    /// The person has seen everything up to this message.
    MarkRead {
        conversation_id: ConversationId,
        seq: Seq,
    },
    /// The person looks at this conversation now, or at none. Its newest history is loaded where it is not yet.
    Open(Option<ConversationId>),
    /// The person has scrolled to the oldest message that is held.
    LoadOlder(ConversationId),
    /// The person has jumped to somewhere in the history. The driver fetched these messages by itself: all that there are from
    /// the first to the last, oldest first. A run that goes on from an earlier one makes it longer.
    Visited {
        conversation_id: ConversationId,
        run: Vec<Message>,
        /// The server has older ones.
        has_older: bool,
    },
    /// The person types, or stopped: said again every few seconds while it goes on.
    SetTyping {
        conversation_id: ConversationId,
        typing: bool,
    },
    /// The person wants to see the members.
    LoadMembers(ConversationId),

    /// What a REST call of the driver's own answered, as the event that says the same: a conversation that was made,
    /// a message that was deleted, a request that was taken back. It shows at once.
    Answer(ServerEvent),

    /// Answers to [`Effect::FetchSnapshot`](crate::Effect::FetchSnapshot), with its ticket.
    SnapshotLoaded {
        ticket: u32,
        snapshot: Box<Snapshot>,
    },
    SnapshotFailed {
        ticket: u32,
    },
    /// Answers to [`Effect::FetchChanges`](crate::Effect::FetchChanges).
    ChangesLoaded {
        conversation_id: ConversationId,
        since: umbrachat_protocol::Rev,
        changes: Box<Changes>,
    },
    ChangesFailed {
        conversation_id: ConversationId,
        /// None when the server was not reached.
        code: Option<ErrorCode>,
    },
    /// Answers to [`Effect::FetchHistory`](crate::Effect::FetchHistory).
    HistoryLoaded {
        conversation_id: ConversationId,
        before: Option<Seq>,
        page: MessagePage,
    },
    HistoryFailed {
        conversation_id: ConversationId,
        before: Option<Seq>,
        code: Option<ErrorCode>,
    },
    /// Answers to [`Effect::FetchMembers`](crate::Effect::FetchMembers).
    MembersLoaded {
        conversation_id: ConversationId,
        members: Vec<Member>,
    },
    MembersFailed {
        conversation_id: ConversationId,
        code: Option<ErrorCode>,
    },
}

/// Why no connection came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectFailure {
    /// The server was not reached, or did not answer as expected.
    Unreachable,
    /// The access token was refused: it is refreshed before the next try.
    TokenRefused,
    /// The session has ended: refreshing was refused for good.
    SessionEnded,
}
