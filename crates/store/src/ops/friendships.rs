//! Who asked whom, and who accepted.

use super::{Conn, accounts, blocks, conversations};
use crate::change::Change;
use crate::error::{Refusal, Result, StoreError};
use crate::face::Asked;
use crate::rows::UserRow;
use crate::schema::{friendships, users};
use crate::types::{Id, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{
    AskedFriend, FieldError, Friend, FriendRequest, FriendRequestDirection, FriendRequests, ServerEvent,
    Timestamp, User, UserId,
};

#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = friendships)]
pub(super) struct FriendshipRow {
    pub(super) requested_by: Id,
    pub(super) requested_at: Time,
    pub(super) accepted_at: Option<Time>,
}

/// The two ids in the order in which the table keeps them.
pub(super) fn pair(one: Id, other: Id) -> (Id, Id) {
    (one.min(other), one.max(other))
}

/// Asks somebody, or accepts where they had asked already. Asking twice changes nothing.
///
/// # Errors
/// [`StoreError::NotFound`] for a name that nobody has; [`Refusal::Invalid`] for one's own.
pub(crate) async fn ask(
    conn: &mut Conn,
    me: Id,
    username: &str,
    now: Timestamp,
) -> Result<(Asked, Vec<Change>)> {
    let other = accounts::by_username(conn, username).await?;
    let other_id = Id::from(other.id);
    if other_id == me {
        return Err(Refusal::Invalid(FieldError::new("username", "out_of_range", "that is you")).into());
    }
    if blocks::has_blocked(conn, me, other_id).await? {
        return Err(Refusal::Conflict("you have blocked this person: end the block first").into());
    }
    // To somebody who has blocked the caller it goes nowhere, and the caller is not told.
    let is_blocked = blocks::has_blocked(conn, other_id, me).await? && !planted::has(Bug::BlockedCanAsk);
    let (low, high) = pair(me, other_id);
    let created = diesel::insert_into(friendships::table)
        .values((
            friendships::low_id.eq(low),
            friendships::high_id.eq(high),
            friendships::requested_by.eq(me),
            friendships::requested_at.eq(Time::from(now)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?
        == 1;
    if created {
        let mine = accounts::user(conn, me).await?;
        let mut changes = vec![request_event(&mine, FriendRequestDirection::Outgoing, &other, now)];
        if !is_blocked {
            changes.push(request_event(&other, FriendRequestDirection::Incoming, &mine, now));
        }
        let request = FriendRequest { user: other, created_at: now };
        return Ok((Asked { outcome: AskedFriend::Request(request), created }, changes));
    }
    // Gone again between the two statements: the other declined or took back at this moment.
    let gone = Refusal::Conflict("the other person just changed this; try again");
    let row = lock(conn, me, other_id).await?.ok_or(gone)?;
    match row.accepted_at {
        Some(since) => {
            let friend = Friend { user: other, since: since.into() };
            Ok((Asked { outcome: AskedFriend::Friend(friend), created }, Vec::new()))
        }
        None if row.requested_by == me => {
            let request = FriendRequest { user: other, created_at: row.requested_at.into() };
            Ok((Asked { outcome: AskedFriend::Request(request), created }, Vec::new()))
        }
        None => {
            let (friend, changes) = befriend(conn, me, other, now).await?;
            Ok((Asked { outcome: AskedFriend::Friend(friend), created }, changes))
        }
    }
}

/// Accepts what the other person asked. Accepting twice changes nothing.
///
/// # Errors
/// [`StoreError::NotFound`] where they have not asked.
pub(crate) async fn accept(
    conn: &mut Conn,
    me: Id,
    other: Id,
    now: Timestamp,
) -> Result<(Friend, Vec<Change>)> {
    let row = lock(conn, me, other).await?.ok_or(StoreError::NotFound)?;
    if blocks::has_blocked(conn, me, other).await? {
        return Err(StoreError::NotFound);
    }
    let user = accounts::user(conn, other).await?;
    match row.accepted_at {
        Some(since) => Ok((Friend { user, since: since.into() }, Vec::new())),
        None if row.requested_by == me => Err(StoreError::NotFound),
        None => befriend(conn, me, user, now).await,
    }
}

/// Declines an incoming request or takes back an outgoing one. Without one, nothing changes.
pub(crate) async fn remove_request(conn: &mut Conn, me: Id, other: Id) -> Result<Vec<Change>> {
    let removed =
        diesel::delete(row_of(me, other).filter(friendships::accepted_at.is_null())).execute(conn).await?;
    Ok(both(removed, me, other, |user_id| ServerEvent::FriendRequestRemoved { user_id }))
}

/// Ends a friendship. Without one, nothing changes.
pub(crate) async fn unfriend(conn: &mut Conn, me: Id, other: Id) -> Result<Vec<Change>> {
    let removed = diesel::delete(row_of(me, other).filter(friendships::accepted_at.is_not_null()))
        .execute(conn)
        .await?;
    Ok(both(removed, me, other, |user_id| ServerEvent::FriendRemoved { user_id }))
}

/// Ends every friendship and every request of a person; how many of each.
pub(super) async fn end_all(conn: &mut Conn, me: Id) -> Result<((i64, i64), Vec<Change>)> {
    let (mut friends, mut requests, mut changes) = (0, 0, Vec::new());
    for (row, other) in with_users(conn, me).await? {
        if row.accepted_at.is_some() {
            friends += 1;
            changes.extend(unfriend(conn, me, other.id).await?);
        } else {
            requests += 1;
            changes.extend(remove_request(conn, me, other.id).await?);
        }
    }
    Ok(((friends, requests), changes))
}

pub(crate) async fn friends(conn: &mut Conn, me: Id) -> Result<Vec<Friend>> {
    let mut friends: Vec<Friend> = with_users(conn, me)
        .await?
        .into_iter()
        .filter_map(|(row, user)| {
            row.accepted_at.map(|since| Friend { user: user.into(), since: since.into() })
        })
        .collect();
    friends.sort_by_key(|friend| friend.user.display_name.to_lowercase());
    Ok(friends)
}

pub(crate) async fn requests(conn: &mut Conn, me: Id) -> Result<FriendRequests> {
    let mut requests = FriendRequests::default();
    let blocked: Vec<UserId> = blocks::all(conn, me).await?.into_iter().map(|block| block.user.id).collect();
    for (row, user) in with_users(conn, me).await? {
        if row.accepted_at.is_some() || blocked.contains(&user.id.into()) {
            continue;
        }
        let request = FriendRequest { user: user.into(), created_at: row.requested_at.into() };
        if row.requested_by == me {
            requests.outgoing.push(request);
        } else {
            requests.incoming.push(request);
        }
    }
    requests.incoming.sort_by_key(|request| request.created_at);
    requests.outgoing.sort_by_key(|request| request.created_at);
    Ok(requests)
}

pub(super) async fn are_friends(conn: &mut Conn, one: Id, other: Id) -> Result<bool> {
    let accepted =
        row_of(one, other).select(friendships::accepted_at).first::<Option<Time>>(conn).await.optional()?;
    Ok(accepted.flatten().is_some())
}

/// Of these people, all pairs that are friends.
pub(super) async fn among(conn: &mut Conn, lows: &[Id], highs: &[Id]) -> Result<Vec<(Id, Id)>> {
    Ok(friendships::table
        .filter(friendships::low_id.eq_any(lows))
        .filter(friendships::high_id.eq_any(highs))
        .filter(friendships::accepted_at.is_not_null())
        .select((friendships::low_id, friendships::high_id))
        .load(conn)
        .await?)
}

/// Tells everybody who shows this person's name that it changed.
pub(super) async fn renamed(conn: &mut Conn, user: &User) -> Result<Vec<Change>> {
    let (mut changes, mut friends) = (Vec::new(), Vec::new());
    for (row, other) in with_users(conn, user.id.into()).await? {
        let event = match row.accepted_at {
            Some(since) => ServerEvent::Friend(Friend { user: user.clone(), since: since.into() }),
            None => ServerEvent::FriendRequest {
                direction: if row.requested_by == Id::from(user.id) {
                    FriendRequestDirection::Incoming
                } else {
                    FriendRequestDirection::Outgoing
                },
                user: user.clone(),
                created_at: row.requested_at.into(),
            },
        };
        changes.push(Change::person(other.id.into(), event));
        if row.accepted_at.is_some() {
            friends.push(other.id);
        }
    }
    // Who only shares a conversation is told of no friend: they ask for the snapshot, which has the name.
    let mut strangers = conversations::people_of(conn, user.id.into()).await?;
    strangers.retain(|other| !friends.contains(other));
    let users = strangers.into_iter().map(Into::into).collect();
    changes.push(Change::People { users, event: ServerEvent::Resync {} });
    Ok(changes)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn row_of(one: Id, other: Id) -> _ {
    let (low, high): (Id, Id) = pair(one, other);
    friendships::table.find((low, high))
}

/// Takes the row's lock, so that of two changes to it at once the second sees the first.
async fn lock(conn: &mut Conn, me: Id, other: Id) -> Result<Option<FriendshipRow>> {
    Ok(diesel::update(row_of(me, other))
        .set(friendships::requested_at.eq(friendships::requested_at))
        .returning(FriendshipRow::as_returning())
        .get_result(conn)
        .await
        .optional()?)
}

async fn befriend(conn: &mut Conn, me: Id, other: User, now: Timestamp) -> Result<(Friend, Vec<Change>)> {
    diesel::update(row_of(me, other.id.into()))
        .set(friendships::accepted_at.eq(Some(Time::from(now))))
        .execute(conn)
        .await?;
    let mine = accounts::user(conn, me).await?;
    let mut changes = both(1, me, other.id.into(), |user_id| ServerEvent::FriendRequestRemoved { user_id });
    let friend = Friend { user: other, since: now };
    changes.push(Change::person(me.into(), ServerEvent::Friend(friend.clone())));
    changes.push(Change::person(friend.user.id, ServerEvent::Friend(Friend { user: mine, since: now })));
    Ok((friend, changes))
}

async fn with_users(conn: &mut Conn, me: Id) -> Result<Vec<(FriendshipRow, UserRow)>> {
    // Two queries, each by its own index, rather than one with an OR that may use neither.
    let mut rows: Vec<(FriendshipRow, UserRow)> = friendships::table
        .inner_join(users::table.on(users::id.eq(friendships::high_id)))
        .filter(friendships::low_id.eq(me))
        .select((FriendshipRow::as_select(), UserRow::as_select()))
        .load(conn)
        .await?;
    rows.extend(
        friendships::table
            .inner_join(users::table.on(users::id.eq(friendships::low_id)))
            .filter(friendships::high_id.eq(me))
            .select((FriendshipRow::as_select(), UserRow::as_select()))
            .load::<(FriendshipRow, UserRow)>(conn)
            .await?,
    );
    Ok(rows)
}

fn request_event(
    receiver: &User,
    direction: FriendRequestDirection,
    other: &User,
    created_at: Timestamp,
) -> Change {
    Change::person(receiver.id, ServerEvent::FriendRequest { direction, user: other.clone(), created_at })
}

/// The same event for two people, each told of the other; nothing where no row was touched.
fn both(rows: usize, one: Id, other: Id, event: impl Fn(UserId) -> ServerEvent) -> Vec<Change> {
    if rows == 0 {
        return Vec::new();
    }
    vec![Change::person(one.into(), event(other.into())), Change::person(other.into(), event(one.into()))]
}
