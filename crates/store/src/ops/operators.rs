//! What operators do to accounts, from beside the server.

use super::{Conn, second_factors, security, sessions};
use crate::change::Change;
use crate::error::{Result, StoreError};
use crate::face::Account;
use crate::schema::{recovery_codes, sessions as sessions_table, signals, users};
use crate::types::{Id, Stamp, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::HashMap;
use umbrachat_protocol::{SecurityEventKind, Timestamp};

/// What operators' commands are known by to the servers.
const OPERATOR: &str = "operator";

/// Accounts in the order of their names: at most `limit` after the given one.
pub(crate) async fn accounts(
    conn: &mut Conn,
    after: &str,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Account>> {
    let rows: Vec<(Id, String, String, Time)> = users::table
        .filter(users::username.gt(after))
        .filter(users::erasing.is_null())
        .order(users::username)
        .limit(limit)
        .select((users::id, users::username, users::display_name, users::created_at))
        .load(conn)
        .await?;
    let ids: Vec<Id> = rows.iter().map(|row| row.0).collect();
    let used: Vec<(Id, Time)> = sessions_table::table
        .filter(sessions_table::user_id.eq_any(&ids))
        .filter(sessions_table::idle_until.gt(Time::from(now)))
        .filter(sessions_table::expires_at.gt(Time::from(now)))
        .select((sessions_table::user_id, sessions_table::last_used_at))
        .load(conn)
        .await?;
    let mut sessions: HashMap<Id, (usize, Option<Time>)> = HashMap::new();
    for (user, at) in used {
        let (count, newest) = sessions.entry(user).or_default();
        *count += 1;
        *newest = (*newest).max(Some(at));
    }
    Ok(rows
        .into_iter()
        .map(|(id, username, display_name, created_at)| {
            let (sessions, last_used_at) = sessions.remove(&id).unwrap_or_default();
            Account {
                username,
                display_name,
                created_at: created_at.into(),
                sessions,
                last_used_at: last_used_at.map(Into::into),
            }
        })
        .collect())
}

/// Puts a new password in place, ends every session and takes the recovery codes away: whoever had the account may have
/// both.
pub(crate) async fn reset_password(
    conn: &mut Conn,
    stamp: Stamp,
    user: Id,
    password_hash: String,
) -> Result<(usize, Vec<Change>)> {
    let account = users::table.find(user).filter(users::erasing.is_null());
    let rows = diesel::update(account).set(users::password_hash.eq(password_hash)).execute(conn).await?;
    if rows == 0 {
        return Err(StoreError::NotFound);
    }
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user))).execute(conn).await?;
    // Without recovery codes a lost device would keep its owner out for ever.
    second_factors::drop(conn, user).await?;
    let changes = sessions::end_all(conn, user, None).await?;
    security::note(conn, stamp, user, SecurityEventKind::PasswordResetByOperator, None).await?;
    Ok((changes.len(), changes))
}

/// Ends every session of a person; how many.
pub(crate) async fn end_sessions(conn: &mut Conn, stamp: Stamp, user: Id) -> Result<(usize, Vec<Change>)> {
    let changes = sessions::end_all(conn, user, None).await?;
    if !changes.is_empty() {
        security::note(conn, stamp, user, SecurityEventKind::SessionsEndedByOperator, None).await?;
    }
    Ok((changes.len(), changes))
}

/// Tells the servers that something has changed.
pub(crate) async fn signal(conn: &mut Conn) -> Result<()> {
    let operator = signals::table.find(OPERATOR);
    diesel::update(operator).set(signals::count.eq(signals::count + 1)).execute(conn).await?;
    Ok(())
}

/// How often that was done.
pub(crate) async fn signals(conn: &mut Conn) -> Result<i64> {
    Ok(signals::table.find(OPERATOR).select(signals::count).first(conn).await?)
}
