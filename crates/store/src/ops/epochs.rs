//! Which history this database has: another one once it was restored from a backup.

use super::Conn;
use crate::error::Result;
use crate::schema::epochs;
use crate::types::Id;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

const ONLY: i16 = 1;

/// Moves the counter on and says where it stands. Where somebody has seen it further than it is, the database has gone
/// back, and its history is another one from here on: `fresh`.
pub(crate) async fn beat(conn: &mut Conn, seen: Option<i64>, fresh: Id) -> Result<(Id, i64)> {
    diesel::insert_into(epochs::table)
        .values((epochs::id.eq(ONLY), epochs::epoch.eq(fresh), epochs::beat.eq(0)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let (epoch, beat): (Id, i64) = diesel::update(epochs::table.find(ONLY))
        .set(epochs::beat.eq(epochs::beat + 1))
        .returning((epochs::epoch, epochs::beat))
        .get_result(conn)
        .await?;
    match seen {
        Some(seen) if beat <= seen => begin(conn, fresh, seen + 1).await,
        _ => Ok((epoch, beat)),
    }
}

/// Begins another history.
pub(crate) async fn begin(conn: &mut Conn, fresh: Id, beat: i64) -> Result<(Id, i64)> {
    diesel::update(epochs::table.find(ONLY))
        .set((epochs::epoch.eq(fresh), epochs::beat.eq(beat)))
        .execute(conn)
        .await?;
    Ok((fresh, beat))
}
