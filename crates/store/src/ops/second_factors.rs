//! A code from a second device at sign-in. What is right about a code is decided elsewhere; here is what is kept of it, and
//! that none is taken twice.

use super::{Conn, passwords, security};
use crate::error::{Refusal, Result};
use crate::schema::second_factors;
use crate::types::{Id, Stamp, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{SecurityEventKind, Timestamp};

pub(crate) async fn since(conn: &mut Conn, user: Id) -> Result<Option<Timestamp>> {
    let since: Option<Option<Time>> =
        second_factors::table.find(user).select(second_factors::confirmed_at).first(conn).await.optional()?;
    Ok(since.flatten().map(Into::into))
}

/// The sealed secret of one that is being set up.
///
/// # Errors
/// [`StoreError::NotFound`](crate::StoreError::NotFound) where none is.
pub(crate) async fn being_set_up(conn: &mut Conn, user: Id) -> Result<Vec<u8>> {
    Ok(second_factors::table
        .find(user)
        .filter(second_factors::confirmed_at.is_null())
        .select(second_factors::secret_sealed)
        .first(conn)
        .await?)
}

/// Begins to set one up, anew where that was begun before.
///
/// # Errors
/// [`Refusal::WrongPassword`] where the verified one is not the password any more, [`Refusal::Conflict`] where one is on.
pub(crate) async fn begin(
    conn: &mut Conn,
    user: Id,
    verified_hash: &str,
    secret_sealed: Vec<u8>,
) -> Result<()> {
    passwords::still(conn, user, verified_hash).await?;
    if since(conn, user).await?.is_some() {
        return Err(Refusal::Conflict("a second factor is on already: turn it off first").into());
    }
    diesel::delete(second_factors::table.find(user)).execute(conn).await?;
    diesel::insert_into(second_factors::table)
        .values((
            second_factors::user_id.eq(user),
            second_factors::secret_sealed.eq(secret_sealed),
            second_factors::used_step.eq(0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Turns it on; the code of this step is spent.
///
/// # Errors
/// [`StoreError::NotFound`](crate::StoreError::NotFound) where none with this secret is being set up any more.
pub(crate) async fn confirm(
    conn: &mut Conn,
    stamp: Stamp,
    (user, session): (Id, Id),
    secret_sealed: &[u8],
    step: i64,
) -> Result<()> {
    let this = second_factors::table
        .find(user)
        .filter(second_factors::confirmed_at.is_null())
        .filter(second_factors::secret_sealed.eq(secret_sealed));
    let confirmed = diesel::update(this)
        .set((
            second_factors::confirmed_at.eq(Some(Time::from(stamp.now))),
            second_factors::used_step.eq(step),
        ))
        .execute(conn)
        .await?;
    if confirmed == 0 {
        return Err(crate::error::StoreError::NotFound);
    }
    security::note_of_session(conn, stamp, (user, session), SecurityEventKind::SecondFactorOn).await
}

/// Spends the code of this step; false where it, or a newer one, has been used.
pub(crate) async fn spend(conn: &mut Conn, user: Id, step: i64) -> Result<bool> {
    let unused = second_factors::table.find(user).filter(second_factors::used_step.lt(step));
    let spent = diesel::update(unused).set(second_factors::used_step.eq(step)).execute(conn).await?;
    Ok(spent > 0)
}

/// Turns it off, or ends setting it up; says nothing where there is none.
///
/// # Errors
/// [`Refusal::WrongPassword`] where the verified one is not the password any more.
pub(crate) async fn remove(
    conn: &mut Conn,
    stamp: Stamp,
    (user, session): (Id, Id),
    verified_hash: &str,
) -> Result<()> {
    passwords::still(conn, user, verified_hash).await?;
    if drop(conn, user).await? {
        security::note_of_session(conn, stamp, (user, session), SecurityEventKind::SecondFactorOff).await?;
    }
    Ok(())
}

/// Whether one was on.
pub(super) async fn drop(conn: &mut Conn, user: Id) -> Result<bool> {
    let was_on = since(conn, user).await?.is_some();
    diesel::delete(second_factors::table.find(user)).execute(conn).await?;
    Ok(was_on)
}
