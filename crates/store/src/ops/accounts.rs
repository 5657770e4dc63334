//! People's accounts.

use super::{Conn, conversations, friendships, passwords, security, sessions};
use crate::change::Change;
use crate::error::{Refusal, Result, StoreError};
use crate::face::{NewAccount, SessionStarted};
use crate::rows::{AccountRow, UserRow, Word};
use crate::schema::users;
use crate::types::{Id, Stamp, Time};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{Me, SecurityEventKind, ServerEvent, Settings, UpdateMe, User};

/// # Errors
/// [`Refusal::UsernameTaken`]
pub(crate) async fn register(
    conn: &mut Conn,
    stamp: Stamp,
    ids: (Id, Id, Id),
    account: NewAccount,
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
        created_at: stamp.now.into(),
    };
    diesel::insert_into(users::table).values(&row).execute(conn).await.map_err(|error| match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Refusal::UsernameTaken.into(),
        error => StoreError::from(error),
    })?;
    passwords::insert_recovery_codes(conn, user_id, account.recovery_codes).await?;
    super::consents::insert(conn, consent_id, user_id, &account.policy, stamp.now).await?;
    let device = account.session.device_name.clone();
    sessions::insert(conn, session_id, user_id, account.session, stamp.now).await?;
    security::note(conn, stamp, user_id, SecurityEventKind::SignedUp, Some(device)).await?;
    Ok(SessionStarted { me: row.try_into()?, session: session_id.into() })
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
        let others = conversations::people_of(conn, user).await?;
        let users = others.into_iter().map(Into::into).collect();
        changes.push(Change::People { users, event: ServerEvent::Resync {} });
    }
    Ok((me, changes))
}

/// Whether each of these people shows what they have received and read.
pub(crate) async fn who_shows_receipts(conn: &mut Conn, users: &[Id]) -> Result<Vec<(Id, bool)>> {
    Ok(users::table.filter(users::id.eq_any(users)).select((users::id, users::receipts)).load(conn).await?)
}

/// Writes what is there already.
pub(crate) async fn touch(conn: &mut Conn) -> Result<()> {
    let newest = "UPDATE __diesel_schema_migrations SET run_on = run_on \
                  WHERE version = (SELECT MAX(version) FROM __diesel_schema_migrations)";
    diesel::sql_query(newest).execute(conn).await?;
    Ok(())
}

/// A query that touches the database and tells nothing.
pub(crate) async fn ping(conn: &mut Conn) -> Result<()> {
    let _: Option<Time> = users::table.select(users::created_at).first(conn).await.optional()?;
    Ok(())
}
