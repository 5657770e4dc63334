//! Everything in a conversation that is newer than a rev.

use super::Conn;
use super::conversations::{member_rows, view};
use super::membership::Membership;
use crate::error::Result;
use crate::rows::MessageRow;
use crate::schema::{conversations, messages};
use crate::types::Id;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{Changes, ConversationId, Receipt, Rev, Seq, ServerEvent};

/// Rows newer than `since`, oldest rev first, at most `limit` of them.
///
/// The conversation's row is read first: a row that changes while the others are read has a rev above the one that
/// this answer ends at, so the reader meets it again.
pub(crate) async fn since(
    conn: &mut Conn,
    me: Id,
    conversation: ConversationId,
    since: Rev,
    limit: usize,
) -> Result<Changes> {
    let membership = Membership::require(conn, me, conversation).await?;
    let head = membership.conversation.rev;

    let message_rows: Vec<MessageRow> = messages::table
        .filter(messages::conversation_id.eq(membership.conversation.id))
        .filter(messages::rev.gt(since.0))
        .filter(messages::seq.ge(membership.member.first_seq))
        .order(messages::rev)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1)
        .select(MessageRow::as_select())
        .load(conn)
        .await?;
    let all_members = member_rows(conn, conversation, 0).await?;
    let own_rev = membership.conversation.own_rev;

    let mut revs: Vec<i64> = message_rows.iter().map(|row| row.rev).collect();
    revs.extend(all_members.iter().map(|(member, ..)| member.rev).filter(|rev| *rev > since.0));
    revs.extend(Some(own_rev).filter(|rev| *rev > since.0));
    revs.sort_unstable();
    // Rows above the head came in between; they are left to the next answer, which will not miss their neighbours.
    let last = if revs.len() > limit { revs[limit - 1].min(head) } else { head };
    let has_more = last < head;

    let i_show_receipts = all_members.iter().any(|(member, _, shows)| member.user_id == me && *shows);
    let mut changes = Changes {
        rev: Rev(last),
        has_more,
        conversation: None,
        members: Vec::new(),
        messages: Vec::new(),
        receipts: Vec::new(),
    };
    if own_rev > since.0 && own_rev <= last {
        changes.conversation = Some(view(conn, me, membership.conversation.id).await?);
    }
    for row in message_rows.into_iter().filter(|row| row.rev <= last) {
        changes.messages.push(row.try_into()?);
    }
    for (member, user, shows) in all_members {
        let shown = member.user_id == me || (i_show_receipts && shows);
        if shown && member.left_at.is_none() {
            changes.receipts.push(Receipt {
                user_id: member.user_id.into(),
                delivered_seq: Seq(member.delivered_seq),
                read_seq: Seq(member.read_seq),
            });
        }
        if member.rev > since.0 && member.rev <= last {
            changes.members.push(member.into_wire(user.into(), shown)?);
        }
    }
    Ok(changes)
}

/// What everybody who follows a conversation would have been told since a rev, in order, and the rev that this reaches.
/// None of it is meant for one reader: members' marks are left out, as not everybody may see them.
pub(crate) async fn to_publish(
    conn: &mut Conn,
    conversation: ConversationId,
    since: Rev,
    limit: usize,
) -> Result<(Rev, Vec<(Rev, ServerEvent)>)> {
    let id = Id::from(conversation);
    let head: i64 = conversations::table.find(id).select(conversations::rev).first(conn).await?;
    let message_rows: Vec<MessageRow> = messages::table
        .filter(messages::conversation_id.eq(id))
        .filter(messages::rev.gt(since.0).and(messages::rev.le(head)))
        .order(messages::rev)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(MessageRow::as_select())
        .load(conn)
        .await?;
    let reached = match message_rows.last() {
        Some(last) if message_rows.len() == limit => last.rev,
        _ => head,
    };
    let mut events = Vec::with_capacity(message_rows.len());
    for row in message_rows {
        events.push((Rev(row.rev), ServerEvent::Message { message: row.try_into()? }));
    }
    for (member, user, _) in member_rows(conn, conversation, since.0).await? {
        if member.rev <= reached {
            events.push((
                Rev(member.rev),
                ServerEvent::Member { member: member.into_wire(user.into(), false)? },
            ));
        }
    }
    events.sort_by_key(|(rev, _)| *rev);
    Ok((Rev(reached), events))
}
