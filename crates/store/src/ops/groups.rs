//! Groups: making, changing and ending them.

use super::locked::{Deed, Locked};
use super::membership::Membership;
use super::{Conn, conversations, friendships};
use crate::change::{Change, Numbered};
use crate::clock::Clock;
use crate::error::{Refusal, Result};
use crate::rows::{ConversationRow, MemberRow, Word};
use crate::schema::{conversations as table, members};
use crate::types::Id;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{
    Conversation, ConversationId, ConversationKind, FieldError, History, NewGroup, NoticeAction, Rev, Role,
    Seq, Timestamp, UpdateGroup, limits,
};

/// # Errors
/// [`Refusal::NotFriends`] where a member is not the maker's friend; [`Refusal::Invalid`] for too many.
pub(crate) async fn create(
    conn: &mut Conn,
    clock: &Clock,
    me: Id,
    group: NewGroup,
) -> Result<(Conversation, Vec<Change>)> {
    let now = clock.now();
    let mut others: Vec<Id> =
        group.member_ids.into_iter().map(Id::from).filter(|other| *other != me).collect();
    others.sort_unstable();
    others.dedup();
    if others.len() >= limits::GROUP_MEMBERS_MAX {
        return Err(too_many().into());
    }
    require_friends(conn, me, &others).await?;

    let row = ConversationRow {
        id: Id(clock.new_id()),
        kind: ConversationKind::Group.word().to_owned(),
        title: Some(group.title),
        history: group.history.word().to_owned(),
        created_at: now.into(),
        active_at: now.into(),
        last_seq: 0,
        rev: 1,
        own_rev: 1,
        direct_low_id: None,
        direct_high_id: None,
    };
    diesel::insert_into(table::table).values(&row).execute(conn).await?;
    let mut locked = Locked::new(row, now);
    for user in std::iter::once(me).chain(others) {
        let role = if user == me { Role::Owner } else { Role::Member };
        let member = MemberRow { rev: locked.next_rev(), ..new_member(&locked, user, role, 1) };
        diesel::insert_into(members::table).values(&member).execute(conn).await?;
    }
    let deed = Deed { author: Some(me), action: NoticeAction::Created, subject: None, body: String::new() };
    locked.notice(conn, clock, deed).await?;
    locked.save(conn).await?;

    let views = conversations::views_of_group(conn, locked.row.id).await?;
    let mine = conversations::view(conn, me, locked.row.id).await?;
    let changes = views
        .into_iter()
        .map(|(user, view)| Change::Joined { user, conversation: Box::new(view), first_seq: Seq(1) })
        .collect();
    Ok((mine, changes))
}

/// A new title, or another rule of history for those who join from now on.
///
/// # Errors
/// [`Refusal::Forbidden`] for members and in direct conversations.
pub(crate) async fn update(
    conn: &mut Conn,
    clock: &Clock,
    me: Id,
    id: ConversationId,
    update: UpdateGroup,
) -> Result<(Conversation, Vec<Change>)> {
    let mut locked = Locked::take(conn, id, clock.now()).await?;
    require_group(conn, me, id).await?.require(Role::Admin)?;
    let mut deeds = Vec::new();
    if let Some(title) = update.title.filter(|title| Some(title) != locked.row.title.as_ref()) {
        deeds.push((NoticeAction::Renamed, title.clone()));
        locked.row.title = Some(title);
    }
    if let Some(history) = update.history.filter(|history| history.word() != locked.row.history) {
        history.word().clone_into(&mut locked.row.history);
        let action = match history {
            History::Full => NoticeAction::HistoryFull,
            History::FromJoin => NoticeAction::HistoryFromJoin,
        };
        deeds.push((action, String::new()));
    }
    if deeds.is_empty() {
        return Ok((conversations::view(conn, me, id.into()).await?, Vec::new()));
    }
    for (action, body) in deeds {
        locked.notice(conn, clock, Deed { author: Some(me), action, subject: None, body }).await?;
    }
    // Last, so that the views carry the rev at which they are told.
    locked.row.own_rev =
        if planted::has(Bug::RenameKeepsRev) { locked.row.own_rev } else { locked.next_rev() };
    locked.save(conn).await?;
    let views = conversations::views_of_group(conn, locked.row.id).await?;
    let rev = Rev(locked.row.own_rev);
    let mut changes = locked.changes;
    changes.push(Change::Numbered { id, rev, what: Numbered::Conversation { views } });
    Ok((conversations::view(conn, me, id.into()).await?, changes))
}

/// Ends a group for everybody, with everything that was said in it.
///
/// # Errors
/// [`Refusal::Forbidden`] for everybody but the owner, and in direct conversations.
pub(crate) async fn delete(
    conn: &mut Conn,
    me: Id,
    id: ConversationId,
    now: Timestamp,
) -> Result<Vec<Change>> {
    let locked = Locked::take(conn, id, now).await?;
    require_group(conn, me, id).await?.require(Role::Owner)?;
    end(conn, locked.row.id).await
}

/// Deletes a conversation's rows.
pub(super) async fn end(conn: &mut Conn, id: Id) -> Result<Vec<Change>> {
    let users: Vec<Id> = members::table
        .filter(members::conversation_id.eq(id))
        .filter(members::left_at.is_null())
        .select(members::user_id)
        .load(conn)
        .await?;
    diesel::delete(table::table.find(id)).execute(conn).await?;
    Ok(vec![Change::Deleted { id: id.into(), users: users.into_iter().map(Into::into).collect() }])
}

/// The caller's place in a group.
///
/// # Errors
/// [`crate::StoreError::NotFound`]; [`Refusal::Forbidden`] in a direct conversation, which is nobody's to run.
pub(super) async fn require_group(conn: &mut Conn, me: Id, id: ConversationId) -> Result<Membership> {
    let membership = Membership::of(conn, me, id).await?;
    if membership.conversation.is_direct() {
        return Err(Refusal::Forbidden.into());
    }
    Ok(membership)
}

/// Somebody for whom everything before this moment counts as read. The rev is given when the row is written.
pub(super) fn new_member(locked: &Locked, user: Id, role: Role, first_seq: i64) -> MemberRow {
    MemberRow {
        conversation_id: locked.row.id,
        user_id: user,
        role: role.word().to_owned(),
        rev: 0,
        joined_at: locked.now.into(),
        left_at: None,
        first_seq,
        delivered_seq: locked.row.last_seq,
        read_seq: locked.row.last_seq,
        preferences_rev: 0,
        pinned_at: None,
        archived_seq: None,
        muted_until: None,
    }
}

pub(super) fn too_many() -> FieldError {
    let detail = format!("a group has at most {} members", limits::GROUP_MEMBERS_MAX);
    FieldError::new("member_ids", "too_long", detail)
}

async fn require_friends(conn: &mut Conn, me: Id, others: &[Id]) -> Result<()> {
    let (lows, highs): (Vec<Id>, Vec<Id>) = others.iter().map(|other| friendships::pair(me, *other)).unzip();
    // Friendships among the others may be found too; only those with the maker count.
    let found = friendships::among(conn, &lows, &highs).await?;
    let with_me = found.iter().filter(|(low, high)| *low == me || *high == me).count();
    if with_me == others.len() { Ok(()) } else { Err(Refusal::NotFriends.into()) }
}
