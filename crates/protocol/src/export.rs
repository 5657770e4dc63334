//! The copy of everything that the server holds about a person: `GET /me/export`.
//!
//! Of others it names only those without whom one's own data would make no sense: friends, the other side of a request, a
//! block or a conversation, and fellow members. What others wrote is theirs and not in it.

use crate::{
    ClientId, Consent, ConversationId, ConversationKind, FriendRequest, History, MessageKind, Notice,
    NoticeAction, Preferences, Role, SecurityEvent, Seq, SessionId, Settings, Timestamp, User, UserId,
};
use serde::{Deserialize, Serialize};

/// What `format` says.
pub const FORMAT: &str = "umbrachat-export";
/// Raised when something that stands here changes its name or meaning; fields may be added without.
pub const VERSION: u32 = 1;

/// The whole document. The server writes it piece by piece; a program that reads a large one should do so too.
///
/// Each field begins a line of its own, and so does each item of a list. The last line is `"sha256":"…"}`: the SHA-256, in
/// hex, of all bytes before that line, as `sed '$d' FILE | sha256sum` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Export {
    /// `umbrachat-export`
    #[cfg_attr(feature = "openapi", schema(example = "umbrachat-export"))]
    pub format: String,
    #[cfg_attr(feature = "openapi", schema(example = 1))]
    pub version: u32,
    pub exported_at: Timestamp,
    pub user: ExportedUser,
    pub settings: Settings,
    pub consents: Vec<Consent>,
    pub sessions: Vec<ExportedSession>,
    pub friends: Vec<ExportedFriend>,
    pub friend_requests: ExportedRequests,
    /// Whom the person has blocked.
    pub blocks: Vec<ExportedBlock>,
    pub conversations: Vec<ExportedConversation>,
    pub security_log: Vec<SecurityEvent>,
    pub counts: ExportCounts,
    /// Over all lines before this one, in hex.
    pub sha256: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedUser {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub created_at: Timestamp,
    /// How many recovery codes can still be used. The codes themselves are known to the person alone.
    pub recovery_codes_left: i64,
    /// Since when a code is asked for at sign-in; null where none is. Its secret is known to the person's app.
    pub second_factor_since: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedSession {
    pub id: SessionId,
    pub device_name: String,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    /// When its refresh token was last replaced.
    pub rotated_at: Option<Timestamp>,
    /// When it ends unless it is used before.
    pub idle_until: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedFriend {
    pub user: User,
    pub since: Timestamp,
    /// Which of the two asked,
    pub requested_by: UserId,
    /// and when.
    pub requested_at: Timestamp,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedRequests {
    pub incoming: Vec<FriendRequest>,
    pub outgoing: Vec<FriendRequest>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedBlock {
    pub user: User,
    pub since: Timestamp,
}

/// A conversation that the person is in, or has been in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedConversation {
    pub conversation: ConversationFacts,
    /// Everybody who is in it, and the person; of a conversation that the person has left, the person alone.
    pub members: Vec<ExportedMember>,
    /// What the person wrote, tombstones included, and the notices of what they did.
    pub messages: Vec<ExportedMessage>,
    /// What the person put on messages, their own and others'.
    pub reactions: Vec<ExportedReaction>,
    /// Where others mentioned the person.
    pub mentions: Vec<ExportedMention>,
    /// What others did to the person.
    pub notices: Vec<ExportedNotice>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConversationFacts {
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// Groups only; null once the person has left: it may be another by now.
    pub title: Option<String>,
    /// Null once the person has left.
    pub history: Option<History>,
    pub created_at: Timestamp,
    /// Of the newest message; null once the person has left.
    pub active_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedMember {
    pub user: User,
    pub role: Role,
    pub joined_at: Timestamp,
    pub left_at: Option<Timestamp>,
    /// How far the person has received and read. Others' marks are theirs and not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<ExportedMarks>,
    /// How the person has arranged the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferences: Option<Preferences>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedMarks {
    /// The oldest message that the person may read.
    pub first_seq: Seq,
    pub delivered_seq: Seq,
    pub read_seq: Seq,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedMessage {
    pub seq: Seq,
    pub kind: MessageKind,
    pub client_id: ClientId,
    /// As it was sent, or as it was edited; empty once deleted.
    pub body: String,
    pub reply_to: Option<Seq>,
    pub mentions: Vec<UserId>,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedReaction {
    /// Of the message that it is on.
    pub seq: Seq,
    pub emoji: String,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedMention {
    pub seq: Seq,
    pub author_id: Option<UserId>,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedNotice {
    pub seq: Seq,
    pub author_id: Option<UserId>,
    pub action: NoticeAction,
    pub created_at: Timestamp,
}

/// How many items each list of the document has, over all conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportCounts {
    pub consents: u64,
    pub sessions: u64,
    pub friends: u64,
    pub friend_requests: u64,
    pub blocks: u64,
    pub conversations: u64,
    pub members: u64,
    pub messages: u64,
    pub reactions: u64,
    pub mentions: u64,
    pub notices: u64,
    pub security_log: u64,
}
