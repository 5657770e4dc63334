//! The frames of the socket at `/api/v1/socket`: text frames, one JSON object each, tagged by `type`.

use crate::{
    Block, ClientId, Conversation, ConversationId, Epoch, ErrorCode, Friend, FriendRequestDirection,
    FriendRequests, Me, Member, Message, Preferences, Presence, Rev, Seq, SessionId, Timestamp, User, UserId,
};
use serde::{Deserialize, Serialize};

/// What a command may carry to recognise its answer: text of up to 64 characters, or an integer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Reference {
    Number(i64),
    Text(String),
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientCommand {
    /// First, within 5 s, unless the handshake had the header; and again before the token expires.
    Authenticate(Authenticate),
    SendMessage(SendMessage),
    MarkDelivered(Mark),
    MarkRead(Mark),
    /// Shown to friends in the conversation for a few seconds: say it again while it goes on.
    SetTyping(SetTyping),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Authenticate {
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    pub access_token: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SendMessage {
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    pub conversation_id: ConversationId,
    /// Any UUID, chosen once for this message: sending it again returns the first.
    pub client_id: ClientId,
    pub body: String,
    #[serde(default)]
    pub reply_to: Option<Seq>,
    #[serde(default)]
    pub mentions: Vec<UserId>,
}

/// Everything up to and including `seq` has been received, or read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Mark {
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    pub conversation_id: ConversationId,
    pub seq: Seq,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetTyping {
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    pub conversation_id: ConversationId,
    pub typing: bool,
}

/// What the server says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerEvent {
    /// Authenticated. Every change after the snapshot follows as an event, with nothing lost in between.
    Ready(Box<Ready>),
    /// A message of one's own is durable from here on.
    Sent(Sent),
    /// A new or changed message.
    Message {
        message: Message,
    },
    /// A conversation that is new for the receiver, or changed.
    Conversation {
        conversation: Box<Conversation>,
    },
    /// The receiver has no part in this conversation any more.
    ConversationRemoved {
        conversation_id: ConversationId,
    },
    /// A member joined, changed, or left (`left_at`).
    Member {
        member: Member,
    },
    Receipt {
        conversation_id: ConversationId,
        user_id: UserId,
        delivered_seq: Seq,
        read_seq: Seq,
    },
    /// How the receiver has arranged a conversation, changed elsewhere.
    Preferences {
        conversation_id: ConversationId,
        preferences: Preferences,
    },
    /// A change that is not for the receiver to see, such as one to a message from before they joined: their rev
    /// moves on without it.
    Skipped {
        conversation_id: ConversationId,
        rev: Rev,
    },
    /// A friend began or stopped typing; forget it after a few seconds.
    Typing {
        conversation_id: ConversationId,
        user_id: UserId,
        typing: bool,
    },
    /// A friend came or went.
    Presence(Presence),
    Friend(Friend),
    FriendRemoved {
        user_id: UserId,
    },
    FriendRequest {
        direction: FriendRequestDirection,
        user: User,
        created_at: Timestamp,
    },
    FriendRequestRemoved {
        user_id: UserId,
    },
    /// The receiver's own profile or settings, changed elsewhere.
    Account {
        user: Me,
    },
    /// Ask for the snapshot again.
    Resync {},
    Heartbeat {},
    /// A command was refused.
    Error {
        #[serde(default, rename = "ref")]
        reference: Option<Reference>,
        code: ErrorCode,
        detail: String,
    },
    /// An event of a newer server that this client does not know: skip it.
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ready {
    pub session_id: SessionId,
    /// Seconds between two heartbeats; two missed: reconnect.
    pub heartbeat_seconds: u32,
    pub snapshot: Snapshot,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sent {
    #[serde(default, rename = "ref")]
    pub reference: Option<Reference>,
    pub client_id: ClientId,
    pub conversation_id: ConversationId,
    pub seq: Seq,
    pub rev: Rev,
    pub created_at: Timestamp,
}

/// Everything that a client needs to begin: `GET /snapshot`, and what `ready` carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Snapshot {
    pub user: Me,
    pub friends: Vec<Friend>,
    pub friend_requests: FriendRequests,
    pub blocks: Vec<Block>,
    /// Newest activity first.
    pub conversations: Vec<Conversation>,
    #[serde(default)]
    pub presence: Vec<Presence>,
    /// Where it is another one than before, forget everything but what is unsent and begin with this snapshot.
    #[serde(default)]
    pub epoch: Option<Epoch>,
}

/// Why the server closed a socket, and so what a client does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseCode {
    /// A binary frame.
    Unsupported = 1003,
    /// A frame that is not UTF-8.
    InvalidText = 1007,
    /// A frame over 64 KiB.
    TooBig = 1009,
    /// The server restarts: reconnect, with jitter.
    Restarting = 1012,
    /// Token missing or expired: refresh it and reconnect.
    Unauthenticated = 4401,
    /// The session has ended: sign in again.
    SessionEnded = 4403,
    /// No authentication in time.
    AuthenticationTimeout = 4408,
    /// Read too slowly: reconnect and resume.
    SlowConsumer = 4413,
    /// Too many: wait, then reconnect.
    TooMany = 4429,
}

impl CloseCode {
    pub const ALL: &[Self] = &[
        Self::Unsupported,
        Self::InvalidText,
        Self::TooBig,
        Self::Restarting,
        Self::Unauthenticated,
        Self::SessionEnded,
        Self::AuthenticationTimeout,
        Self::SlowConsumer,
        Self::TooMany,
    ];

    pub fn code(self) -> u16 {
        self as u16
    }

    /// What a client does about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Unsupported | Self::InvalidText | Self::TooBig => "mend the client",
            Self::Restarting => "reconnect, with jitter",
            Self::Unauthenticated => "refresh the token and reconnect",
            Self::SessionEnded => "sign in again",
            Self::AuthenticationTimeout => "authenticate sooner",
            Self::SlowConsumer => "reconnect and resume",
            Self::TooMany => "wait, then reconnect",
        }
    }

    pub fn reason(self) -> &'static str {
        match self {
            Self::Unsupported => "only text frames are understood",
            Self::InvalidText => "a text frame was not UTF-8",
            Self::TooBig => "a frame was larger than 64 KiB",
            Self::Restarting => "the server restarts",
            Self::Unauthenticated => "access token missing or expired",
            Self::SessionEnded => "the session has ended",
            Self::AuthenticationTimeout => "no authentication in time",
            Self::SlowConsumer => "too slow to read",
            Self::TooMany => "too many",
        }
    }
}
