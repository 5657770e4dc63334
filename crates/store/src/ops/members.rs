//! Who belongs to a group, and as what.

use super::groups::{new_member, require_group, too_many};
use super::locked::{Deed, Locked};
use super::{Conn, accounts, conversations, friendships, groups};
use crate::change::Change;
use crate::clock::Clock;
use crate::error::{Refusal, Result, StoreError};
use crate::rows::{MemberRow, Word};
use crate::schema::members;
use crate::types::Id;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{ConversationId, FieldError, History, Member, NoticeAction, Role, Seq, limits};

/// Adds a friend, or changes a member's role; whether they are new. Admins add members; only the owner makes and unmakes
/// admins. Repeating it changes nothing.
///
/// # Errors
/// [`Refusal::Forbidden`], [`Refusal::NotFriends`], [`Refusal::Invalid`] for one too many or the role `owner`,
/// [`Refusal::Conflict`] for the owner's own role.
pub(crate) async fn put(
    conn: &mut Conn,
    clock: &Clock,
    me: Id,
    id: ConversationId,
    user: Id,
    role: Option<Role>,
) -> Result<((Member, bool), Vec<Change>)> {
    let mut locked = Locked::take(conn, id, clock.now()).await?;
    let membership = require_group(conn, me, id).await?;
    if role == Some(Role::Owner) {
        let detail = "member or admin; a group is handed over by POST …/owner";
        return Err(FieldError::new("role", "out_of_range", detail).into());
    }
    let current = current(conn, locked.row.id, user).await?;
    let (action, member, is_new) = if let Some(member) = current {
        let was = Role::from_word(&member.role)?;
        let role = role.unwrap_or(was);
        if role == was {
            return Ok(((wire(conn, member).await?, false), Vec::new()));
        }
        membership.require(Role::Owner)?;
        if was == Role::Owner {
            return Err(Refusal::Conflict("the owner hands the group over first").into());
        }
        let action = if role == Role::Admin { NoticeAction::Promoted } else { NoticeAction::Demoted };
        (action, MemberRow { role: role.word().to_owned(), ..member }, false)
    } else {
        let role = role.unwrap_or(Role::Member);
        membership.require(if role == Role::Admin { Role::Owner } else { Role::Admin })?;
        if !friendships::are_friends(conn, me, user).await? {
            return Err(Refusal::NotFriends.into());
        }
        if count(conn, locked.row.id).await? >= limits::GROUP_MEMBERS_MAX {
            return Err(too_many().into());
        }
        let from_now = locked.row.last_seq + 1;
        let first_seq = if locked.row.history == History::Full.word() { 1 } else { from_now };
        (NoticeAction::Added, new_member(&locked, user, role, first_seq), true)
    };
    let deed = Deed { author: Some(me), action, subject: Some(user), body: String::new() };
    locked.notice(conn, clock, deed).await?;
    let member = if is_new {
        locked.add_member(conn, member).await?
    } else {
        locked.change_member(conn, member).await?
    };
    locked.save(conn).await?;

    let mut changes = locked.changes;
    if is_new {
        changes.push(Change::Joined {
            user: user.into(),
            conversation: Box::new(conversations::view(conn, user, id.into()).await?),
            first_seq: Seq(member.first_seq),
        });
    }
    Ok(((wire(conn, member).await?, is_new), changes))
}

/// Removes a member, or leaves. An owner who leaves hands over first, to the longest-standing admin or else member; with
/// the last member the group ends. Somebody who is no member any more: nothing changes.
///
/// # Errors
/// [`Refusal::Forbidden`] where the other's role is not below one's own.
pub(crate) async fn remove(
    conn: &mut Conn,
    clock: &Clock,
    me: Id,
    id: ConversationId,
    user: Id,
) -> Result<Vec<Change>> {
    let mut locked = Locked::take(conn, id, clock.now()).await?;
    let membership = require_group(conn, me, id).await?;
    let Some(member) = current(conn, locked.row.id, user).await? else { return Ok(Vec::new()) };
    let (mine, theirs) = (Role::from_word(&membership.member.role)?, Role::from_word(&member.role)?);
    if user != me && (mine < Role::Admin || theirs >= mine) {
        return Err(Refusal::Forbidden.into());
    }
    leave(conn, clock, &mut locked, Some(me), member).await
}

/// Takes a member out of a group whose lock is held; `author` is whose deed it is, or nobody's who can be named.
pub(super) async fn leave(
    conn: &mut Conn,
    clock: &Clock,
    locked: &mut Locked,
    author: Option<Id>,
    member: MemberRow,
) -> Result<Vec<Change>> {
    let user = member.user_id;
    let was_owner = Role::from_word(&member.role)? == Role::Owner;
    let successor = if was_owner { successor(conn, locked.row.id, user).await? } else { None };
    if was_owner && successor.is_none() {
        return groups::end(conn, locked.row.id).await;
    }
    let is_own_deed = author.is_none_or(|author| author == user);
    let action = if is_own_deed { NoticeAction::Left } else { NoticeAction::Removed };
    let subject = (!is_own_deed).then_some(user);
    // The row comes first: what follows it, the notice too, is not for whom it takes out.
    let row = MemberRow { left_at: Some(locked.now.into()), role: Role::Member.word().to_owned(), ..member };
    locked.change_member(conn, row).await?;
    locked.notice(conn, clock, Deed { author, action, subject, body: String::new() }).await?;
    if let Some(successor) = successor.filter(|_| !planted::has(Bug::OwnerLeavesNobody)) {
        let subject = Some(successor.user_id);
        let deed = Deed { author, action: NoticeAction::HandedOver, subject, body: String::new() };
        locked.notice(conn, clock, deed).await?;
        let row = MemberRow { role: Role::Owner.word().to_owned(), ..successor };
        locked.change_member(conn, row).await?;
    }
    locked.save(conn).await?;
    Ok(std::mem::take(&mut locked.changes))
}

/// Makes another member the owner, and the owner an admin. Handing it to oneself changes nothing.
///
/// # Errors
/// [`Refusal::Forbidden`] for everybody but the owner; [`Refusal::Invalid`] where the other is no member.
pub(crate) async fn hand_over(
    conn: &mut Conn,
    clock: &Clock,
    me: Id,
    id: ConversationId,
    user: Id,
) -> Result<(Member, Vec<Change>)> {
    let mut locked = Locked::take(conn, id, clock.now()).await?;
    let membership = require_group(conn, me, id).await?;
    membership.require(Role::Owner)?;
    let no_member = || FieldError::new("user_id", "out_of_range", "not a member of this group");
    let theirs = current(conn, locked.row.id, user).await?.ok_or_else(no_member)?;
    if user == me {
        return Ok((wire(conn, theirs).await?, Vec::new()));
    }
    let deed =
        Deed { author: Some(me), action: NoticeAction::HandedOver, subject: Some(user), body: String::new() };
    locked.notice(conn, clock, deed).await?;
    let mine = current(conn, locked.row.id, me).await?.ok_or(StoreError::NotFound)?;
    locked.change_member(conn, MemberRow { role: Role::Admin.word().to_owned(), ..mine }).await?;
    let theirs =
        locked.change_member(conn, MemberRow { role: Role::Owner.word().to_owned(), ..theirs }).await?;
    locked.save(conn).await?;
    Ok((wire(conn, theirs).await?, locked.changes))
}

pub(super) async fn current(conn: &mut Conn, id: Id, user: Id) -> Result<Option<MemberRow>> {
    Ok(members::table
        .find((id, user))
        .filter(members::left_at.is_null())
        .select(MemberRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// Who takes over from an owner who leaves.
pub(super) async fn successor(conn: &mut Conn, id: Id, owner: Id) -> Result<Option<MemberRow>> {
    let mut others: Vec<MemberRow> = members::table
        .filter(members::conversation_id.eq(id))
        .filter(members::user_id.ne(owner))
        .filter(members::left_at.is_null())
        .select(MemberRow::as_select())
        .load(conn)
        .await?;
    others.sort_by_key(|member| (member.role != Role::Admin.word(), member.joined_at, member.rev));
    Ok(others.into_iter().next())
}

async fn count(conn: &mut Conn, id: Id) -> Result<usize> {
    let count: i64 = members::table
        .filter(members::conversation_id.eq(id))
        .filter(members::left_at.is_null())
        .count()
        .get_result(conn)
        .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// As the answer to whoever changed it: others' marks are not theirs to see here.
async fn wire(conn: &mut Conn, member: MemberRow) -> Result<Member> {
    let user = accounts::user(conn, member.user_id).await?;
    member.into_wire(user, false)
}
