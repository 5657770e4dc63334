//! Everything in a conversation that is newer than a rev.

use super::conversations::{member_rows, view, views_of_group};
use super::membership::Membership;
use super::{Conn, messages};
use crate::change::{Change, Numbered};
use crate::error::Result;
use crate::rows::MessageRow;
use crate::schema::{conversations, messages as table};
use crate::types::Id;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{Changes, ConversationId, Receipt, Rev, Seq};

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
    let membership = Membership::of(conn, me, conversation).await?;
    let head = membership.conversation.rev;

    let first_seq =
        if planted::has(Bug::ChangesLeakFromBeforeJoining) { 1 } else { membership.member.first_seq };
    let message_rows: Vec<MessageRow> = table::table
        .filter(table::conversation_id.eq(membership.conversation.id))
        .filter(table::rev.gt(since.0))
        .filter(table::seq.ge(first_seq))
        .order(table::rev)
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
        epoch: None,
    };
    if own_rev > since.0 && own_rev <= last {
        changes.conversation = Some(view(conn, me, membership.conversation.id).await?);
    }
    let within = message_rows.into_iter().filter(|row| row.rev <= last).collect();
    changes.messages = messages::into_wire(conn, within).await?;
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

/// What those who follow a conversation would have been told since a rev, in order, and the rev that this reaches.
pub(crate) async fn to_publish(
    conn: &mut Conn,
    conversation: ConversationId,
    since: Rev,
    limit: usize,
) -> Result<(Rev, Vec<Change>)> {
    let id = Id::from(conversation);
    let (head, own_rev): (i64, i64) = conversations::table
        .find(id)
        .select((conversations::rev, conversations::own_rev))
        .first(conn)
        .await?;
    let rows: Vec<MessageRow> = table::table
        .filter(table::conversation_id.eq(id))
        .filter(table::rev.gt(since.0).and(table::rev.le(head)))
        .order(table::rev)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .select(MessageRow::as_select())
        .load(conn)
        .await?;
    let reached = match rows.last() {
        Some(last) if rows.len() == limit => last.rev,
        _ => head,
    };
    let mut changes: Vec<(i64, Change)> = Vec::with_capacity(rows.len());
    for message in messages::into_wire(conn, rows).await? {
        changes.push((message.rev.0, Change::message(message)));
    }
    for (member, user, _) in member_rows(conn, conversation, since.0).await? {
        if member.rev <= reached {
            changes.push((member.rev, Change::member(member.into_wire(user.into(), false)?)));
        }
    }
    if own_rev > since.0 && own_rev <= reached {
        let views = views_of_group(conn, id).await?;
        let what = Numbered::Conversation { views };
        changes.push((own_rev, Change::Numbered { id: conversation, rev: Rev(own_rev), what }));
    }
    changes.sort_by_key(|(rev, _)| *rev);
    Ok((Rev(reached), changes.into_iter().map(|(_, change)| change).collect()))
}
