//! What the server knows about the caller, and how it forgets them. The copy to take away is in [`crate::export`].

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// `GET /me/data`: every kind of data that the server holds about the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MyData {
    pub kinds: Vec<DataKind>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DataKind {
    /// For programs. More kinds may come.
    #[cfg_attr(feature = "openapi", schema(example = "sessions"))]
    pub kind: String,
    /// For people, in English.
    #[cfg_attr(feature = "openapi", schema(example = "Sessions"))]
    pub title: String,
    /// How many there are at this moment.
    #[cfg_attr(feature = "openapi", schema(example = 2))]
    pub count: i64,
    /// What it is held for.
    pub why: String,
    /// For how long.
    pub kept: String,
}

/// `DELETE /me`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EraseMe {
    /// The current one.
    #[cfg_attr(feature = "openapi", schema(example = "the-lamp-hums-at-3"))]
    pub password: String,
    pub messages: ErasedMessages,
}

/// What becomes of what an erased person has written. Nobody is named as its author in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErasedMessages {
    /// The texts go; their places stay, empty.
    Erase,
    /// The texts stay where they were said.
    Anonymise,
}

/// The answer to `DELETE /me`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Erased {
    pub receipt: ErasureReceipt,
}

/// What was erased. The server keeps no copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErasureReceipt {
    /// From when on the account was gone: its name free, its sessions ended.
    pub erased_at: Timestamp,
    /// When the last trace was. Null where very many messages are still being worked through: that goes on by itself,
    /// also after a restart, and cannot be stopped.
    pub completed_at: Option<Timestamp>,
    pub messages: ErasedMessages,
    /// What is gone at the time of this receipt.
    pub counts: ErasureCounts,
    /// Messages that still have to be worked through; 0 once completed.
    pub remaining_messages: i64,
    /// SHA-256, in hex, over this receipt without this field, as JSON with sorted keys and without white space (RFC 8785).
    pub digest: String,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErasureCounts {
    pub sessions: i64,
    pub recovery_codes: i64,
    pub second_factors: i64,
    pub consents: i64,
    pub security_events: i64,
    pub friends: i64,
    pub friend_requests: i64,
    /// Of others, and by others.
    pub blocks: i64,
    /// Groups that were left, handed over where this person owned them.
    pub groups_left: i64,
    /// Groups in which nobody else was.
    pub groups_ended: i64,
    /// Direct conversations, which stay readable for the other person.
    pub direct_conversations: i64,
    /// Messages that have no text, or no author, any more.
    pub messages: i64,
    /// Notices of groups that told what this person did, or what was done to them.
    pub notices: i64,
    pub reactions: i64,
    /// Messages of others that mentioned this person.
    pub mentions: i64,
}

/// Without the password.
impl std::fmt::Debug for EraseMe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EraseMe").field("messages", &self.messages).finish_non_exhaustive()
    }
}
