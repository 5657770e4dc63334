//! The security log: what happened to an account, for its owner to look at.

use super::Conn;
use crate::error::Result;
use crate::rows::{SecurityEventRow, Word};
use crate::schema::{security_events, sessions};
use crate::types::{Id, Stamp, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{SecurityEvent, SecurityEventKind, Timestamp};

const DAY: i64 = 86_400;
/// How long an event is kept.
const KEPT_SECONDS: i64 = 90 * DAY;
/// How many of one kind a person keeps: somebody who guesses passwords all day must not fill the disk, and not push out
/// what else there is to see.
const OF_ONE_KIND: i64 = 200;

pub(crate) async fn note(
    conn: &mut Conn,
    stamp: Stamp,
    user: Id,
    kind: SecurityEventKind,
    device_name: Option<String>,
) -> Result<()> {
    insert(conn, stamp, user, kind, (device_name, None)).await
}

/// Notes that a session has been ended, and which.
pub(super) async fn note_end(
    conn: &mut Conn,
    stamp: Stamp,
    user: Id,
    kind: SecurityEventKind,
    (device_name, session): (String, Id),
) -> Result<()> {
    insert(conn, stamp, user, kind, (Some(device_name), Some(session))).await
}

/// Whether this person's log tells of the end of that session.
pub(super) async fn tells_of_end(conn: &mut Conn, user: Id, session: Id) -> Result<bool> {
    let ends = security_events::table
        .filter(security_events::user_id.eq(user))
        .filter(security_events::session_id.eq(session));
    Ok(ends.count().get_result::<i64>(conn).await? > 0)
}

async fn insert(
    conn: &mut Conn,
    stamp: Stamp,
    user: Id,
    kind: SecurityEventKind,
    (device_name, session): (Option<String>, Option<Id>),
) -> Result<()> {
    diesel::insert_into(security_events::table)
        .values((
            security_events::id.eq(stamp.id),
            security_events::user_id.eq(user),
            security_events::happened_at.eq(Time::from(stamp.now)),
            security_events::kind.eq(kind.word()),
            security_events::device_name.eq(device_name),
            security_events::session_id.eq(session),
        ))
        .execute(conn)
        .await?;
    let of_this_kind = security_events::table
        .filter(security_events::user_id.eq(user))
        .filter(security_events::kind.eq(kind.word()));
    let superfluous: Option<Id> = of_this_kind
        .order(security_events::id.desc())
        .offset(OF_ONE_KIND)
        .select(security_events::id)
        .first(conn)
        .await
        .optional()?;
    if let Some(superfluous) = superfluous {
        diesel::delete(of_this_kind.filter(security_events::id.le(superfluous))).execute(conn).await?;
    }
    Ok(())
}

/// Notes what one of the person's sessions did.
pub(crate) async fn note_of_session(
    conn: &mut Conn,
    stamp: Stamp,
    (user, session): (Id, Id),
    kind: SecurityEventKind,
) -> Result<()> {
    let device = sessions::table.find(session).select(sessions::device_name).first(conn).await.optional()?;
    note(conn, stamp, user, kind, device).await
}

/// The newest first.
pub(crate) async fn all(conn: &mut Conn, user: Id, now: Timestamp) -> Result<Vec<SecurityEvent>> {
    let rows: Vec<SecurityEventRow> = security_events::table
        .filter(security_events::user_id.eq(user))
        .filter(security_events::happened_at.gt(Time::from(oldest(now))))
        .order(security_events::id.desc())
        .select(SecurityEventRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Clears away what is too old, and sessions that are over; how many rows.
pub(crate) async fn forget_what_is_over(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    let events = diesel::delete(
        security_events::table.filter(security_events::happened_at.le(Time::from(oldest(now)))),
    )
    .execute(conn)
    .await?;
    let now = Time::from(now);
    let over = sessions::idle_until.le(now).or(sessions::expires_at.le(now));
    Ok(events + diesel::delete(sessions::table.filter(over)).execute(conn).await?)
}

fn oldest(now: Timestamp) -> Timestamp {
    now.plus_seconds(-KEPT_SECONDS)
}
