//! Sessions and their refresh tokens.

use super::{Conn, accounts, friendships, security};
use crate::change::Change;
use crate::error::{Result, StoreError};
use crate::face::{
    Authenticated, NewSession, PolicyReference, Rotation, SessionStarted, Successor, TokenHash,
};
use crate::rows::SessionRow;
use crate::schema::{consents, sessions, users};
use crate::types::{Id, Stamp, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::{BTreeMap, HashSet};
use umbrachat_protocol::{Presence, SecurityEventKind, Session, SessionId, Timestamp};

/// How long a refresh token that was just replaced is answered with the same successor: two tabs, a lost reply.
const PREDECESSOR_SECONDS: i64 = 10;

pub(super) async fn insert(
    conn: &mut Conn,
    id: Id,
    user: Id,
    session: NewSession,
    now: Timestamp,
) -> Result<()> {
    let row = SessionRow {
        id,
        user_id: user,
        device_name: session.device_name,
        created_at: now.into(),
        last_used_at: now.into(),
        idle_until: session.idle_until.into(),
        expires_at: session.expires_at.into(),
        refresh_hash: session.refresh.0.to_vec(),
        predecessor_hash: None,
        rotated_at: None,
        successor_sealed: None,
    };
    diesel::insert_into(sessions::table).values(&row).execute(conn).await?;
    Ok(())
}

pub(crate) async fn start(
    conn: &mut Conn,
    stamp: Stamp,
    id: Id,
    user: Id,
    session: NewSession,
) -> Result<SessionStarted> {
    let device = session.device_name.clone();
    insert(conn, id, user, session, stamp.now).await?;
    security::note(conn, stamp, user, SecurityEventKind::SignedIn, Some(device)).await?;
    Ok(SessionStarted { me: accounts::me(conn, user).await?, session: id.into() })
}

pub(crate) async fn authenticated(
    conn: &mut Conn,
    session: SessionId,
    policy: &PolicyReference,
    now: Timestamp,
) -> Result<Option<Authenticated>> {
    let consent = consents::user_id
        .eq(sessions::user_id)
        .and(consents::policy_version.eq(&policy.version))
        .and(consents::policy_sha256.eq(&policy.sha256))
        .and(consents::withdrawn_at.is_null());
    let found = sessions::table
        .left_join(consents::table.on(consent))
        .filter(sessions::id.eq(Id::from(session)))
        .filter(sessions::idle_until.gt(Time::from(now)))
        .filter(sessions::expires_at.gt(Time::from(now)))
        .select((sessions::user_id, consents::id.nullable()))
        .first::<(Id, Option<Id>)>(conn)
        .await
        .optional()?;
    Ok(found.map(|(user, consent)| Authenticated {
        user: user.into(),
        session,
        consented: consent.is_some(),
    }))
}

pub(crate) async fn alive(conn: &mut Conn, ids: &[Id], now: Timestamp) -> Result<HashSet<SessionId>> {
    let alive: Vec<Id> = sessions::table
        .filter(sessions::id.eq_any(ids))
        .filter(sessions::idle_until.gt(Time::from(now)))
        .filter(sessions::expires_at.gt(Time::from(now)))
        .select(sessions::id)
        .load(conn)
        .await?;
    Ok(alive.into_iter().map(SessionId::from).collect())
}

/// Replaces the refresh token by its successor; see [`Rotation`] for what else may come of it.
pub(crate) async fn rotate(
    conn: &mut Conn,
    stamp: Stamp,
    session: SessionId,
    presented: TokenHash,
    successor: Successor,
) -> Result<(Rotation, Vec<Change>)> {
    let now = stamp.now;
    // A write first: of twenty refreshes at once, one finds its token current and the others find it replaced.
    let row = diesel::update(sessions::table.find(Id::from(session)))
        .set(sessions::expires_at.eq(sessions::expires_at))
        .returning(SessionRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    let Some(row) = row else { return Ok((Rotation::Unknown, Vec::new())) };
    if now >= row.idle_until.into() || now >= row.expires_at.into() {
        return Ok((Rotation::Expired, end(conn, row.user_id, row.id).await?));
    }
    if row.refresh_hash == presented.0 {
        diesel::update(sessions::table.find(row.id))
            .set((
                sessions::refresh_hash.eq(successor.hash.0.to_vec()),
                sessions::predecessor_hash.eq(Some(row.refresh_hash)),
                sessions::rotated_at.eq(Some(Time::from(now))),
                sessions::successor_sealed.eq(Some(successor.sealed)),
                sessions::last_used_at.eq(Time::from(now)),
                sessions::idle_until.eq(Time::from(successor.idle_until)),
            ))
            .execute(conn)
            .await?;
        return Ok((Rotation::Rotated(accounts::me(conn, row.user_id).await?), Vec::new()));
    }
    let recent = row.rotated_at.is_some_and(|at| now < Timestamp::from(at).plus_seconds(PREDECESSOR_SECONDS));
    match row.successor_sealed {
        Some(sealed) if recent && row.predecessor_hash.as_deref() == Some(&presented.0) => {
            let me = accounts::me(conn, row.user_id).await?;
            Ok((Rotation::Repeated { me, sealed }, Vec::new()))
        }
        _ => {
            let device = Some(row.device_name);
            security::note(conn, stamp, row.user_id, SecurityEventKind::RefreshReused, device).await?;
            Ok((Rotation::Superseded, end(conn, row.user_id, row.id).await?))
        }
    }
}

/// Those that go on, the last used first.
pub(crate) async fn all(conn: &mut Conn, user: Id, current: Id, now: Timestamp) -> Result<Vec<Session>> {
    let rows: Vec<SessionRow> = sessions::table
        .filter(sessions::user_id.eq(user))
        .filter(sessions::idle_until.gt(Time::from(now)))
        .filter(sessions::expires_at.gt(Time::from(now)))
        .order((sessions::last_used_at.desc(), sessions::id.desc()))
        .select(SessionRow::as_select())
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Session {
            id: row.id.into(),
            device_name: row.device_name,
            created_at: row.created_at.into(),
            last_used_at: row.last_used_at.into(),
            current: row.id == current,
        })
        .collect())
}

/// Ends a session, as its own person asks by this or another one.
///
/// # Errors
/// [`StoreError::NotFound`] where this person has no such session, and has not ended one singly before.
pub(crate) async fn end_one(
    conn: &mut Conn,
    stamp: Stamp,
    (user, asking): (Id, Id),
    ended: Id,
) -> Result<Vec<Change>> {
    let kind = if ended == asking { SecurityEventKind::SignedOut } else { SecurityEventKind::SessionEnded };
    let mine = sessions::table.find(ended).filter(sessions::user_id.eq(user));
    let device: Option<String> = mine.select(sessions::device_name).first(conn).await.optional()?;
    let Some(device) = device else {
        let is_done = security::tells_of_end(conn, user, ended).await?;
        return if is_done { Ok(Vec::new()) } else { Err(StoreError::NotFound) };
    };
    let changes = end(conn, user, ended).await?;
    security::note_end(conn, stamp, user, kind, (device, ended)).await?;
    Ok(changes)
}

/// Ends all sessions but the one that asks.
pub(crate) async fn end_others(
    conn: &mut Conn,
    stamp: Stamp,
    (user, asking): (Id, Id),
) -> Result<Vec<Change>> {
    let changes = end_all(conn, user, Some(asking)).await?;
    if !changes.is_empty() {
        let kind = SecurityEventKind::OtherSessionsEnded;
        security::note_of_session(conn, stamp, (user, asking), kind).await?;
    }
    Ok(changes)
}

/// # Errors
/// [`StoreError::NotFound`] where this person has no such session.
async fn end(conn: &mut Conn, user: Id, session: Id) -> Result<Vec<Change>> {
    let ended = diesel::delete(sessions::table.find(session).filter(sessions::user_id.eq(user)))
        .execute(conn)
        .await?;
    if ended == 0 {
        return Err(StoreError::NotFound);
    }
    Ok(vec![Change::SessionEnded { user: user.into(), session: session.into() }])
}

/// Ends every session of a person but the one to keep.
pub(super) async fn end_all(conn: &mut Conn, user: Id, keep: Option<Id>) -> Result<Vec<Change>> {
    let all: Vec<Id> =
        sessions::table.filter(sessions::user_id.eq(user)).select(sessions::id).load(conn).await?;
    let mut changes = Vec::new();
    for session in all.into_iter().filter(|session| Some(*session) != keep) {
        changes.extend(end(conn, user, session).await?);
    }
    Ok(changes)
}

/// When friends who show their presence were last here: the day, or the week, and nothing where that was longer ago.
pub(super) async fn last_seen(conn: &mut Conn, me: Id, now: Timestamp) -> Result<Vec<Presence>> {
    let friends: Vec<Id> =
        friendships::friends(conn, me).await?.into_iter().map(|friend| friend.user.id.into()).collect();
    let rows: Vec<(Id, Option<Time>)> = users::table
        .left_join(sessions::table)
        .filter(users::id.eq_any(friends))
        .filter(users::presence.eq(true))
        .select((users::id, sessions::last_used_at.nullable()))
        .load(conn)
        .await?;
    let mut newest: BTreeMap<Id, Option<Time>> = BTreeMap::new();
    for (user, used) in rows {
        let entry = newest.entry(user).or_default();
        *entry = (*entry).max(used);
    }
    let today = now.start_of_day();
    let step = |used: Time| {
        let day = Timestamp::from(used).start_of_day();
        match day {
            day if day >= today => Some(today),
            day if day >= today.plus_seconds(-7 * 86_400) => Some(today.plus_seconds(-7 * 86_400)),
            _ => None,
        }
    };
    Ok(newest
        .into_iter()
        .map(|(user, used)| Presence { user_id: user.into(), online: false, last_seen: used.and_then(step) })
        .collect())
}
