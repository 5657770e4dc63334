//! Forgetting a person. First the account goes, in one transaction; then, in pieces that are short enough for nobody to
//! wait for, what they left in each conversation; last the row that held it all together.
//!
//! Every piece finds what is left by itself, so that any of them may be repeated, and the whole be taken up again.

use super::conversations::views_of_group;
use super::locked::Locked;
use super::{Conn, blocks, bulk, friendships, groups, members, messages as reading};
use crate::change::{Change, Numbered};
use crate::clock::Clock;
use crate::departure::{Departure, Piece};
use crate::error::{Refusal, Result, StoreError};
use crate::rows::{MemberRow, MessageRow, Word, mentions_from_column, mentions_to_column};
use crate::schema::{
    consents, conversations, erasures, members as members_table, messages, reactions, recovery_codes,
    second_factors, security_events, sessions, users,
};
use crate::types::{Id, Time};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{
    ConversationId, ErasedMessages, ErasureCounts, MessageKind, Rev, Role, Timestamp, UserId,
};

/// Rows that one transaction goes through: it holds the conversation's lock meanwhile.
const BATCH: i64 = 64;

/// Ends the account: from here on nobody can sign in to it or find it, and its name is free.
///
/// # Errors
/// [`StoreError::NotFound`] where that has happened already; [`Refusal::WrongPassword`] where the verified hash is not the
/// person's any more.
pub(crate) async fn begin(
    conn: &mut Conn,
    user: Id,
    verified_hash: Option<&str>,
    ledger: (&[u8], ErasedMessages),
    now: Timestamp,
) -> Result<(ErasureCounts, Vec<Change>)> {
    // A write first, so that of two erasures at once the second sees the first.
    let (hash, erasing): (String, Option<String>) = diesel::update(users::table.find(user))
        .set(users::username.eq(users::username))
        .returning((users::password_hash, users::erasing))
        .get_result(conn)
        .await?;
    if erasing.is_some() {
        return Err(StoreError::NotFound);
    }
    if verified_hash.is_some_and(|verified| verified != hash) {
        return Err(Refusal::WrongPassword.into());
    }
    let (digest, fate) = ledger;
    diesel::update(users::table.find(user))
        .set((
            // Nobody can choose a name that begins so.
            users::username.eq(format!("~{}", user.0.simple())),
            users::display_name.eq(""),
            users::password_hash.eq(""),
            users::erasing.eq(Some(fate.word())),
        ))
        .execute(conn)
        .await?;
    note(conn, digest, fate, now).await?;
    sever(conn, user).await
}

/// Writes into the ledger that somebody was erased. Repeating it changes nothing.
pub(crate) async fn note(
    conn: &mut Conn,
    digest: &[u8],
    fate: ErasedMessages,
    erased_at: Timestamp,
) -> Result<()> {
    diesel::insert_into(erasures::table)
        .values((
            erasures::digest.eq(digest),
            erasures::messages.eq(fate.word()),
            erasures::erased_at.eq(Time::from(erased_at)),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// The ledger: digest, what became of the messages, and when.
pub(crate) async fn ledger(conn: &mut Conn) -> Result<Vec<(Vec<u8>, ErasedMessages, Timestamp)>> {
    let rows: Vec<(Vec<u8>, String, Time)> = erasures::table
        .order((erasures::erased_at, erasures::digest))
        .select((erasures::digest, erasures::messages, erasures::erased_at))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(digest, fate, at)| Ok((digest, ErasedMessages::from_word(&fate)?, at.into())))
        .collect()
}

/// Accounts, by their ids: at most `limit` after the given one.
pub(crate) async fn user_ids(conn: &mut Conn, after: Id, limit: i64) -> Result<Vec<UserId>> {
    let ids: Vec<Id> = users::table
        .filter(users::id.gt(after))
        .filter(users::erasing.is_null())
        .order(users::id)
        .limit(limit)
        .select(users::id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

/// Accounts that have ended and left traces.
pub(crate) async fn unfinished(conn: &mut Conn) -> Result<Vec<(UserId, ErasedMessages)>> {
    let rows: Vec<(Id, Option<String>)> = users::table
        .filter(users::erasing.is_not_null())
        .order(users::id)
        .select((users::id, users::erasing))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(id, fate)| Ok((id.into(), ErasedMessages::from_word(&fate.unwrap_or_default())?)))
        .collect()
}

/// Where a person has left something.
pub(crate) async fn places(conn: &mut Conn, user: Id) -> Result<Vec<ConversationId>> {
    let mut found: Vec<Id> = members_table::table
        .filter(members_table::user_id.eq(user))
        .select(members_table::conversation_id)
        .load(conn)
        .await?;
    if found.is_empty() {
        // Nothing should be left without a membership. Where it is, it is found all the same.
        let written = messages::table.filter(messages::author_id.eq(user)).select(messages::conversation_id);
        let named = messages::table.filter(messages::subject_id.eq(user)).select(messages::conversation_id);
        let reacted = reactions::table.filter(reactions::user_id.eq(user)).select(reactions::conversation_id);
        found.extend::<Option<Id>>(written.first(conn).await.optional()?);
        found.extend::<Option<Id>>(named.first(conn).await.optional()?);
        found.extend::<Option<Id>>(reacted.first(conn).await.optional()?);
        found.sort_unstable();
        found.dedup();
    }
    Ok(found.into_iter().map(Into::into).collect())
}

/// How many messages still name this person as their author.
pub(crate) async fn remaining_messages(conn: &mut Conn, user: Id) -> Result<i64> {
    Ok(messages::table.filter(messages::author_id.eq(user)).count().get_result(conn).await?)
}

/// Takes the person out of a conversation, as if they had left: an owner hands over, and a direct conversation stays with
/// the other.
pub(crate) async fn leave(
    conn: &mut Conn,
    clock: &Clock,
    user: Id,
    id: ConversationId,
) -> Result<(Departure, Vec<Change>)> {
    let Some(mut locked) = lock(conn, id, clock.now()).await? else {
        return Ok((Departure::None, Vec::new()));
    };
    if members::successor(conn, locked.row.id, user).await?.is_none() {
        let departure =
            if locked.row.is_direct() { Departure::AloneInDirect } else { Departure::AloneInGroup };
        return Ok((departure, Vec::new()));
    }
    let Some(member) = members::current(conn, locked.row.id, user).await? else {
        return Ok((Departure::None, Vec::new()));
    };
    if !locked.row.is_direct() {
        let changes = members::leave(conn, clock, &mut locked, None, member).await?;
        return Ok((Departure::LeftGroup, changes));
    }
    let row = MemberRow { left_at: Some(locked.now.into()), role: Role::Member.word().to_owned(), ..member };
    locked.change_member(conn, row).await?;
    locked.row.own_rev = locked.next_rev();
    locked.save(conn).await?;
    let nobody = (conversations::direct_low_id.eq(None::<Id>), conversations::direct_high_id.eq(None::<Id>));
    diesel::update(conversations::table.find(locked.row.id)).set(nobody).execute(conn).await?;
    let views = views_of_group(conn, locked.row.id).await?;
    let what = Numbered::Conversation { views };
    locked.changes.push(Change::Numbered { id, rev: Rev(locked.row.own_rev), what });
    Ok((Departure::LeftDirect, locked.changes))
}

/// Takes the person's name, and their words where they wish it, from what they wrote.
pub(crate) async fn clear_messages(
    conn: &mut Conn,
    user: Id,
    id: ConversationId,
    after: i64,
    fate: ErasedMessages,
    now: Timestamp,
) -> Result<(Piece, Vec<Change>)> {
    let Some(locked) = lock(conn, id, now).await? else {
        return Ok(nothing_left());
    };
    let mut rows: Vec<MessageRow> = messages::table
        .filter(messages::author_id.eq(user))
        .filter(messages::conversation_id.eq(locked.row.id))
        .filter(messages::seq.gt(after))
        .order(messages::seq)
        .limit(BATCH)
        .select(MessageRow::as_select())
        .load(conn)
        .await?;
    let mut piece = Piece { next: rows.last().map(|row| row.seq), ..Piece::default() };
    let mut silenced = Vec::new();
    for row in &mut rows {
        let is_text = row.kind == MessageKind::Text.word();
        piece.count(&row.kind);
        row.author_id = None;
        // A notice's body is a group's title, which is the group's.
        if is_text && fate == ErasedMessages::Erase {
            silenced.extend(row.has_reactions.then_some(row.seq));
            row.body.clear();
            row.mentions.clear();
            row.has_reactions = false;
            row.deleted_at = row.deleted_at.or(Some(now.into()));
        }
    }
    if !silenced.is_empty() {
        let of_silenced = reactions::conversation_id.eq(locked.row.id).and(reactions::seq.eq_any(silenced));
        diesel::delete(reactions::table.filter(of_silenced)).execute(conn).await?;
    }
    Ok((piece, rewrite(conn, locked, rows).await?))
}

/// Takes the person out of notices of what others did to them.
pub(crate) async fn clear_notices(
    conn: &mut Conn,
    user: Id,
    id: ConversationId,
    after: i64,
    now: Timestamp,
) -> Result<(Piece, Vec<Change>)> {
    let Some(locked) = lock(conn, id, now).await? else {
        return Ok(nothing_left());
    };
    let mut rows: Vec<MessageRow> = messages::table
        .filter(messages::subject_id.eq(user))
        .filter(messages::conversation_id.eq(locked.row.id))
        .filter(messages::seq.gt(after))
        .order(messages::seq)
        .limit(BATCH)
        .select(MessageRow::as_select())
        .load(conn)
        .await?;
    for row in &mut rows {
        row.subject_id = None;
    }
    let next = rows.last().map(|row| row.seq);
    let notices = amount(rows.len());
    Ok((Piece { next, notices, ..Piece::default() }, rewrite(conn, locked, rows).await?))
}

/// Takes the person's reactions away.
pub(crate) async fn clear_reactions(
    conn: &mut Conn,
    user: Id,
    id: ConversationId,
    after: i64,
    now: Timestamp,
) -> Result<(Piece, Vec<Change>)> {
    let Some(locked) = lock(conn, id, now).await? else {
        return Ok(nothing_left());
    };
    let here = reactions::conversation_id.eq(locked.row.id);
    let seqs: Vec<i64> = reactions::table
        .filter(reactions::user_id.eq(user).and(here))
        .filter(reactions::seq.gt(after))
        .order(reactions::seq)
        .limit(BATCH)
        .select(reactions::seq)
        .distinct()
        .load(conn)
        .await?;
    let theirs =
        reactions::table.filter(reactions::user_id.eq(user).and(here)).filter(reactions::seq.eq_any(&seqs));
    let taken = diesel::delete(theirs).execute(conn).await?;
    let others: Vec<i64> = reactions::table
        .filter(here)
        .filter(reactions::seq.eq_any(&seqs))
        .select(reactions::seq)
        .distinct()
        .load(conn)
        .await?;
    let mut rows = rows_at(conn, locked.row.id, &seqs).await?;
    for row in &mut rows {
        row.has_reactions = others.contains(&row.seq);
    }
    let piece = Piece { next: seqs.last().copied(), reactions: amount(taken), ..Piece::default() };
    Ok((piece, rewrite(conn, locked, rows).await?))
}

/// Takes the person out of others' mentions.
pub(crate) async fn clear_mentions(
    conn: &mut Conn,
    user: Id,
    id: ConversationId,
    after: i64,
    now: Timestamp,
) -> Result<(Piece, Vec<Change>)> {
    let mentioning: Vec<(i64, String)> = messages::table
        .filter(messages::conversation_id.eq(Id::from(id)))
        .filter(messages::seq.gt(after))
        // To the letter as in the index, which has these rows alone.
        .filter(diesel::dsl::sql::<Bool>("mentions <> ''"))
        .order(messages::seq)
        .limit(BATCH)
        .select((messages::seq, messages::mentions))
        .load(conn)
        .await?;
    let name = UserId::from(user).to_string();
    let seqs: Vec<i64> =
        mentioning.iter().filter(|(_, text)| text.contains(&name)).map(|(seq, _)| *seq).collect();
    let next = mentioning.last().map(|(seq, _)| *seq);
    if seqs.is_empty() {
        return Ok((Piece { next, ..Piece::default() }, Vec::new()));
    }
    let Some(locked) = lock(conn, id, now).await? else {
        return Ok(nothing_left());
    };
    // They may have been edited or deleted before the lock was there.
    let mut rows = rows_at(conn, locked.row.id, &seqs).await?;
    rows.retain(|row| row.mentions.contains(&name));
    for row in &mut rows {
        let mut mentions = mentions_from_column(&row.mentions)?;
        mentions.retain(|mentioned| Id::from(*mentioned) != user);
        row.mentions = mentions_to_column(&mentions);
    }
    let mentions = amount(rows.len());
    Ok((Piece { next, mentions, ..Piece::default() }, rewrite(conn, locked, rows).await?))
}

/// Deletes messages of a conversation that nobody is in any more.
pub(crate) async fn empty(
    conn: &mut Conn,
    user: Id,
    id: ConversationId,
    after: i64,
    now: Timestamp,
) -> Result<(Piece, Vec<Change>)> {
    let Some(_locked) = lock(conn, id, now).await? else {
        return Ok(nothing_left());
    };
    let rows: Vec<(i64, Option<Id>, String)> = messages::table
        .filter(messages::conversation_id.eq(Id::from(id)))
        .filter(messages::seq.gt(after))
        .order(messages::seq)
        .limit(BATCH)
        .select((messages::seq, messages::author_id, messages::kind))
        .load(conn)
        .await?;
    let Some((last, ..)) = rows.last().cloned() else {
        return Ok((Piece::default(), groups::end(conn, id.into()).await?));
    };
    let these =
        messages::conversation_id.eq(Id::from(id)).and(messages::seq.gt(after)).and(messages::seq.le(last));
    diesel::delete(messages::table.filter(these)).execute(conn).await?;
    let mut piece = Piece { next: Some(last), ..Piece::default() };
    for (_, _, kind) in rows.iter().filter(|(_, author, _)| *author == Some(user)) {
        piece.count(kind);
    }
    Ok((piece, Vec::new()))
}

/// Forgets that the person was in a conversation.
pub(crate) async fn forget_membership(conn: &mut Conn, user: Id, id: ConversationId) -> Result<()> {
    diesel::delete(members_table::table.find((Id::from(id), user))).execute(conn).await?;
    Ok(())
}

/// Deletes the last row, unless something has turned up again: whether it is gone.
pub(crate) async fn finish(conn: &mut Conn, user: Id) -> Result<(bool, Vec<Change>)> {
    if !places(conn, user).await?.is_empty() {
        return Ok((false, Vec::new()));
    }
    // A request that was on its way when the account ended may have left something since.
    let (_, changes) = sever(conn, user).await?;
    diesel::delete(users::table.find(user)).execute(conn).await?;
    Ok((true, changes))
}

/// Ends whatever binds the person to others and to the server, outside of conversations.
async fn sever(conn: &mut Conn, user: Id) -> Result<(ErasureCounts, Vec<Change>)> {
    let mut changes = vec![Change::Erased { user: user.into() }];
    let ((friends, friend_requests), ended) = friendships::end_all(conn, user).await?;
    changes.extend(ended);
    let (blocks, ended) = blocks::end_all(conn, user).await?;
    changes.extend(ended);
    let counts = ErasureCounts {
        sessions: amount(
            diesel::delete(sessions::table.filter(sessions::user_id.eq(user))).execute(conn).await?,
        ),
        recovery_codes: amount(
            diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user)))
                .execute(conn)
                .await?,
        ),
        second_factors: amount(diesel::delete(second_factors::table.find(user)).execute(conn).await?),
        consents: amount(
            diesel::delete(consents::table.filter(consents::user_id.eq(user))).execute(conn).await?,
        ),
        security_events: amount(
            diesel::delete(security_events::table.filter(security_events::user_id.eq(user)))
                .execute(conn)
                .await?,
        ),
        friends,
        friend_requests,
        blocks: amount(blocks),
        ..ErasureCounts::default()
    };
    Ok((counts, changes))
}

/// Writes messages anew, each with a rev of its own.
async fn rewrite(conn: &mut Conn, mut locked: Locked, mut rows: Vec<MessageRow>) -> Result<Vec<Change>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    for row in &mut rows {
        row.rev = locked.next_rev();
    }
    bulk::rewrite_messages(conn, &rows).await?;
    locked.save(conn).await?;
    Ok(reading::into_wire(conn, rows).await?.into_iter().map(Change::message).collect())
}

async fn rows_at(conn: &mut Conn, conversation: Id, seqs: &[i64]) -> Result<Vec<MessageRow>> {
    Ok(messages::table
        .filter(messages::conversation_id.eq(conversation))
        .filter(messages::seq.eq_any(seqs))
        .order(messages::seq)
        .select(MessageRow::as_select())
        .load(conn)
        .await?)
}

/// Holds a conversation. One that was deleted meanwhile holds nothing of anybody.
async fn lock(conn: &mut Conn, id: ConversationId, now: Timestamp) -> Result<Option<Locked>> {
    match Locked::take(conn, id, now).await {
        Ok(locked) => Ok(Some(locked)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

fn nothing_left() -> (Piece, Vec<Change>) {
    (Piece::default(), Vec::new())
}

fn amount(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
