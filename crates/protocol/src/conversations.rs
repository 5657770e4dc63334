//! Conversations, their members, messages and changes.

use crate::{ClientId, ConversationId, Epoch, Preferences, Rev, Seq, Timestamp, User, UserId};
use serde::{Deserialize, Serialize};

/// A conversation as one member sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// Groups only.
    pub title: Option<String>,
    /// The other person of a direct conversation; null once they have erased their account.
    pub peer: Option<User>,
    /// The newest change.
    pub rev: Rev,
    /// The newest message, 0 before the first.
    pub last_seq: Seq,
    /// How far the caller has read.
    pub read_seq: Seq,
    /// Messages after `read_seq`.
    pub unread: i64,
    pub my_role: Role,
    pub history: History,
    pub created_at: Timestamp,
    #[serde(default)]
    pub last_message: Option<Message>,
    /// How far the other person of a direct conversation has received and read, where they show it.
    #[serde(default)]
    pub peer_receipt: Option<PeerReceipt>,
    #[serde(default)]
    pub preferences: Preferences,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    Direct,
    Group,
}

/// What members who join later may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// Messages sent after they joined.
    #[default]
    FromJoin,
    /// All of it.
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Member,
    Admin,
    Owner,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeerReceipt {
    pub delivered_seq: Seq,
    pub read_seq: Seq,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    pub conversation_id: ConversationId,
    pub seq: Seq,
    /// Of the newest change to this message.
    pub rev: Rev,
    pub kind: MessageKind,
    /// Null once the author has erased their account.
    pub author_id: Option<UserId>,
    pub client_id: ClientId,
    /// As it was sent; empty once deleted.
    #[cfg_attr(feature = "openapi", schema(example = "Are you still up?"))]
    pub body: String,
    #[serde(default)]
    pub reply_to: Option<Seq>,
    #[serde(default)]
    pub mentions: Vec<UserId>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub edited_at: Option<Timestamp>,
    #[serde(default)]
    pub deleted_at: Option<Timestamp>,
    #[serde(default)]
    pub reactions: Vec<Reaction>,
    /// Of a notice: what happened. Its author did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// What a notice tells. A new title is the notice's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    pub action: NoticeAction,
    /// To whom; null where it was to nobody, and once they have erased their account.
    #[serde(default)]
    pub user_id: Option<UserId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeAction {
    /// Made the group.
    Created,
    /// Gave the group the title in the body.
    Renamed,
    /// Added somebody.
    Added,
    /// Removed somebody.
    Removed,
    /// Left.
    Left,
    /// Made somebody an admin.
    Promoted,
    /// Made an admin a member again.
    Demoted,
    /// Handed the group over to somebody.
    HandedOver,
    /// Let members who join later read everything.
    HistoryFull,
    /// Let members who join later read from then on.
    HistoryFromJoin,
    /// Something that this version does not know.
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Written by a person.
    Text,
    /// Written by the server: who did what.
    Notice,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reaction {
    #[cfg_attr(feature = "openapi", schema(example = "🌙"))]
    pub emoji: String,
    pub user_ids: Vec<UserId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    pub conversation_id: ConversationId,
    pub user: User,
    pub role: Role,
    pub rev: Rev,
    pub joined_at: Timestamp,
    pub left_at: Option<Timestamp>,
    pub delivered_seq: Seq,
    pub read_seq: Seq,
}

/// `POST /conversations`: a group. Its maker is its owner; the members must be their friends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    #[cfg_attr(feature = "openapi", schema(example = "Stargazers", min_length = 1, max_length = 100))]
    pub title: String,
    #[cfg_attr(feature = "openapi", schema(max_items = 499))]
    pub member_ids: Vec<UserId>,
    #[serde(default)]
    pub history: History,
}

/// `PATCH /conversations/{id}`: what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateGroup {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
}

/// `PUT /conversations/{id}/members/{user_id}`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutMember {
    /// `member` or `admin`; as it is, or `member` for somebody new, where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// `POST /conversations/{id}/owner`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    pub user_id: UserId,
}

/// `POST /conversations/{id}/messages`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// Any UUID, chosen once for this message: sending it again returns the first.
    pub client_id: ClientId,
    #[cfg_attr(
        feature = "openapi",
        schema(example = "Are you still up?", min_length = 1, max_length = 8000)
    )]
    pub body: String,
    #[serde(default)]
    pub reply_to: Option<Seq>,
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub mentions: Vec<UserId>,
}

/// `PATCH /conversations/{id}/messages/{seq}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EditMessage {
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 8000))]
    pub body: String,
}

/// One page of history, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessagePage {
    pub messages: Vec<Message>,
    /// More lie in the direction that was asked for.
    pub has_more: bool,
}

/// `PUT /conversations/{id}/receipts`: marks only move forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateReceipts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_seq: Option<Seq>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_seq: Option<Seq>,
}

/// How far one member has received and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    pub user_id: UserId,
    pub delivered_seq: Seq,
    pub read_seq: Seq,
}

/// Everything in a conversation that is newer than a rev, oldest rev first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changes {
    /// Everything up to this rev is in this answer or came before it: go on from here.
    pub rev: Rev,
    pub has_more: bool,
    /// The conversation, where it changed.
    #[serde(default)]
    pub conversation: Option<Conversation>,
    pub members: Vec<Member>,
    pub messages: Vec<Message>,
    /// All members' marks, as they stand.
    #[serde(default)]
    pub receipts: Vec<Receipt>,
    /// Where it is another one than the snapshot's, ask for the snapshot again.
    #[serde(default)]
    pub epoch: Option<Epoch>,
}
