//! Many rows in one visit to the connection's thread: a prepared statement each, run in a loop.

use super::Conn;
use super::ops::batch::{Related, Wanted};
use crate::error::Result;
use crate::rows::{ConversationRow, MemberRow, MessageRow};
use crate::schema::{conversations, friendships, members, messages, person_versions, users};
use crate::types::Id;
use diesel::prelude::*;

/// The write transaction has the whole file to itself: there is nothing left to lock.
pub(crate) async fn lock_conversations(conn: &mut Conn, ids: &[Id]) -> Result<Vec<ConversationRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = ids.to_vec();
    Ok(conn.spawn_blocking(move |conn| conversations_of(conn, ids)).await?)
}

/// The people in the order of their ids; who does not exist any more is left out.
pub(crate) async fn advance_versions(conn: &mut Conn, users: Vec<Id>) -> Result<Vec<(Id, i64)>> {
    let advanced = conn
        .spawn_blocking(move |conn| {
            let mut advanced = Vec::with_capacity(users.len());
            for user in users {
                if users::table.find(user).count().get_result::<i64>(conn)? == 0 {
                    continue;
                }
                let version: i64 = diesel::insert_into(person_versions::table)
                    .values((person_versions::user_id.eq(user), person_versions::version.eq(1)))
                    .on_conflict(person_versions::user_id)
                    .do_update()
                    .set(person_versions::version.eq(person_versions::version + 1))
                    .returning(person_versions::version)
                    .get_result(conn)?;
                advanced.push((user, version));
            }
            Ok(advanced)
        })
        .await?;
    Ok(advanced)
}

fn conversations_of(conn: &mut SqliteConnection, ids: Vec<Id>) -> QueryResult<Vec<ConversationRow>> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let row = conversations::table.find(id).select(ConversationRow::as_select());
        rows.extend(row.get_result(conn).optional()?);
    }
    Ok(rows)
}

/// Everything that a batch has to know. Each row is asked for by its key: of two lists of values SQLite would try every pair,
/// and of two indexes it might take the one that grows.
pub(crate) async fn related(conn: &mut Conn, wanted: Wanted) -> Result<Related> {
    let Wanted { marked_in, members: (places, people), markers, messages: sent, direct: (lows, highs) } =
        wanted;
    let related = conn.spawn_blocking(move |conn| {
        let mut related = Related { only_marked: conversations_of(conn, marked_in)?, ..Related::default() };
        for key in places.into_iter().zip(people) {
            let member =
                members::table.find(key).filter(members::left_at.is_null()).select(MemberRow::as_select());
            related.members.extend(member.get_result(conn).optional()?);
        }
        for user in markers {
            let shows = users::table.find(user).select((users::id, users::receipts));
            related.shows_receipts.extend(shows.get_result::<(Id, bool)>(conn).optional()?);
        }
        for key in lows.into_iter().zip(highs) {
            let friendship = friendships::table
                .find(key)
                .filter(friendships::accepted_at.is_not_null())
                .select((friendships::low_id, friendships::high_id));
            related.friends.extend(friendship.get_result::<(Id, Id)>(conn).optional()?);
        }
        for (client_id, conversation, author) in sent {
            let known = messages::table
                .filter(messages::client_id.eq(client_id))
                .filter(messages::conversation_id.eq(conversation))
                .filter(messages::author_id.eq(author))
                .select(MessageRow::as_select());
            related.known.extend(known.get_result(conn).optional()?);
        }
        Ok(related)
    });
    Ok(related.await?)
}

/// Writes everything that a batch leaves.
pub(crate) async fn save(
    conn: &mut Conn,
    advanced: &[&ConversationRow],
    marked: &[&MemberRow],
    messages: Vec<MessageRow>,
) -> Result<()> {
    let advanced: Vec<_> =
        advanced.iter().map(|row| (row.id, row.last_seq, row.rev, row.active_at)).collect();
    let marked: Vec<_> = marked
        .iter()
        .map(|row| (row.conversation_id, row.user_id, row.delivered_seq, row.read_seq))
        .collect();
    conn.spawn_blocking(move |conn| {
        for (id, last_seq, rev, active_at) in advanced {
            diesel::update(conversations::table.find(id))
                .set((
                    conversations::last_seq.eq(last_seq),
                    conversations::rev.eq(rev),
                    conversations::active_at.eq(active_at),
                ))
                .execute(conn)?;
        }
        for (conversation, user, delivered_seq, read_seq) in marked {
            diesel::update(members::table.find((conversation, user)))
                .set((members::delivered_seq.eq(delivered_seq), members::read_seq.eq(read_seq)))
                .execute(conn)?;
        }
        for row in messages {
            diesel::insert_into(messages::table).values(row).execute(conn)?;
        }
        Ok(())
    })
    .await?;
    Ok(())
}

/// Writes anew what erasing somebody changes of a message.
pub(crate) async fn rewrite_messages(conn: &mut Conn, rows: &[MessageRow]) -> Result<()> {
    let rows = rows.to_vec();
    conn.spawn_blocking(move |conn| {
        for row in rows {
            diesel::update(messages::table.find((row.conversation_id, row.seq)))
                .set((
                    messages::rev.eq(row.rev),
                    messages::author_id.eq(row.author_id),
                    messages::subject_id.eq(row.subject_id),
                    messages::body.eq(row.body),
                    messages::mentions.eq(row.mentions),
                    messages::deleted_at.eq(row.deleted_at),
                    messages::has_reactions.eq(row.has_reactions),
                ))
                .execute(conn)?;
        }
        Ok(())
    })
    .await?;
    Ok(())
}
