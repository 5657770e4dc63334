//! How a member has arranged a conversation.

use super::Conn;
use super::locked::Locked;
use super::membership::Membership;
use crate::change::Change;
use crate::error::Result;
use crate::rows::MemberRow;
use crate::schema::members;
use crate::types::{Id, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{ConversationId, Preferences, ServerEvent, Timestamp, UpdatePreferences};

/// Takes no rev of the conversation's: nobody else may notice. The preferences count their changes themselves.
///
/// # Errors
/// [`crate::StoreError::NotFound`] where the conversation is not this person's.
pub(crate) async fn update(
    conn: &mut Conn,
    me: Id,
    id: ConversationId,
    update: UpdatePreferences,
    now: Timestamp,
) -> Result<(Preferences, Vec<Change>)> {
    // The lock keeps the newest message, and another device, where they are.
    let locked = Locked::take(conn, id, now).await?;
    let mut row = Membership::of(conn, me, id).await?.member;
    let before = row.preferences();
    if let Some(pinned) = update.pinned {
        row.pinned_at = pinned.then(|| row.pinned_at.unwrap_or_else(|| now.into()));
    }
    if let Some(archived) = update.archived {
        row.archived_seq = archived.then_some(locked.row.last_seq);
    }
    if let Some(until) = update.muted_until {
        row.muted_until = until.map(Time::from);
    }
    if row.preferences() == before {
        return Ok((before, Vec::new()));
    }
    row.preferences_rev += 1;
    save(conn, &row).await?;
    let preferences = row.preferences();
    let event = ServerEvent::Preferences { conversation_id: id, preferences };
    Ok((preferences, vec![Change::person(me.into(), event)]))
}

/// Whoever leaves a conversation leaves no arrangement of it behind.
pub(super) async fn forget(conn: &mut Conn, member: &MemberRow) -> Result<()> {
    save(conn, &MemberRow { pinned_at: None, archived_seq: None, muted_until: None, ..member.clone() }).await
}

async fn save(conn: &mut Conn, row: &MemberRow) -> Result<()> {
    diesel::update(members::table.find((row.conversation_id, row.user_id)))
        .set((
            members::preferences_rev.eq(row.preferences_rev),
            members::pinned_at.eq(row.pinned_at),
            members::archived_seq.eq(row.archived_seq),
            members::muted_until.eq(row.muted_until),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
