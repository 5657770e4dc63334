//! Events about people carry no rev. So that a replica which misses one can know, each person has a counter of the
//! transactions that had something to tell them.

use super::{Conn, bulk};
use crate::change::Change;
use crate::error::Result;
use crate::schema::person_versions;
use crate::types::Id;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::BTreeSet;

/// Counts this transaction for everybody whom it concerns, and says so in its changes. It comes last, so that these locks
/// are held for as short as can be and nothing is waited for while they are.
pub(crate) async fn advance(conn: &mut Conn, changes: &mut Vec<Change>) -> Result<()> {
    let concerned: BTreeSet<Id> = changes.iter().flat_map(concerned).collect();
    if concerned.is_empty() {
        return Ok(());
    }
    let versions = bulk::advance_versions(conn, concerned.into_iter().collect()).await?;
    changes.extend(versions.into_iter().map(|(user, version)| Change::Told { user: user.into(), version }));
    Ok(())
}

/// How often each of these people has had something to be told. Who is left out never had.
pub(crate) async fn of(conn: &mut Conn, users: &[Id]) -> Result<Vec<(Id, i64)>> {
    Ok(person_versions::table
        .filter(person_versions::user_id.eq_any(users))
        .select((person_versions::user_id, person_versions::version))
        .load(conn)
        .await?)
}

/// Whom a change concerns who could miss it without knowing. A conversation's changes have its rev, an end of it or of a
/// session shows where those are looked for.
fn concerned(change: &Change) -> Vec<Id> {
    match change {
        Change::People { users, .. } => users.iter().copied().map(Id::from).collect(),
        Change::Joined { user, .. } | Change::ConsentWithdrawn { user } => vec![Id::from(*user)],
        _ => Vec::new(),
    }
}
