//! Everything that is held about a person, page by page: each page follows the key of the one before, so that nothing is
//! missed or told twice, whatever changes meanwhile.

use super::Conn;
use super::friendships::FriendshipRow;
use crate::error::Result;
use crate::face::{ConversationPart, EXPORT_PAGE, Page, Relation};
use crate::rows::{
    AccountRow, ConsentRow, MemberRow, MessageRow, SecurityEventRow, UserRow, Word, mentions_from_column,
};
use crate::schema::{
    blocks, consents, conversations, friendships, members, messages, reactions, recovery_codes,
    security_events, sessions, users,
};
use crate::types::{Id, Time};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::export::{
    ConversationFacts, ExportedBlock, ExportedFriend, ExportedMarks, ExportedMember, ExportedMention,
    ExportedMessage, ExportedNotice, ExportedReaction, ExportedSession, ExportedUser,
};
use umbrachat_protocol::{
    Consent, ConversationId, ConversationKind, FriendRequest, History, Me, MessageKind, Notice, NoticeAction,
    Role, SecurityEvent, Seq, Settings, Timestamp, UserId,
};
use uuid::Uuid;

/// The account itself.
pub(crate) async fn account(conn: &mut Conn, me: Id) -> Result<(ExportedUser, Settings)> {
    let row: AccountRow = users::table.find(me).select(AccountRow::as_select()).first(conn).await?;
    let recovery_codes_left =
        recovery_codes::table.filter(recovery_codes::user_id.eq(me)).count().get_result(conn).await?;
    let second_factor_since = super::second_factors::since(conn, me).await?;
    let created_at = row.created_at.into();
    let Me { user, settings } = row.try_into()?;
    let user = ExportedUser {
        id: user.id,
        username: user.username,
        display_name: user.display_name,
        created_at,
        recovery_codes_left,
        second_factor_since,
    };
    Ok((user, settings))
}

pub(crate) async fn consents(conn: &mut Conn, me: Id, after: Id) -> Result<Page<Uuid, Consent>> {
    let rows = consents::table
        .filter(consents::user_id.eq(me))
        .filter(consents::id.gt(after))
        .order(consents::id)
        .limit(EXPORT_PAGE)
        .select(ConsentRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row: ConsentRow| (row.id.0, row.into())).collect())
}

pub(crate) async fn sessions(conn: &mut Conn, me: Id, after: Id) -> Result<Page<Uuid, ExportedSession>> {
    type Row = (Id, String, Time, Time, Option<Time>, Time, Time);
    let rows: Vec<Row> = sessions::table
        .filter(sessions::user_id.eq(me))
        .filter(sessions::id.gt(after))
        .order(sessions::id)
        .limit(EXPORT_PAGE)
        .select((
            sessions::id,
            sessions::device_name,
            sessions::created_at,
            sessions::last_used_at,
            sessions::rotated_at,
            sessions::idle_until,
            sessions::expires_at,
        ))
        .load(conn)
        .await?;
    let session = |(id, device_name, created, used, rotated, idle, expires): Row| {
        let session = ExportedSession {
            id: id.into(),
            device_name,
            created_at: created.into(),
            last_used_at: used.into(),
            rotated_at: rotated.map(Into::into),
            idle_until: idle.into(),
            expires_at: expires.into(),
        };
        (id.0, session)
    };
    Ok(rows.into_iter().map(session).collect())
}

/// Friendships and requests as they stood at `started`: one that is accepted while the document is written is still told as
/// the request that it was, and so exactly once.
async fn related(
    conn: &mut Conn,
    me: Id,
    relation: Relation,
    started: Timestamp,
    after: Id,
) -> Result<Vec<(UserRow, FriendshipRow)>> {
    let is_friend = friendships::accepted_at.le(Time::from(started)).assume_not_null();
    let asked = friendships::accepted_at
        .is_null()
        .or(friendships::accepted_at.gt(Time::from(started)).assume_not_null());
    // Two queries, each by its own index, rather than one with an OR that may use neither.
    let mut as_low = friendships::table
        .inner_join(users::table.on(users::id.eq(friendships::high_id)))
        .filter(friendships::low_id.eq(me))
        .filter(friendships::high_id.gt(after))
        .order(friendships::high_id)
        .limit(EXPORT_PAGE)
        .select((UserRow::as_select(), FriendshipRow::as_select()))
        .into_boxed();
    let mut as_high = friendships::table
        .inner_join(users::table.on(users::id.eq(friendships::low_id)))
        .filter(friendships::high_id.eq(me))
        .filter(friendships::low_id.gt(after))
        .order(friendships::low_id)
        .limit(EXPORT_PAGE)
        .select((UserRow::as_select(), FriendshipRow::as_select()))
        .into_boxed();
    match relation {
        Relation::Friend => {
            as_low = as_low.filter(is_friend);
            as_high = as_high.filter(is_friend);
        }
        Relation::AskedMe => {
            as_low = as_low.filter(asked).filter(friendships::requested_by.ne(me));
            as_high = as_high.filter(asked).filter(friendships::requested_by.ne(me));
        }
        Relation::AskedByMe => {
            as_low = as_low.filter(asked).filter(friendships::requested_by.eq(me));
            as_high = as_high.filter(asked).filter(friendships::requested_by.eq(me));
        }
    }
    let mut all: Vec<(UserRow, FriendshipRow)> = as_low.load(conn).await?;
    all.extend(as_high.load::<(UserRow, FriendshipRow)>(conn).await?);
    all.sort_by_key(|(user, _)| user.id);
    all.truncate(usize::try_from(EXPORT_PAGE).unwrap_or(usize::MAX));
    Ok(all)
}

pub(crate) async fn friends(
    conn: &mut Conn,
    me: Id,
    started: Timestamp,
    after: Id,
) -> Result<Page<Uuid, ExportedFriend>> {
    let rows = related(conn, me, Relation::Friend, started, after).await?;
    let friend = |(user, friendship): (UserRow, FriendshipRow)| {
        let FriendshipRow { requested_by, requested_at, accepted_at } = friendship;
        let friend = ExportedFriend {
            user: user.into(),
            since: accepted_at.unwrap_or(requested_at).into(),
            requested_by: requested_by.into(),
            requested_at: requested_at.into(),
        };
        (friend.user.id.0, friend)
    };
    Ok(rows.into_iter().map(friend).collect())
}

pub(crate) async fn requests(
    conn: &mut Conn,
    me: Id,
    relation: Relation,
    started: Timestamp,
    after: Id,
) -> Result<Page<Uuid, FriendRequest>> {
    let rows = related(conn, me, relation, started, after).await?;
    let request = |(user, friendship): (UserRow, FriendshipRow)| {
        (user.id.0, FriendRequest { user: user.into(), created_at: friendship.requested_at.into() })
    };
    Ok(rows.into_iter().map(request).collect())
}

pub(crate) async fn blocks(conn: &mut Conn, me: Id, after: Id) -> Result<Page<Uuid, ExportedBlock>> {
    let rows: Vec<(UserRow, Time)> = blocks::table
        .inner_join(users::table.on(users::id.eq(blocks::blocked_id)))
        .filter(blocks::blocker_id.eq(me))
        .filter(blocks::blocked_id.gt(after))
        .order(blocks::blocked_id)
        .limit(EXPORT_PAGE)
        .select((UserRow::as_select(), blocks::created_at))
        .load(conn)
        .await?;
    let block = |(user, since): (UserRow, Time)| {
        (user.id.0, ExportedBlock { user: user.into(), since: since.into() })
    };
    Ok(rows.into_iter().map(block).collect())
}

pub(crate) async fn security_log(conn: &mut Conn, me: Id, after: Id) -> Result<Page<Uuid, SecurityEvent>> {
    let rows: Vec<SecurityEventRow> = security_events::table
        .filter(security_events::user_id.eq(me))
        .filter(security_events::id.gt(after))
        .order(security_events::id)
        .limit(EXPORT_PAGE)
        .select(SecurityEventRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter().map(|row| Ok((row.id.0, row.try_into()?))).collect()
}

/// The conversations that the person is in, or has been in, each with the newest message that it has now.
pub(crate) async fn conversations(
    conn: &mut Conn,
    me: Id,
    after: Id,
) -> Result<Page<Uuid, ConversationPart>> {
    type Row = (Id, String, Option<String>, String, Time, Time, i64, Option<Time>);
    let rows: Vec<Row> = members::table
        .inner_join(conversations::table)
        .filter(members::user_id.eq(me))
        .filter(members::conversation_id.gt(after))
        .order(members::conversation_id)
        .limit(EXPORT_PAGE)
        .select((
            conversations::id,
            conversations::kind,
            conversations::title,
            conversations::history,
            conversations::created_at,
            conversations::active_at,
            conversations::last_seq,
            members::left_at,
        ))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(id, kind, title, history, created_at, active_at, last_seq, left_at)| {
            let has_left = left_at.is_some();
            let facts = ConversationFacts {
                id: id.into(),
                kind: ConversationKind::from_word(&kind)?,
                title: title.filter(|_| !has_left),
                history: (!has_left).then(|| History::from_word(&history)).transpose()?,
                created_at: created_at.into(),
                active_at: (!has_left).then(|| active_at.into()),
            };
            Ok((id.0, ConversationPart { facts, last_seq: Seq(last_seq), has_left }))
        })
        .collect()
}

pub(crate) async fn members(
    conn: &mut Conn,
    me: Id,
    part: &ConversationPart,
    after: Id,
) -> Result<Page<Uuid, ExportedMember>> {
    let mut query = members::table
        .inner_join(users::table)
        .filter(members::conversation_id.eq(Id::from(part.facts.id)))
        .filter(members::user_id.gt(after))
        .order(members::user_id)
        .limit(EXPORT_PAGE)
        .select((MemberRow::as_select(), UserRow::as_select()))
        .into_boxed();
    // Who is in a conversation that the person has left is not theirs to know any more.
    query = if part.has_left {
        query.filter(members::user_id.eq(me))
    } else {
        query.filter(members::left_at.is_null().or(members::user_id.eq(me)))
    };
    let rows: Vec<(MemberRow, UserRow)> = query.load(conn).await?;
    rows.into_iter()
        .map(|(member, user)| {
            let marks = (member.user_id == me).then_some(ExportedMarks {
                first_seq: Seq(member.first_seq),
                delivered_seq: Seq(member.delivered_seq),
                read_seq: Seq(member.read_seq),
            });
            let preferences = (member.user_id == me).then(|| member.preferences());
            let exported = ExportedMember {
                user: user.into(),
                role: Role::from_word(&member.role)?,
                joined_at: member.joined_at.into(),
                left_at: member.left_at.map(Into::into),
                marks,
                preferences,
            };
            Ok((member.user_id.0, exported))
        })
        .collect()
}

pub(crate) async fn messages(
    conn: &mut Conn,
    me: Id,
    part: &ConversationPart,
    after: i64,
) -> Result<Page<i64, ExportedMessage>> {
    let rows: Vec<MessageRow> = messages::table
        .filter(messages::author_id.eq(me))
        .filter(messages::conversation_id.eq(Id::from(part.facts.id)))
        .filter(messages::seq.gt(after).and(messages::seq.le(part.last_seq.0)))
        .order(messages::seq)
        .limit(EXPORT_PAGE)
        .select(MessageRow::as_select())
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|row| {
            let notice = match &row.notice {
                Some(word) => Some(Notice {
                    action: NoticeAction::from_word(word)?,
                    user_id: row.subject_id.map(Into::into),
                }),
                None => None,
            };
            let message = ExportedMessage {
                seq: Seq(row.seq),
                kind: MessageKind::from_word(&row.kind)?,
                client_id: row.client_id.into(),
                body: row.body,
                reply_to: row.reply_to.map(Seq),
                mentions: mentions_from_column(&row.mentions)?,
                created_at: row.created_at.into(),
                edited_at: row.edited_at.map(Into::into),
                deleted_at: row.deleted_at.map(Into::into),
                notice,
            };
            Ok((row.seq, message))
        })
        .collect()
}

pub(crate) async fn reactions(
    conn: &mut Conn,
    me: Id,
    conversation: ConversationId,
    after: (i64, String),
) -> Result<Page<(i64, String), ExportedReaction>> {
    let (seq, emoji) = after;
    let later = reactions::seq.gt(seq).or(reactions::seq.eq(seq).and(reactions::emoji.gt(emoji)));
    let rows: Vec<(i64, String, Time)> = reactions::table
        .filter(reactions::user_id.eq(me))
        .filter(reactions::conversation_id.eq(Id::from(conversation)))
        .filter(later)
        .order((reactions::seq, reactions::emoji))
        .limit(EXPORT_PAGE)
        .select((reactions::seq, reactions::emoji, reactions::created_at))
        .load(conn)
        .await?;
    let reaction = |(seq, emoji, at): (i64, String, Time)| {
        let exported = ExportedReaction { seq: Seq(seq), emoji: emoji.clone(), created_at: at.into() };
        ((seq, emoji), exported)
    };
    Ok(rows.into_iter().map(reaction).collect())
}

/// Where others mentioned the person. What they wrote there is theirs.
pub(crate) async fn mentions(
    conn: &mut Conn,
    me: Id,
    part: &ConversationPart,
    after: i64,
) -> Result<Page<i64, ExportedMention>> {
    let rows: Vec<(i64, Option<Id>, Time)> = messages::table
        .filter(messages::conversation_id.eq(Id::from(part.facts.id)))
        .filter(messages::seq.gt(after).and(messages::seq.le(part.last_seq.0)))
        // To the letter as in the index, which has these rows alone.
        .filter(diesel::dsl::sql::<Bool>("mentions <> ''"))
        .filter(messages::mentions.like(format!("%{}%", UserId::from(me))))
        .filter(messages::author_id.is_null().or(messages::author_id.ne(me).assume_not_null()))
        .order(messages::seq)
        .limit(EXPORT_PAGE)
        .select((messages::seq, messages::author_id, messages::created_at))
        .load(conn)
        .await?;
    let mention = |(seq, author, at): (i64, Option<Id>, Time)| {
        let author_id = author.map(Into::into);
        (seq, ExportedMention { seq: Seq(seq), author_id, created_at: at.into() })
    };
    Ok(rows.into_iter().map(mention).collect())
}

/// What others did to the person.
pub(crate) async fn notices(
    conn: &mut Conn,
    me: Id,
    part: &ConversationPart,
    after: i64,
) -> Result<Page<i64, ExportedNotice>> {
    let rows: Vec<(i64, Option<Id>, Option<String>, Time)> = messages::table
        .filter(messages::subject_id.eq(me))
        .filter(messages::conversation_id.eq(Id::from(part.facts.id)))
        .filter(messages::seq.gt(after).and(messages::seq.le(part.last_seq.0)))
        .order(messages::seq)
        .limit(EXPORT_PAGE)
        .select((messages::seq, messages::author_id, messages::notice, messages::created_at))
        .load(conn)
        .await?;
    rows.into_iter()
        .map(|(seq, author, action, at)| {
            let action = NoticeAction::from_word(&action.unwrap_or_default())?;
            let author_id = author.map(Into::into);
            Ok((seq, ExportedNotice { seq: Seq(seq), author_id, action, created_at: at.into() }))
        })
        .collect()
}
