//! Blocks: the end of friendship and requests, of which the blocked person is told nothing.

use super::{Conn, accounts, friendships};
use crate::change::Change;
use crate::error::{Refusal, Result};
use crate::rows::UserRow;
use crate::schema::{blocks, users};
use crate::types::{Id, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{Block, FieldError, ServerEvent, Timestamp};

/// Blocks somebody. Repeating it changes nothing.
///
/// # Errors
/// [`crate::StoreError::NotFound`]; [`Refusal::Invalid`] for oneself.
pub(crate) async fn put(conn: &mut Conn, me: Id, other: Id, now: Timestamp) -> Result<(Block, Vec<Change>)> {
    if me == other {
        return Err(Refusal::Invalid(FieldError::new("user_id", "out_of_range", "that is you")).into());
    }
    let user = accounts::user(conn, other).await?;
    let created = diesel::insert_into(blocks::table)
        .values((
            blocks::blocker_id.eq(me),
            blocks::blocked_id.eq(other),
            blocks::created_at.eq(Time::from(now)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?
        == 1;
    let since: Time = blocks::table.find((me, other)).select(blocks::created_at).first(conn).await?;
    let mut changes = Vec::new();
    if created {
        // To the other this looks like any end of a friendship or of a request.
        changes.extend(friendships::unfriend(conn, me, other).await?);
        changes.extend(friendships::remove_request(conn, me, other).await?);
        // One's own devices learn of the block from the snapshot.
        changes.push(Change::person(me.into(), ServerEvent::Resync {}));
    }
    Ok((Block { user, since: since.into() }, changes))
}

/// Ends a block. What the other asked meanwhile went nowhere, and ends as any request does that is declined.
pub(crate) async fn remove(conn: &mut Conn, me: Id, other: Id) -> Result<Vec<Change>> {
    let removed = diesel::delete(blocks::table.find((me, other))).execute(conn).await?;
    if removed == 0 {
        return Ok(Vec::new());
    }
    let mut changes = friendships::remove_request(conn, me, other).await?;
    changes.push(Change::person(me.into(), ServerEvent::Resync {}));
    Ok(changes)
}

pub(crate) async fn all(conn: &mut Conn, me: Id) -> Result<Vec<Block>> {
    let rows: Vec<(UserRow, Time)> = blocks::table
        .inner_join(users::table.on(users::id.eq(blocks::blocked_id)))
        .filter(blocks::blocker_id.eq(me))
        .order(blocks::created_at)
        .select((UserRow::as_select(), blocks::created_at))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(user, at)| Block { user: user.into(), since: at.into() }).collect())
}

/// Forgets whom a person has blocked, and who has blocked them; how many.
pub(super) async fn end_all(conn: &mut Conn, me: Id) -> Result<(usize, Vec<Change>)> {
    let blockers: Vec<Id> =
        blocks::table.filter(blocks::blocked_id.eq(me)).select(blocks::blocker_id).load(conn).await?;
    let of_me = blocks::blocker_id.eq(me).or(blocks::blocked_id.eq(me));
    let ended = diesel::delete(blocks::table.filter(of_me)).execute(conn).await?;
    let users = blockers.into_iter().map(Into::into).collect();
    Ok((ended, vec![Change::People { users, event: ServerEvent::Resync {} }]))
}

pub(super) async fn has_blocked(conn: &mut Conn, one: Id, other: Id) -> Result<bool> {
    let found =
        blocks::table.find((one, other)).select(blocks::blocker_id).first::<Id>(conn).await.optional()?;
    Ok(found.is_some())
}
