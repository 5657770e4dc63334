//! Reading messages, and changing single ones. New ones come in batches: see [`super::batch`].

use super::locked::Locked;
use super::membership::Membership;
use super::{Conn, friendships};
use crate::change::Change;
use crate::error::{Refusal, Result, StoreError};
use crate::rows::{MessageRow, Word};
use crate::schema::{messages, reactions};
use crate::types::{Id, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{
    ConversationId, Message, MessageKind, MessagePage, Reaction, Role, Seq, Timestamp, limits,
};

/// One page, oldest first. `before` and `after` are exclusive; without `after`, the newest before `before`.
pub(crate) async fn page(
    conn: &mut Conn,
    me: Id,
    conversation: ConversationId,
    before: Option<Seq>,
    after: Option<Seq>,
    limit: i64,
) -> Result<MessagePage> {
    let membership = Membership::of(conn, me, conversation).await?;
    let first_seq =
        if planted::has(Bug::HistoryLeaksFromBeforeJoining) { 1 } else { membership.member.first_seq };
    let mut query = messages::table
        .filter(messages::conversation_id.eq(membership.conversation.id))
        .filter(messages::seq.ge(first_seq))
        .select(MessageRow::as_select())
        .limit(limit + 1)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(messages::seq.lt(before.0));
    }
    query = match after {
        Some(after) => query.filter(messages::seq.gt(after.0)).order(messages::seq.asc()),
        None => query.order(messages::seq.desc()),
    };
    let mut rows: Vec<MessageRow> = query.load(conn).await?;
    let has_more = i64::try_from(rows.len()).is_ok_and(|found| found > limit);
    if has_more {
        rows.pop();
    }
    if after.is_none() {
        rows.reverse();
    }
    Ok(MessagePage { messages: into_wire(conn, rows).await?, has_more })
}

/// Rows with their reactions, in the order of the rows.
pub(super) async fn into_wire(conn: &mut Conn, rows: Vec<MessageRow>) -> Result<Vec<Message>> {
    let reacted: Vec<&MessageRow> = rows.iter().filter(|row| row.has_reactions).collect();
    let mut found: HashMap<(Id, i64), Vec<Reaction>> = HashMap::new();
    if !reacted.is_empty() {
        let ids: Vec<Id> = reacted.iter().map(|row| row.conversation_id).collect();
        let seqs: Vec<i64> = reacted.iter().map(|row| row.seq).collect();
        let all: Vec<(Id, i64, String, Id)> = reactions::table
            .filter(reactions::conversation_id.eq_any(ids))
            .filter(reactions::seq.eq_any(seqs))
            .order((reactions::created_at, reactions::user_id))
            .select((reactions::conversation_id, reactions::seq, reactions::emoji, reactions::user_id))
            .load(conn)
            .await?;
        for (conversation, seq, emoji, user) in all {
            let of_message = found.entry((conversation, seq)).or_default();
            match of_message.iter_mut().find(|reaction| reaction.emoji == emoji) {
                Some(reaction) => reaction.user_ids.push(user.into()),
                None => of_message.push(Reaction { emoji, user_ids: vec![user.into()] }),
            }
        }
    }
    rows.into_iter()
        .map(|row| {
            let reactions = found.remove(&(row.conversation_id, row.seq)).unwrap_or_default();
            row.into_wire(reactions)
        })
        .collect()
}

/// Leaves a tombstone: the body is gone, the place stays. Deleting again changes nothing.
///
/// # Errors
/// [`StoreError::NotFound`]; [`Refusal::Forbidden`] for somebody else's message, unless a group's admin deletes it.
pub(crate) async fn delete(
    conn: &mut Conn,
    me: Id,
    conversation: ConversationId,
    seq: Seq,
    now: Timestamp,
) -> Result<(Message, Vec<Change>)> {
    let mut one = One::take(conn, me, conversation, seq, now).await?;
    let moderates = one.membership.require(Role::Admin).is_ok() && one.is_text();
    if one.row.author_id != Some(me) && !moderates {
        return Err(Refusal::Forbidden.into());
    }
    if !one.is_text() {
        return Err(Refusal::Conflict("a notice cannot be deleted").into());
    }
    if one.row.deleted_at.is_some() {
        return one.unchanged(conn).await;
    }
    one.row.deleted_at = Some(now.into());
    one.row.body.clear();
    one.row.mentions.clear();
    one.row.has_reactions = false;
    diesel::delete(reactions_of(one.row.conversation_id, one.row.seq)).execute(conn).await?;
    one.save(conn, Bug::DeleteKeepsRev).await
}

/// Gives a message a new body. The same body changes nothing.
///
/// # Errors
/// [`StoreError::NotFound`]; [`Refusal::Forbidden`] for somebody else's; [`Refusal::Conflict`] for a tombstone or a
/// notice; [`Refusal::NotFriends`] in a direct conversation with somebody who is no friend any more.
pub(crate) async fn edit(
    conn: &mut Conn,
    me: Id,
    conversation: ConversationId,
    seq: Seq,
    body: String,
    now: Timestamp,
) -> Result<(Message, Vec<Change>)> {
    let mut one = One::take(conn, me, conversation, seq, now).await?;
    if one.row.author_id != Some(me) {
        return Err(Refusal::Forbidden.into());
    }
    one.require_alive(conn, me).await?;
    if one.row.body == body {
        return one.unchanged(conn).await;
    }
    one.row.body = body;
    one.row.edited_at = Some(now.into());
    one.save(conn, Bug::EditKeepsRev).await
}

/// Puts an emoji on a message, or takes it away. Repeating it changes nothing.
///
/// # Errors
/// As [`edit`], but for anybody's message; [`Refusal::Conflict`] where one person would have too many on it.
pub(crate) async fn react(
    conn: &mut Conn,
    me: Id,
    conversation: ConversationId,
    seq: Seq,
    emoji: &str,
    present: bool,
    now: Timestamp,
) -> Result<(Message, Vec<Change>)> {
    let mut one = One::take(conn, me, conversation, seq, now).await?;
    one.require_alive(conn, me).await?;
    let mine: Vec<String> = reactions_of(one.row.conversation_id, one.row.seq)
        .filter(reactions::user_id.eq(me))
        .select(reactions::emoji)
        .load(conn)
        .await?;
    if mine.iter().any(|own| own == emoji) == present {
        return one.unchanged(conn).await;
    }
    if !present {
        diesel::delete(reactions::table.find((one.row.conversation_id, one.row.seq, me, emoji)))
            .execute(conn)
            .await?;
    } else if mine.len() >= limits::REACTIONS_MAX {
        return Err(Refusal::Conflict("too many reactions of one person to one message").into());
    } else {
        diesel::insert_into(reactions::table)
            .values((
                reactions::conversation_id.eq(one.row.conversation_id),
                reactions::seq.eq(one.row.seq),
                reactions::user_id.eq(me),
                reactions::emoji.eq(emoji),
                reactions::created_at.eq(Time::from(now)),
            ))
            .execute(conn)
            .await?;
    }
    let left: i64 = reactions_of(one.row.conversation_id, one.row.seq).count().get_result(conn).await?;
    one.row.has_reactions = left > 0;
    one.save(conn, Bug::ReactionKeepsRev).await
}

/// One message, with its conversation's lock held, and the proof that the reader may see it.
struct One {
    locked: Locked,
    membership: Membership,
    row: MessageRow,
}

#[diesel::dsl::auto_type(no_type_alias)]
fn reactions_of(conversation: Id, seq: i64) -> _ {
    reactions::table.filter(reactions::conversation_id.eq(conversation)).filter(reactions::seq.eq(seq))
}

impl One {
    async fn take(
        conn: &mut Conn,
        me: Id,
        conversation: ConversationId,
        seq: Seq,
        now: Timestamp,
    ) -> Result<Self> {
        let locked = Locked::take(conn, conversation, now).await?;
        let membership = Membership::of(conn, me, conversation).await?;
        let row = messages::table
            .find((Id::from(conversation), seq.0))
            .filter(messages::seq.ge(membership.member.first_seq))
            .select(MessageRow::as_select())
            .first(conn)
            .await
            .optional()?
            .ok_or(StoreError::NotFound)?;
        Ok(Self { locked, membership, row })
    }

    fn is_text(&self) -> bool {
        self.row.kind == MessageKind::Text.word()
    }

    /// What is said can be changed only while the two could still say something.
    async fn require_alive(&self, conn: &mut Conn, me: Id) -> Result<()> {
        if self.row.deleted_at.is_some() {
            return Err(Refusal::Conflict("the message has been deleted").into());
        }
        if !self.is_text() {
            return Err(Refusal::Conflict("this cannot be done to a notice").into());
        }
        if self.locked.row.is_direct() {
            let peer = self.locked.row.peer_of(me).ok_or(Refusal::NotFriends)?;
            if !friendships::are_friends(conn, me, peer).await? {
                return Err(Refusal::NotFriends.into());
            }
        }
        Ok(())
    }

    async fn unchanged(self, conn: &mut Conn) -> Result<(Message, Vec<Change>)> {
        Ok((single(conn, self.row).await?, Vec::new()))
    }

    /// `forgetful`: the bug that would leave the rev as it is.
    async fn save(mut self, conn: &mut Conn, forgetful: Bug) -> Result<(Message, Vec<Change>)> {
        if !planted::has(forgetful) {
            self.row.rev = self.locked.next_rev();
        }
        let row = &self.row;
        diesel::update(messages::table.find((row.conversation_id, row.seq)))
            .set((
                messages::rev.eq(row.rev),
                messages::body.eq(&row.body),
                messages::mentions.eq(&row.mentions),
                messages::edited_at.eq(row.edited_at),
                messages::deleted_at.eq(row.deleted_at),
                messages::has_reactions.eq(row.has_reactions),
            ))
            .execute(conn)
            .await?;
        self.locked.save(conn).await?;
        let message = single(conn, self.row).await?;
        Ok((message.clone(), vec![Change::message(message)]))
    }
}

async fn single(conn: &mut Conn, row: MessageRow) -> Result<Message> {
    into_wire(conn, vec![row]).await?.pop().ok_or(StoreError::NotFound)
}
