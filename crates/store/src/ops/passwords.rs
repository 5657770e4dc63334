//! Passwords and recovery codes.

use super::{Conn, second_factors as second, security, sessions};
use crate::change::Change;
use crate::error::{Refusal, Result};
use crate::face::{Knowledge, NewSession, Secrets, SessionStarted, TokenHash};
use crate::rows::AccountRow;
use crate::schema::{recovery_codes, second_factors, users};
use crate::types::{Id, Stamp};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::SecurityEventKind;

/// What belongs to a (folded) username.
pub(crate) async fn of_username(conn: &mut Conn, username: &str) -> Result<Option<Secrets>> {
    let second_factor = second_factors::user_id.eq(users::id).and(second_factors::confirmed_at.is_not_null());
    let found = users::table
        .left_join(second_factors::table.on(second_factor))
        .filter(users::username.eq(username))
        .select((users::id, users::password_hash, second_factors::secret_sealed.nullable()))
        .first::<(Id, String, Option<Vec<u8>>)>(conn)
        .await
        .optional()?;
    Ok(found.map(|(user, password_hash, second_factor)| Secrets {
        user: user.into(),
        password_hash,
        second_factor,
    }))
}

pub(crate) async fn of(conn: &mut Conn, user: Id) -> Result<Knowledge> {
    // What is left of an account that is being erased has no password that could be right or wrong.
    let account = users::table.find(user).filter(users::erasing.is_null());
    let row = account.select(AccountRow::as_select()).first(conn).await?;
    Ok(Knowledge { username: row.username, display_name: row.display_name, password_hash: row.password_hash })
}

/// Makes sure that the password which was verified is still the one, and holds the row until the transaction ends.
///
/// # Errors
/// [`Refusal::WrongPassword`]
pub(crate) async fn still(conn: &mut Conn, user: Id, verified_hash: &str) -> Result<()> {
    let same = users::table.find(user).filter(users::password_hash.eq(verified_hash));
    let rows = diesel::update(same).set(users::username.eq(users::username)).execute(conn).await?;
    if rows == 0 { Err(Refusal::WrongPassword.into()) } else { Ok(()) }
}

/// Ends every session but the one that asks.
///
/// # Errors
/// [`Refusal::WrongPassword`] where the verified one is not the password any more.
pub(crate) async fn change(
    conn: &mut Conn,
    stamp: Stamp,
    (user, session): (Id, Id),
    verified_hash: &str,
    new_hash: String,
) -> Result<Vec<Change>> {
    still(conn, user, verified_hash).await?;
    diesel::update(users::table.find(user)).set(users::password_hash.eq(new_hash)).execute(conn).await?;
    security::note_of_session(conn, stamp, (user, session), SecurityEventKind::PasswordChanged).await?;
    sessions::end_all(conn, user, Some(session)).await
}

/// Spends a recovery code for a new password; every earlier session ends, and the second factor, which may be lost too.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] where the code is unknown or spent.
pub(crate) async fn recover(
    conn: &mut Conn,
    stamp: Stamp,
    (user, session_id): (Id, Id),
    code: TokenHash,
    password_hash: String,
    session: NewSession,
) -> Result<(SessionStarted, Vec<Change>)> {
    let spent = diesel::delete(recovery_codes::table.find((user, code.0.to_vec()))).execute(conn).await?;
    if spent == 0 {
        return Err(Refusal::InvalidCredentials.into());
    }
    let row = diesel::update(users::table.find(user))
        .set(users::password_hash.eq(password_hash))
        .returning(AccountRow::as_returning())
        .get_result(conn)
        .await?;
    let changes = sessions::end_all(conn, user, None).await?;
    let device = session.device_name.clone();
    sessions::insert(conn, session_id, user, session, stamp.now).await?;
    second::drop(conn, user).await?;
    security::note(conn, stamp, user, SecurityEventKind::Recovered, Some(device)).await?;
    Ok((SessionStarted { me: row.try_into()?, session: session_id.into() }, changes))
}

/// # Errors
/// [`Refusal::WrongPassword`] where the verified one is not the password any more.
pub(crate) async fn renew_recovery_codes(
    conn: &mut Conn,
    stamp: Stamp,
    (user, session): (Id, Id),
    verified_hash: &str,
    codes: Vec<TokenHash>,
) -> Result<()> {
    still(conn, user, verified_hash).await?;
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user))).execute(conn).await?;
    insert_recovery_codes(conn, user, codes).await?;
    security::note_of_session(conn, stamp, (user, session), SecurityEventKind::RecoveryCodesRenewed).await
}

pub(super) async fn insert_recovery_codes(conn: &mut Conn, user: Id, codes: Vec<TokenHash>) -> Result<()> {
    for code in codes {
        diesel::insert_into(recovery_codes::table)
            .values((recovery_codes::user_id.eq(user), recovery_codes::code_hash.eq(code.0.to_vec())))
            .execute(conn)
            .await?;
    }
    Ok(())
}
