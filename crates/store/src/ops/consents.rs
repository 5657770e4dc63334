//! Consent: to which text, when, and until when.

use super::Conn;
use crate::error::Result;
use crate::face::PolicyReference;
use crate::schema::consents;
use crate::types::{Id, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{Consent, Timestamp};

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
    id: Id,
    user: Id,
    policy: PolicyReference,
    now: Timestamp,
) -> Result<()> {
    let given = consents::table
        .filter(consents::user_id.eq(user))
        .filter(consents::policy_version.eq(&policy.version))
        .filter(consents::withdrawn_at.is_null())
        .select(consents::id)
        .first::<Id>(conn)
        .await
        .optional()?;
    match given {
        Some(_) => Ok(()),
        None => insert(conn, id, user, &policy, now).await,
    }
}

pub(crate) async fn withdraw(conn: &mut Conn, user: Id, now: Timestamp) -> Result<()> {
    diesel::update(consents::table)
        .filter(consents::user_id.eq(user))
        .filter(consents::withdrawn_at.is_null())
        .set(consents::withdrawn_at.eq(Time::from(now)))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn all(conn: &mut Conn, user: Id) -> Result<Vec<Consent>> {
    type Row = (String, String, String, Time, Option<Time>);
    let rows: Vec<Row> = consents::table
        .filter(consents::user_id.eq(user))
        .order((consents::granted_at, consents::id))
        .select((
            consents::purpose,
            consents::policy_version,
            consents::policy_sha256,
            consents::granted_at,
            consents::withdrawn_at,
        ))
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(purpose, policy_version, policy_sha256, granted_at, withdrawn_at)| Consent {
            purpose,
            policy_version,
            policy_sha256,
            granted_at: granted_at.into(),
            withdrawn_at: withdrawn_at.map(Into::into),
        })
        .collect())
}
