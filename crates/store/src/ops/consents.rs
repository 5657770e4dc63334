//! Consent: to which text, when, and until when.

use super::{Conn, security};
use crate::error::Result;
use crate::face::PolicyReference;
use crate::rows::ConsentRow;
use crate::schema::consents;
use crate::types::{Id, Stamp, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{Consent, SecurityEventKind, Timestamp};

const PRIVACY_POLICY: &str = "privacy_policy";

pub(crate) async fn insert(
    conn: &mut Conn,
    id: Id,
    user: Id,
    policy: &PolicyReference,
    now: Timestamp,
) -> Result<()> {
    diesel::insert_into(consents::table)
        .values((
            consents::id.eq(id),
            consents::user_id.eq(user),
            consents::purpose.eq(PRIVACY_POLICY),
            consents::policy_version.eq(&policy.version),
            consents::policy_sha256.eq(&policy.sha256),
            consents::granted_at.eq(Time::from(now)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Agreeing again to what is already agreed to changes nothing.
pub(crate) async fn give(
    conn: &mut Conn,
    stamp: Stamp,
    (user, session): (Id, Id),
    id: Id,
    policy: PolicyReference,
) -> Result<()> {
    let given = consents::table
        .filter(consents::user_id.eq(user))
        .filter(consents::policy_version.eq(&policy.version))
        .filter(consents::policy_sha256.eq(&policy.sha256))
        .filter(consents::withdrawn_at.is_null())
        .select(consents::id)
        .first::<Id>(conn)
        .await
        .optional()?;
    if given.is_some() {
        return Ok(());
    }
    insert(conn, id, user, &policy, stamp.now).await?;
    security::note_of_session(conn, stamp, (user, session), SecurityEventKind::ConsentGiven).await
}

pub(crate) async fn withdraw(conn: &mut Conn, stamp: Stamp, (user, session): (Id, Id)) -> Result<()> {
    let withdrawn = diesel::update(consents::table)
        .filter(consents::user_id.eq(user))
        .filter(consents::withdrawn_at.is_null())
        .set(consents::withdrawn_at.eq(Time::from(stamp.now)))
        .execute(conn)
        .await?;
    if withdrawn == 0 {
        return Ok(());
    }
    security::note_of_session(conn, stamp, (user, session), SecurityEventKind::ConsentWithdrawn).await
}

pub(crate) async fn all(conn: &mut Conn, user: Id) -> Result<Vec<Consent>> {
    let rows = consents::table
        .filter(consents::user_id.eq(user))
        .order((consents::granted_at, consents::id))
        .select(ConsentRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
