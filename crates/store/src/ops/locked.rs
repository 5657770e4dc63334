//! A conversation whose lock this transaction holds. Every numbered change goes through one of these, so that no number
//! is given twice and none is left out.

use super::{Conn, accounts, bulk};
use crate::change::Change;
use crate::clock::Clock;
use crate::error::{Result, StoreError};
use crate::rows::{ConversationRow, MemberRow, MessageRow, UserRow, Word};
use crate::schema::{conversations, members, messages, users};
use crate::types::Id;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{ConversationId, MessageKind, NoticeAction, Seq, ServerEvent, Timestamp};

pub(super) struct Locked {
    pub(super) row: ConversationRow,
    pub(super) changes: Vec<Change>,
    pub(super) now: Timestamp,
}

/// What somebody did in a group.
pub(super) struct Deed {
    /// Nobody, where they have erased their account.
    pub(super) author: Option<Id>,
    pub(super) action: NoticeAction,
    pub(super) subject: Option<Id>,
    /// A new title; empty for everything else.
    pub(super) body: String,
}

impl Locked {
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such conversation.
    pub(super) async fn take(conn: &mut Conn, id: ConversationId, now: Timestamp) -> Result<Self> {
        let row = bulk::lock_conversations(conn, &[id.into()]).await?.pop().ok_or(StoreError::NotFound)?;
        Ok(Self { row, changes: Vec::new(), now })
    }

    /// A conversation that this transaction is making.
    pub(super) fn new(row: ConversationRow, now: Timestamp) -> Self {
        Self { row, changes: Vec::new(), now }
    }

    pub(super) fn next_rev(&mut self) -> i64 {
        self.row.rev += 1;
        self.row.rev
    }

    /// Writes what somebody did into the time line. Its author has read it.
    pub(super) async fn notice(&mut self, conn: &mut Conn, clock: &Clock, deed: Deed) -> Result<i64> {
        self.row.last_seq += 1;
        self.row.active_at = self.now.into();
        let row = MessageRow {
            conversation_id: self.row.id,
            seq: self.row.last_seq,
            rev: self.next_rev(),
            kind: MessageKind::Notice.word().to_owned(),
            author_id: deed.author,
            client_id: Id(clock.new_id()),
            body: deed.body,
            reply_to: None,
            mentions: String::new(),
            created_at: self.now.into(),
            edited_at: None,
            deleted_at: None,
            notice: Some(deed.action.word().to_owned()),
            subject_id: deed.subject,
            has_reactions: false,
        };
        diesel::insert_into(messages::table).values(&row).execute(conn).await?;
        self.changes.push(Change::message(row.into_wire(Vec::new())?));
        if let Some(author) = deed.author {
            self.author_has_read(conn, author).await?;
        }
        Ok(self.row.last_seq)
    }

    /// The notice itself tells everybody who sees the author's marks; of the first one they have to be told.
    async fn author_has_read(&mut self, conn: &mut Conn, author: Id) -> Result<()> {
        let seq = self.row.last_seq;
        let member = members::table.find((self.row.id, author));
        let had_none = member.filter(members::delivered_seq.eq(0)).count().get_result::<i64>(conn).await? > 0;
        diesel::update(member)
            .set((members::delivered_seq.eq(seq), members::read_seq.eq(seq)))
            .execute(conn)
            .await?;
        if had_none {
            let found = accounts::who_shows_receipts(conn, &[author]).await?;
            let shown = found.iter().any(|(_, shows)| *shows);
            let (conversation_id, user_id) = (self.row.id.into(), author.into());
            let event = ServerEvent::Receipt {
                conversation_id,
                user_id,
                delivered_seq: Seq(seq),
                read_seq: Seq(seq),
            };
            self.changes.push(Change::Receipt { user: user_id, id: conversation_id, shown, event });
        }
        Ok(())
    }

    /// Adds a member, whom an earlier membership may have left a row of.
    pub(super) async fn add_member(&mut self, conn: &mut Conn, member: MemberRow) -> Result<MemberRow> {
        let earlier = members::table.find((member.conversation_id, member.user_id));
        let counted: Option<i64> =
            diesel::delete(earlier).returning(members::preferences_rev).get_result(conn).await.optional()?;
        // A device that has missed both the leaving and the return must not hold on to the earlier preferences.
        let preferences_rev = counted.map_or(0, |rev| rev + 1);
        let member = MemberRow { rev: self.next_rev(), preferences_rev, ..member };
        diesel::insert_into(members::table).values(&member).execute(conn).await?;
        self.tell(conn, member).await
    }

    /// Changes a member's role, or ends the membership. The marks stay out of it: they move without this lock.
    pub(super) async fn change_member(&mut self, conn: &mut Conn, member: MemberRow) -> Result<MemberRow> {
        let keeps_rev = planted::has(Bug::RoleKeepsRev) && member.left_at.is_none();
        let rev = if keeps_rev { member.rev } else { self.next_rev() };
        let member = MemberRow { rev, ..member };
        diesel::update(members::table.find((member.conversation_id, member.user_id)))
            .set((
                members::role.eq(&member.role),
                members::rev.eq(member.rev),
                members::left_at.eq(member.left_at),
            ))
            .execute(conn)
            .await?;
        if member.left_at.is_some() {
            super::preferences::forget(conn, &member).await?;
        }
        self.tell(conn, member).await
    }

    async fn tell(&mut self, conn: &mut Conn, member: MemberRow) -> Result<MemberRow> {
        let user = users::table.find(member.user_id).select(UserRow::as_select()).first(conn).await?;
        self.changes.push(Change::member(member.clone().into_wire(user.into(), false)?));
        Ok(member)
    }

    /// Writes the conversation's row.
    pub(super) async fn save(&self, conn: &mut Conn) -> Result<()> {
        let row = &self.row;
        diesel::update(conversations::table.find(row.id))
            .set((
                conversations::title.eq(&row.title),
                conversations::history.eq(&row.history),
                conversations::active_at.eq(row.active_at),
                conversations::last_seq.eq(row.last_seq),
                conversations::rev.eq(row.rev),
                conversations::own_rev.eq(row.own_rev),
            ))
            .execute(conn)
            .await?;
        Ok(())
    }
}
