//! People's accounts.

use super::{Conn, friendships, sessions};
use crate::change::Change;
use crate::error::{Refusal, Result, StoreError};
use crate::face::{NewAccount, NewSession, SessionStarted, TokenHash};
use crate::rows::{AccountRow, UserRow, Word};
use crate::schema::{recovery_codes, users};
use crate::types::{Id, Time};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{Me, ServerEvent, Settings, Timestamp, UpdateMe, User, UserId};

/// # Errors
/// [`Refusal::UsernameTaken`]
pub(crate) async fn register(
    conn: &mut Conn,
    ids: (Id, Id, Id),
    account: NewAccount,
    now: Timestamp,
) -> Result<SessionStarted> {
    let (user_id, session_id, consent_id) = ids;
    let settings = Settings::default();
    let row = AccountRow {
        id: user_id,
        username: account.username,
        display_name: account.display_name,
        password_hash: account.password_hash,
        theme: settings.theme.word().to_owned(),
        receipts: settings.receipts,
        presence: settings.presence,
        typing: settings.typing,
        created_at: now.into(),
    };
    diesel::insert_into(users::table).values(&row).execute(conn).await.map_err(|error| match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Refusal::UsernameTaken.into(),
        error => StoreError::from(error),
    })?;
    for code in account.recovery_codes {
        diesel::insert_into(recovery_codes::table)
            .values((recovery_codes::user_id.eq(user_id), recovery_codes::code_hash.eq(code.0.to_vec())))
            .execute(conn)
            .await?;
    }
    super::consents::insert(conn, consent_id, user_id, &account.policy, now).await?;
    sessions::insert(conn, session_id, user_id, account.session, now).await?;
    Ok(SessionStarted { me: row.try_into()?, session: session_id.into() })
}

pub(crate) async fn password_of(conn: &mut Conn, username: &str) -> Result<Option<(UserId, String)>> {
    let found = users::table
        .filter(users::username.eq(username))
        .select((users::id, users::password_hash))
        .first::<(Id, String)>(conn)
        .await
        .optional()?;
    Ok(found.map(|(id, hash)| (id.into(), hash)))
}

pub(crate) async fn me(conn: &mut Conn, user: Id) -> Result<Me> {
    users::table.find(user).select(AccountRow::as_select()).first(conn).await?.try_into()
}

pub(crate) async fn by_username(conn: &mut Conn, username: &str) -> Result<User> {
    let row =
        users::table.filter(users::username.eq(username)).select(UserRow::as_select()).first(conn).await?;
    Ok(row.into())
}

pub(crate) async fn user(conn: &mut Conn, user: Id) -> Result<User> {
    Ok(users::table.find(user).select(UserRow::as_select()).first(conn).await?.into())
}

pub(crate) async fn update_me(conn: &mut Conn, user: Id, update: UpdateMe) -> Result<(Me, Vec<Change>)> {
    // A write first, so that the row is ours before it is read.
    let mut row = diesel::update(users::table.find(user))
        .set(users::username.eq(users::username))
        .returning(AccountRow::as_returning())
        .get_result(conn)
        .await?;
    let before: Me = row.clone().try_into()?;
    if let Some(display_name) = update.display_name {
        row.display_name = display_name;
    }
    if let Some(settings) = update.settings {
        if let Some(theme) = settings.theme {
            theme.word().clone_into(&mut row.theme);
        }
        row.receipts = settings.receipts.unwrap_or(row.receipts);
        row.presence = settings.presence.unwrap_or(row.presence);
        row.typing = settings.typing.unwrap_or(row.typing);
    }
    let me: Me = row.clone().try_into()?;
    if me == before {
        return Ok((me, Vec::new()));
    }
    diesel::update(users::table.find(user))
        .set((
            users::display_name.eq(row.display_name),
            users::theme.eq(row.theme),
            users::receipts.eq(row.receipts),
            users::presence.eq(row.presence),
            users::typing.eq(row.typing),
        ))
        .execute(conn)
        .await?;

    let mut changes = vec![Change::person(user.into(), ServerEvent::Account { user: me.clone() })];
    if me.user.display_name != before.user.display_name {
        changes.extend(friendships::renamed(conn, &me.user).await?);
    }
    if me.settings.presence != before.settings.presence {
        // Whom this person sees is another now; whoever sees them hears of it at once.
        changes.push(Change::person(user.into(), ServerEvent::Resync {}));
    }
    if me.settings.receipts != before.settings.receipts {
        // What the snapshot shows of others' marks, and they of these, is another now.
        changes.push(Change::person(user.into(), ServerEvent::Resync {}));
        let friends = friendships::friends(conn, user).await?;
        let users = friends.iter().map(|friend| friend.user.id).collect();
        changes.push(Change::People { users, event: ServerEvent::Resync {} });
    }
    Ok((me, changes))
}

/// Spends a recovery code for a new password; every earlier session ends.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] where the code is unknown or spent.
pub(crate) async fn recover(
    conn: &mut Conn,
    ids: (Id, Id),
    code: TokenHash,
    password_hash: String,
    session: NewSession,
    now: Timestamp,
) -> Result<(SessionStarted, Vec<Change>)> {
    let (user_id, session_id) = ids;
    let spent = diesel::delete(recovery_codes::table.find((user_id, code.0.to_vec()))).execute(conn).await?;
    if spent == 0 {
        return Err(Refusal::InvalidCredentials.into());
    }
    let row = diesel::update(users::table.find(user_id))
        .set(users::password_hash.eq(password_hash))
        .returning(AccountRow::as_returning())
        .get_result(conn)
        .await?;
    let changes = sessions::end_all(conn, user_id, None).await?;
    sessions::insert(conn, session_id, user_id, session, now).await?;
    Ok((SessionStarted { me: row.try_into()?, session: session_id.into() }, changes))
}

/// Whether each of these people shows what they have received and read.
pub(crate) async fn who_shows_receipts(conn: &mut Conn, users: &[Id]) -> Result<Vec<(Id, bool)>> {
    Ok(users::table.filter(users::id.eq_any(users)).select((users::id, users::receipts)).load(conn).await?)
}

/// A query that touches the database and tells nothing.
pub(crate) async fn ping(conn: &mut Conn) -> Result<()> {
    let _: Option<Time> = users::table.select(users::created_at).first(conn).await.optional()?;
    Ok(())
}
