//! Many rows in one statement: the columns travel as arrays, so the text stays the same for any number of rows and
//! PostgreSQL prepares it once.

use super::Conn;
use super::ops::batch::{Related, Wanted};
use crate::error::Result;
use crate::rows::{ConversationRow, MemberRow, MessageRow};
use crate::schema::{conversations, friendships, users};
use crate::types::{Id, Time, sql};
use diesel::dsl::{AsSelect, SqlTypeOf};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;
use futures_util::future::{try_join3, try_join5};
use std::future::Future;

/// Takes the conversations' locks, in the order of their ids, so that two batches never wait for each other.
pub(crate) async fn lock_conversations(conn: &mut Conn, ids: &[Id]) -> Result<Vec<ConversationRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(conversations::table
        .filter(conversations::id.eq_any(ids))
        .order(conversations::id)
        .select(ConversationRow::as_select())
        .for_update()
        .load(conn)
        .await?)
}

/// Everything that a batch has to know, asked at once: the queries travel together, and so do the answers.
pub(crate) async fn related(conn: &mut Conn, wanted: Wanted) -> Result<Related> {
    let Wanted { marked_in, members: (places, people), markers, messages, direct: (lows, highs) } = wanted;
    let (mut one, mut two, mut three, mut four, mut five) = (&*conn, &*conn, &*conn, &*conn, &*conn);
    let only_marked = conversations::table
        .filter(conversations::id.eq_any(&marked_in))
        .select(ConversationRow::as_select())
        .load(&mut one);
    let members = MembersByKey { conversation_ids: places, user_ids: people, ..MembersByKey::new() };
    let (no_friends, none_sent) = (lows.is_empty(), messages.is_empty());
    let friends = FriendsByKey { low_ids: lows, high_ids: highs, ..FriendsByKey::new() };
    let shows_receipts =
        users::table.filter(users::id.eq_any(&markers)).select((users::id, users::receipts)).load(&mut four);
    let mut known = MessagesByClientId::new();
    for (client_id, conversation, author) in messages {
        known.client_ids.push(client_id);
        known.conversation_ids.push(conversation);
        known.author_ids.push(author);
    }
    let (only_marked, members, friends, shows_receipts, known) = try_join5(
        unless(marked_in.is_empty(), only_marked),
        members.load(&mut two),
        unless(no_friends, friends.load(&mut three)),
        unless(markers.is_empty(), shows_receipts),
        unless(none_sent, known.load(&mut five)),
    )
    .await?;
    let friends = friends.into_iter().map(|row: FriendsRow| (row.low_id, row.high_id)).collect();
    Ok(Related { only_marked, members, friends, shows_receipts, known })
}

/// Does not even ask what can only have one answer.
async fn unless<T>(is_empty: bool, query: impl Future<Output = QueryResult<Vec<T>>>) -> QueryResult<Vec<T>> {
    if is_empty { Ok(Vec::new()) } else { query.await }
}

/// Writes everything that a batch leaves, at once.
pub(crate) async fn save(
    conn: &mut Conn,
    advanced: &[&ConversationRow],
    marked: &[&MemberRow],
    messages: Vec<MessageRow>,
) -> Result<()> {
    let (mut one, mut two, mut three) = (&*conn, &*conn, &*conn);
    try_join3(
        advance_conversations(&mut one, advanced),
        move_marks(&mut two, marked),
        insert_messages(&mut three, messages),
    )
    .await?;
    Ok(())
}

async fn advance_conversations(conn: &mut &Conn, rows: &[&ConversationRow]) -> QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = AdvanceConversations {
        ids: rows.iter().map(|row| row.id).collect(),
        last_seqs: rows.iter().map(|row| row.last_seq).collect(),
        revs: rows.iter().map(|row| row.rev).collect(),
        active_at: rows.iter().map(|row| row.active_at).collect(),
    };
    statement.execute(conn).await?;
    Ok(())
}

/// The people in the order of their ids, so that two transactions never wait for each other; who does not exist any more is
/// left out.
pub(crate) async fn advance_versions(conn: &mut Conn, users: Vec<Id>) -> Result<Vec<(Id, i64)>> {
    let statement = diesel::sql_query(
        "INSERT INTO person_versions (user_id, version) \
         SELECT id, 1 FROM users WHERE id = ANY($1) ORDER BY id \
         ON CONFLICT (user_id) DO UPDATE SET version = person_versions.version + 1 \
         RETURNING user_id, version",
    );
    let rows: Vec<PersonVersion> = statement.bind::<Array<sql::Id>, _>(users).load(conn).await?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.version)).collect())
}

#[derive(QueryableByName)]
struct PersonVersion {
    #[diesel(sql_type = sql::Id)]
    user_id: Id,
    #[diesel(sql_type = BigInt)]
    version: i64,
}

async fn move_marks(conn: &mut &Conn, rows: &[&MemberRow]) -> QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let statement = MoveMarks {
        conversation_ids: rows.iter().map(|row| row.conversation_id).collect(),
        user_ids: rows.iter().map(|row| row.user_id).collect(),
        delivered_seqs: rows.iter().map(|row| row.delivered_seq).collect(),
        read_seqs: rows.iter().map(|row| row.read_seq).collect(),
    };
    statement.execute(conn).await?;
    Ok(())
}

async fn insert_messages(conn: &mut &Conn, rows: Vec<MessageRow>) -> QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = InsertMessages::default();
    for row in rows {
        statement.conversation_ids.push(row.conversation_id);
        statement.seqs.push(row.seq);
        statement.revs.push(row.rev);
        statement.kinds.push(row.kind);
        statement.author_ids.push(row.author_id);
        statement.client_ids.push(row.client_id);
        statement.bodies.push(row.body);
        statement.replies_to.push(row.reply_to);
        statement.mentions.push(row.mentions);
        statement.created_at.push(row.created_at);
    }
    statement.execute(conn).await?;
    Ok(())
}

/// Writes anew what erasing somebody changes of a message.
pub(crate) async fn rewrite_messages(conn: &mut Conn, rows: &[MessageRow]) -> Result<()> {
    let mut statement = RewriteMessages::default();
    for row in rows {
        statement.conversation_ids.push(row.conversation_id);
        statement.seqs.push(row.seq);
        statement.revs.push(row.rev);
        statement.author_ids.push(row.author_id);
        statement.subject_ids.push(row.subject_id);
        statement.bodies.push(row.body.clone());
        statement.mentions.push(row.mentions.clone());
        statement.deleted_at.push(row.deleted_at);
        statement.has_reactions.push(row.has_reactions);
    }
    statement.execute(conn).await?;
    Ok(())
}

/// A statement with a fixed text and one array per parameter.
macro_rules! statement {
    ($name:ident { $($field:ident: $kind:ty => $sql:ty,)* } $($text:literal $($bound:ident)?),*) => {
        #[derive(Default, QueryId)]
        struct $name { $($field: Vec<$kind>,)* }

        impl QueryFragment<Pg> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                $(
                    out.push_sql($text);
                    $(statement!(@bind out, self, $bound);)?
                )*
                Ok(())
            }
        }

        impl $name {
            $(
                fn $field<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                    out.push_bind_param::<Array<$sql>, _>(&self.$field)
                }
            )*
        }
    };
    (@bind $out:ident, $this:ident, $field:ident) => {
        $this.$field(&mut $out)?;
    };
}

statement! {
    AdvanceConversations {
        ids: Id => sql::Id,
        last_seqs: i64 => BigInt,
        revs: i64 => BigInt,
        active_at: Time => sql::Moment,
    }
    "UPDATE conversations AS c SET last_seq = n.last_seq, rev = n.rev, active_at = n.active_at FROM UNNEST(" ids,
    ", " last_seqs, ", " revs, ", " active_at,
    ") AS n (id, last_seq, rev, active_at) WHERE c.id = n.id"
}

/// Rows that are found by their keys, one array for each part of the key. A join, because of two lists of values PostgreSQL
/// would look for every pair, or take an index by one of them alone and read all that somebody has ever said.
macro_rules! lookup {
    ($name:ident { $($key:ident),* } => $row:ty, $from:literal) => {
        #[derive(QueryId)]
        struct $name { selection: AsSelect<$row, Pg>, $($key: Vec<Id>,)* }

        impl $name {
            fn new() -> Self {
                Self { selection: <$row>::as_select(), $($key: Vec::new(),)* }
            }
        }

        impl Query for $name {
            type SqlType = SqlTypeOf<AsSelect<$row, Pg>>;
        }

        impl QueryFragment<Pg> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                out.push_sql("SELECT ");
                self.selection.walk_ast(out.reborrow())?;
                let mut before = " FROM UNNEST(";
                $(
                    out.push_sql(std::mem::replace(&mut before, ", "));
                    out.push_bind_param::<Array<sql::Id>, _>(&self.$key)?;
                )*
                out.push_sql(concat!(") AS n (", stringify!($($key),*), ") INNER JOIN ", $from));
                Ok(())
            }
        }
    };
}

lookup! {
    MembersByKey { conversation_ids, user_ids } => MemberRow,
    "members ON members.conversation_id = n.conversation_ids AND members.user_id = n.user_ids AND members.left_at IS NULL"
}

lookup! {
    FriendsByKey { low_ids, high_ids } => FriendsRow,
    "friendships ON friendships.low_id = n.low_ids AND friendships.high_id = n.high_ids \
     AND friendships.accepted_at IS NOT NULL"
}

lookup! {
    MessagesByClientId { client_ids, conversation_ids, author_ids } => MessageRow,
    "messages ON messages.client_id = n.client_ids AND messages.conversation_id = n.conversation_ids \
     AND messages.author_id = n.author_ids"
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = friendships)]
struct FriendsRow {
    low_id: Id,
    high_id: Id,
}

// Greatest: a mark may have moved on another replica since it was read here.
statement! {
    MoveMarks {
        conversation_ids: Id => sql::Id,
        user_ids: Id => sql::Id,
        delivered_seqs: i64 => BigInt,
        read_seqs: i64 => BigInt,
    }
    "UPDATE members AS m SET delivered_seq = GREATEST(m.delivered_seq, n.delivered_seq), \
     read_seq = GREATEST(m.read_seq, n.read_seq) FROM UNNEST(" conversation_ids,
    ", " user_ids, ", " delivered_seqs, ", " read_seqs,
    ") AS n (conversation_id, user_id, delivered_seq, read_seq) \
     WHERE m.conversation_id = n.conversation_id AND m.user_id = n.user_id"
}

statement! {
    InsertMessages {
        conversation_ids: Id => sql::Id,
        seqs: i64 => BigInt,
        revs: i64 => BigInt,
        kinds: String => Text,
        author_ids: Option<Id> => Nullable<sql::Id>,
        client_ids: Id => sql::Id,
        bodies: String => Text,
        replies_to: Option<i64> => Nullable<BigInt>,
        mentions: String => Text,
        created_at: Time => sql::Moment,
    }
    "INSERT INTO messages (conversation_id, seq, rev, kind, author_id, client_id, body, reply_to, mentions, created_at) \
     SELECT * FROM UNNEST(" conversation_ids,
    ", " seqs, ", " revs, ", " kinds, ", " author_ids, ", " client_ids, ", " bodies, ", " replies_to,
    ", " mentions, ", " created_at, ")"
}

statement! {
    RewriteMessages {
        conversation_ids: Id => sql::Id,
        seqs: i64 => BigInt,
        revs: i64 => BigInt,
        author_ids: Option<Id> => Nullable<sql::Id>,
        subject_ids: Option<Id> => Nullable<sql::Id>,
        bodies: String => Text,
        mentions: String => Text,
        deleted_at: Option<Time> => Nullable<sql::Moment>,
        has_reactions: bool => Bool,
    }
    "UPDATE messages AS m SET rev = n.rev, author_id = n.author_id, subject_id = n.subject_id, body = n.body, \
     mentions = n.mentions, deleted_at = n.deleted_at, has_reactions = n.has_reactions FROM UNNEST(" conversation_ids,
    ", " seqs, ", " revs, ", " author_ids, ", " subject_ids, ", " bodies, ", " mentions, ", " deleted_at,
    ", " has_reactions,
    ") AS n (conversation_id, seq, rev, author_id, subject_id, body, mentions, deleted_at, has_reactions) \
     WHERE m.conversation_id = n.conversation_id AND m.seq = n.seq"
}
