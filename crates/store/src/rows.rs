//! Rows as the tables hold them, and how they become what goes over the wire.

use crate::error::{Result, StoreError};
use crate::schema::{consents, conversations, members, messages, security_events, sessions, users};
use crate::types::{Id, Time};
use diesel::prelude::*;
use umbrachat_protocol::{
    Consent, ConversationKind, ErasedMessages, History, Me, Member, Message, MessageKind, Notice,
    NoticeAction, Preferences, Reaction, Rev, Role, SecurityEvent, SecurityEventKind, Seq, Settings, Theme,
    User, UserId,
};

/// An enumeration that a column keeps as a word.
pub(crate) trait Word: Sized + Copy + 'static {
    const WORDS: &'static [(Self, &'static str)];

    fn word(self) -> &'static str
    where
        Self: PartialEq,
    {
        Self::WORDS
            .iter()
            .find(|(value, _)| *value == self)
            .map(|(_, word)| *word)
            .expect("every value has a word")
    }

    fn from_word(text: &str) -> Result<Self> {
        Self::WORDS
            .iter()
            .find(|(_, word)| *word == text)
            .map(|(value, _)| *value)
            .ok_or_else(|| StoreError::Internal(format!("a column holds the unknown word {text:?}")))
    }
}

impl Word for Theme {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Night, "night"), (Self::Dawn, "dawn"), (Self::System, "system")];
}

impl Word for Role {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Member, "member"), (Self::Admin, "admin"), (Self::Owner, "owner")];
}

impl Word for History {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::FromJoin, "from_join"), (Self::Full, "full")];
}

impl Word for ConversationKind {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Direct, "direct"), (Self::Group, "group")];
}

impl Word for MessageKind {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Text, "text"), (Self::Notice, "notice")];
}

impl Word for NoticeAction {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Created, "created"),
        (Self::Renamed, "renamed"),
        (Self::Added, "added"),
        (Self::Removed, "removed"),
        (Self::Left, "left"),
        (Self::Promoted, "promoted"),
        (Self::Demoted, "demoted"),
        (Self::HandedOver, "handed_over"),
        (Self::HistoryFull, "history_full"),
        (Self::HistoryFromJoin, "history_from_join"),
    ];
}

impl Word for ErasedMessages {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Erase, "erase"), (Self::Anonymise, "anonymise")];
}

impl Word for SecurityEventKind {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::SignedUp, "signed_up"),
        (Self::SignedIn, "signed_in"),
        (Self::SignInFailed, "sign_in_failed"),
        (Self::SignedOut, "signed_out"),
        (Self::SessionEnded, "session_ended"),
        (Self::OtherSessionsEnded, "other_sessions_ended"),
        (Self::RefreshReused, "refresh_reused"),
        (Self::PasswordChanged, "password_changed"),
        (Self::PasswordRefused, "password_refused"),
        (Self::Recovered, "recovered"),
        (Self::RecoveryFailed, "recovery_failed"),
        (Self::RecoveryCodesRenewed, "recovery_codes_renewed"),
        (Self::SecondFactorOn, "second_factor_on"),
        (Self::SecondFactorOff, "second_factor_off"),
        (Self::SecondFactorRefused, "second_factor_refused"),
        (Self::ConsentGiven, "consent_given"),
        (Self::ConsentWithdrawn, "consent_withdrawn"),
        (Self::DataExported, "data_exported"),
        (Self::PasswordResetByOperator, "password_reset_by_operator"),
        (Self::SessionsEndedByOperator, "sessions_ended_by_operator"),
    ];
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    pub(crate) id: Id,
    pub(crate) username: String,
    pub(crate) display_name: String,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self { id: row.id.into(), username: row.username, display_name: row.display_name }
    }
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(crate) struct AccountRow {
    pub(crate) id: Id,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) password_hash: String,
    pub(crate) theme: String,
    pub(crate) receipts: bool,
    pub(crate) presence: bool,
    pub(crate) typing: bool,
    pub(crate) created_at: Time,
}

impl TryFrom<AccountRow> for Me {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self> {
        Ok(Self {
            settings: Settings {
                theme: Theme::from_word(&row.theme)?,
                receipts: row.receipts,
                presence: row.presence,
                typing: row.typing,
            },
            user: User { id: row.id.into(), username: row.username, display_name: row.display_name },
        })
    }
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub(crate) struct SessionRow {
    pub(crate) id: Id,
    pub(crate) user_id: Id,
    pub(crate) device_name: String,
    pub(crate) created_at: Time,
    pub(crate) last_used_at: Time,
    pub(crate) idle_until: Time,
    pub(crate) expires_at: Time,
    pub(crate) refresh_hash: Vec<u8>,
    pub(crate) predecessor_hash: Option<Vec<u8>>,
    pub(crate) rotated_at: Option<Time>,
    pub(crate) successor_sealed: Option<Vec<u8>>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = consents)]
pub(crate) struct ConsentRow {
    pub(crate) id: Id,
    purpose: String,
    policy_version: String,
    policy_sha256: String,
    granted_at: Time,
    withdrawn_at: Option<Time>,
}

impl From<ConsentRow> for Consent {
    fn from(row: ConsentRow) -> Self {
        Self {
            purpose: row.purpose,
            policy_version: row.policy_version,
            policy_sha256: row.policy_sha256,
            granted_at: row.granted_at.into(),
            withdrawn_at: row.withdrawn_at.map(Into::into),
        }
    }
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = security_events)]
pub(crate) struct SecurityEventRow {
    pub(crate) id: Id,
    happened_at: Time,
    kind: String,
    device_name: Option<String>,
    session_id: Option<Id>,
}

impl TryFrom<SecurityEventRow> for SecurityEvent {
    type Error = StoreError;

    fn try_from(row: SecurityEventRow) -> Result<Self> {
        Ok(Self {
            at: row.happened_at.into(),
            kind: SecurityEventKind::from_word(&row.kind)?,
            device_name: row.device_name,
            session_id: row.session_id.map(Into::into),
        })
    }
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = conversations, treat_none_as_default_value = false)]
pub(crate) struct ConversationRow {
    pub(crate) id: Id,
    pub(crate) kind: String,
    pub(crate) title: Option<String>,
    pub(crate) history: String,
    pub(crate) created_at: Time,
    pub(crate) active_at: Time,
    pub(crate) last_seq: i64,
    pub(crate) rev: i64,
    pub(crate) own_rev: i64,
    pub(crate) direct_low_id: Option<Id>,
    pub(crate) direct_high_id: Option<Id>,
}

impl ConversationRow {
    /// The other person of a direct conversation, while both accounts exist.
    pub(crate) fn peer_of(&self, user: Id) -> Option<Id> {
        let (low, high) = (self.direct_low_id?, self.direct_high_id?);
        Some(if low == user { high } else { low })
    }

    pub(crate) fn is_direct(&self) -> bool {
        self.kind == ConversationKind::Direct.word()
    }
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = members, treat_none_as_default_value = false)]
pub(crate) struct MemberRow {
    pub(crate) conversation_id: Id,
    pub(crate) user_id: Id,
    pub(crate) role: String,
    pub(crate) rev: i64,
    pub(crate) joined_at: Time,
    pub(crate) left_at: Option<Time>,
    pub(crate) first_seq: i64,
    pub(crate) delivered_seq: i64,
    pub(crate) read_seq: i64,
    pub(crate) preferences_rev: i64,
    pub(crate) pinned_at: Option<Time>,
    pub(crate) archived_seq: Option<i64>,
    pub(crate) muted_until: Option<Time>,
}

impl MemberRow {
    pub(crate) fn preferences(&self) -> Preferences {
        Preferences {
            rev: Rev(self.preferences_rev),
            pinned_at: self.pinned_at.map(Into::into),
            archived_seq: self.archived_seq.map(Seq),
            muted_until: self.muted_until.map(Into::into),
        }
    }

    /// `shown`: whether the reader may see this member's marks.
    pub(crate) fn into_wire(self, user: User, shown: bool) -> Result<Member> {
        let mark = |seq: i64| if shown { Seq(seq) } else { Seq::ZERO };
        Ok(Member {
            conversation_id: self.conversation_id.into(),
            user,
            role: Role::from_word(&self.role)?,
            rev: Rev(self.rev),
            joined_at: self.joined_at.into(),
            left_at: self.left_at.map(Into::into),
            delivered_seq: mark(self.delivered_seq),
            read_seq: mark(self.read_seq),
        })
    }
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = messages, treat_none_as_default_value = false)]
pub(crate) struct MessageRow {
    pub(crate) conversation_id: Id,
    pub(crate) seq: i64,
    pub(crate) rev: i64,
    pub(crate) kind: String,
    pub(crate) author_id: Option<Id>,
    pub(crate) client_id: Id,
    pub(crate) body: String,
    pub(crate) reply_to: Option<i64>,
    pub(crate) mentions: String,
    pub(crate) created_at: Time,
    pub(crate) edited_at: Option<Time>,
    pub(crate) deleted_at: Option<Time>,
    pub(crate) notice: Option<String>,
    pub(crate) subject_id: Option<Id>,
    pub(crate) has_reactions: bool,
}

impl MessageRow {
    pub(crate) fn into_wire(self, reactions: Vec<Reaction>) -> Result<Message> {
        let notice = match self.notice {
            Some(word) => Some(Notice {
                action: NoticeAction::from_word(&word)?,
                user_id: self.subject_id.map(Into::into),
            }),
            None => None,
        };
        Ok(Message {
            conversation_id: self.conversation_id.into(),
            seq: Seq(self.seq),
            rev: Rev(self.rev),
            kind: MessageKind::from_word(&self.kind)?,
            author_id: self.author_id.map(Into::into),
            client_id: self.client_id.into(),
            body: self.body,
            reply_to: self.reply_to.map(Seq),
            mentions: mentions_from_column(&self.mentions)?,
            created_at: self.created_at.into(),
            edited_at: self.edited_at.map(Into::into),
            deleted_at: self.deleted_at.map(Into::into),
            reactions,
            notice,
        })
    }
}

pub(crate) fn mentions_to_column(mentions: &[UserId]) -> String {
    if mentions.is_empty() {
        return String::new();
    }
    serde_json::to_string(mentions).expect("ids are always JSON")
}

pub(crate) fn mentions_from_column(text: &str) -> Result<Vec<UserId>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).map_err(|error| StoreError::Internal(format!("mentions: {error}")))
}
