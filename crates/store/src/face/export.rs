//! Everything that is held about a person, page by page, for them to take away.
//!
//! No transaction spans the pages: it would hold a connection, and with it PostgreSQL's vacuum or SQLite's log, for as
//! long as the slowest download takes.

use super::Store;
use crate::backend::read;
use crate::error::Result;
use crate::types::Id;
use umbrachat_protocol::export::{
    ConversationFacts, ExportedBlock, ExportedFriend, ExportedMember, ExportedMention, ExportedMessage,
    ExportedNotice, ExportedReaction, ExportedSession, ExportedUser,
};
use umbrachat_protocol::{Consent, FriendRequest, SecurityEvent, Seq, Settings, Timestamp, UserId};
use uuid::Uuid;

/// Rows of one page: a shorter one is the last.
pub const EXPORT_PAGE: i64 = 500;

/// Rows, each with the key that the next page goes on after.
pub type Page<K, T> = Vec<(K, T)>;

/// What another person is to the one whose data it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Friend,
    AskedMe,
    AskedByMe,
}

/// A conversation, and how far it goes: what is said after the export has come to it is not part of it.
#[derive(Clone, Debug)]
pub struct ConversationPart {
    pub facts: ConversationFacts,
    pub last_seq: Seq,
    pub has_left: bool,
}

/// Reads one person's data. Each method gives the page after a key, the first one without.
pub struct Exporter {
    store: Store,
    me: Id,
    started: Timestamp,
}

impl Store {
    pub fn exporter(&self, me: UserId) -> Exporter {
        Exporter { store: self.clone(), me: me.into(), started: self.clock.now() }
    }
}

impl Exporter {
    pub fn started(&self) -> Timestamp {
        self.started
    }

    pub async fn account(&self) -> Result<(ExportedUser, Settings)> {
        let me = self.me;
        read!(&self.store.backend, |ops, conn| ops::export::account(conn, me).await)
    }

    pub async fn consents(&self, after: Option<Uuid>) -> Result<Page<Uuid, Consent>> {
        let me = self.me;
        read!(&self.store.backend, |ops, conn| ops::export::consents(conn, me, key(after)).await)
    }

    pub async fn sessions(&self, after: Option<Uuid>) -> Result<Page<Uuid, ExportedSession>> {
        let me = self.me;
        read!(&self.store.backend, |ops, conn| ops::export::sessions(conn, me, key(after)).await)
    }

    pub async fn friends(&self, after: Option<Uuid>) -> Result<Page<Uuid, ExportedFriend>> {
        let (me, started) = (self.me, self.started);
        read!(&self.store.backend, |ops, conn| ops::export::friends(conn, me, started, key(after)).await)
    }

    pub async fn requests(
        &self,
        relation: Relation,
        after: Option<Uuid>,
    ) -> Result<Page<Uuid, FriendRequest>> {
        let (me, started) = (self.me, self.started);
        read!(&self.store.backend, |ops, conn| {
            ops::export::requests(conn, me, relation, started, key(after)).await
        })
    }

    pub async fn blocks(&self, after: Option<Uuid>) -> Result<Page<Uuid, ExportedBlock>> {
        let me = self.me;
        read!(&self.store.backend, |ops, conn| ops::export::blocks(conn, me, key(after)).await)
    }

    pub async fn security_log(&self, after: Option<Uuid>) -> Result<Page<Uuid, SecurityEvent>> {
        let me = self.me;
        read!(&self.store.backend, |ops, conn| ops::export::security_log(conn, me, key(after)).await)
    }

    pub async fn conversations(&self, after: Option<Uuid>) -> Result<Page<Uuid, ConversationPart>> {
        let me = self.me;
        read!(&self.store.backend, |ops, conn| ops::export::conversations(conn, me, key(after)).await)
    }

    pub async fn members(
        &self,
        part: &ConversationPart,
        after: Option<Uuid>,
    ) -> Result<Page<Uuid, ExportedMember>> {
        let (me, part) = (self.me, part.clone());
        read!(&self.store.backend, |ops, conn| ops::export::members(conn, me, &part, key(after)).await)
    }

    pub async fn messages(
        &self,
        part: &ConversationPart,
        after: Option<i64>,
    ) -> Result<Page<i64, ExportedMessage>> {
        let after = after.unwrap_or(0);
        let (me, part) = (self.me, part.clone());
        read!(&self.store.backend, |ops, conn| ops::export::messages(conn, me, &part, after).await)
    }

    pub async fn reactions(
        &self,
        part: &ConversationPart,
        after: Option<(i64, String)>,
    ) -> Result<Page<(i64, String), ExportedReaction>> {
        let after = after.unwrap_or_default();
        let (me, id) = (self.me, part.facts.id);
        read!(&self.store.backend, |ops, conn| ops::export::reactions(conn, me, id, after).await)
    }

    pub async fn mentions(
        &self,
        part: &ConversationPart,
        after: Option<i64>,
    ) -> Result<Page<i64, ExportedMention>> {
        let after = after.unwrap_or(0);
        let (me, part) = (self.me, part.clone());
        read!(&self.store.backend, |ops, conn| ops::export::mentions(conn, me, &part, after).await)
    }

    pub async fn notices(
        &self,
        part: &ConversationPart,
        after: Option<i64>,
    ) -> Result<Page<i64, ExportedNotice>> {
        let after = after.unwrap_or(0);
        let (me, part) = (self.me, part.clone());
        read!(&self.store.backend, |ops, conn| ops::export::notices(conn, me, &part, after).await)
    }
}

/// No row has the nil UUID, which is the lowest.
fn key(after: Option<Uuid>) -> Id {
    Id(after.unwrap_or_default())
}
