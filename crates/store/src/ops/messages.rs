//! Reading messages, and changing single ones. New ones come in batches: see [`super::batch`].

use super::membership::Membership;
use super::{Conn, conversations};
use crate::change::Change;
use crate::error::{Refusal, Result, StoreError};
use crate::rows::{MessageRow, Word};
use crate::schema::messages;
use crate::types::{Id, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{
    ConversationId, Message, MessageKind, MessagePage, Role, Seq, ServerEvent, Timestamp,
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
    let membership = Membership::require(conn, me, conversation).await?;
    let mut query = messages::table
        .filter(messages::conversation_id.eq(membership.conversation.id))
        .filter(messages::seq.ge(membership.member.first_seq))
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
    let messages = rows.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
    Ok(MessagePage { messages, has_more })
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
    conversations::lock(conn, conversation).await?;
    let membership = Membership::require(conn, me, conversation).await?;
    let mut row = messages::table
        .find((Id::from(conversation), seq.0))
        .filter(messages::seq.ge(membership.member.first_seq))
        .select(MessageRow::as_select())
        .first(conn)
        .await
        .optional()?
        .ok_or(StoreError::NotFound)?;
    let may_moderate =
        Role::from_word(&membership.member.role)? >= Role::Admin && row.kind == MessageKind::Text.word();
    if row.author_id != Some(me) && !may_moderate {
        return Err(Refusal::Forbidden.into());
    }
    if row.deleted_at.is_some() {
        return Ok((row.try_into()?, Vec::new()));
    }
    row.rev = conversations::bump_rev(conn, row.conversation_id).await?;
    row.deleted_at = Some(now.into());
    row.body.clear();
    row.mentions.clear();
    diesel::update(messages::table.find((row.conversation_id, row.seq)))
        .set((
            messages::rev.eq(row.rev),
            messages::deleted_at.eq(Some(Time::from(now))),
            messages::body.eq(""),
            messages::mentions.eq(""),
        ))
        .execute(conn)
        .await?;
    changed(row)
}

fn changed(row: MessageRow) -> Result<(Message, Vec<Change>)> {
    let message: Message = row.try_into()?;
    let change = Change::Conversation {
        id: message.conversation_id,
        rev: message.rev,
        event: ServerEvent::Message { message: message.clone() },
    };
    Ok((message, vec![change]))
}
