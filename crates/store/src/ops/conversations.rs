//! Conversations, as their members see them.

use super::membership::Membership;
use super::{Conn, friendships};
use crate::change::Change;
use crate::error::{Refusal, Result, StoreError};
use crate::face::Opened;
use crate::rows::{ConversationRow, MemberRow, MessageRow, UserRow, Word};
use crate::schema::{conversations, members, messages, users};
use crate::types::Id;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::BTreeMap;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{
    Conversation, ConversationId, ConversationKind, FieldError, History, Member, Message, PeerReceipt, Rev,
    Role, Seq, Timestamp, UserId,
};

/// The direct conversation with a friend, made where there is none.
///
/// # Errors
/// [`Refusal::NotFriends`]; [`StoreError::NotFound`] for a person who does not exist.
pub(crate) async fn open_direct(
    conn: &mut Conn,
    new_id: Id,
    me: Id,
    other: Id,
    now: Timestamp,
) -> Result<(Opened, Vec<Change>)> {
    if me == other {
        return Err(Refusal::Invalid(FieldError::new("user_id", "out_of_range", "that is you")).into());
    }
    super::accounts::user(conn, other).await?;
    if !friendships::are_friends(conn, me, other).await? {
        return Err(Refusal::NotFriends.into());
    }
    let (low, high) = friendships::pair(me, other);
    let row = ConversationRow {
        id: new_id,
        kind: ConversationKind::Direct.word().to_owned(),
        title: None,
        history: History::Full.word().to_owned(),
        created_at: now.into(),
        active_at: now.into(),
        last_seq: 0,
        rev: 3,
        own_rev: 1,
        direct_low_id: Some(low),
        direct_high_id: Some(high),
    };
    let created =
        diesel::insert_into(conversations::table).values(&row).on_conflict_do_nothing().execute(conn).await?
            == 1;
    if !created {
        let existing = conversations::table
            .filter(conversations::direct_low_id.eq(low).and(conversations::direct_high_id.eq(high)))
            .select(conversations::id)
            .first::<Id>(conn)
            .await?;
        return Ok((Opened { conversation: view(conn, me, existing).await?, created }, Vec::new()));
    }
    for (user, rev) in [(low, 2), (high, 3)] {
        let member = MemberRow {
            conversation_id: new_id,
            user_id: user,
            role: Role::Member.word().to_owned(),
            rev,
            joined_at: now.into(),
            left_at: None,
            first_seq: 1,
            delivered_seq: 0,
            read_seq: 0,
            preferences_rev: 0,
            pinned_at: None,
            archived_seq: None,
            muted_until: None,
        };
        diesel::insert_into(members::table).values(&member).execute(conn).await?;
    }
    let mine = view(conn, me, new_id).await?;
    let theirs = view(conn, other, new_id).await?;
    let changes = vec![
        Change::Joined { user: me.into(), conversation: Box::new(mine.clone()), first_seq: Seq(1) },
        Change::Joined { user: other.into(), conversation: Box::new(theirs), first_seq: Seq(1) },
    ];
    Ok((Opened { conversation: mine, created }, changes))
}

/// # Errors
/// [`StoreError::NotFound`] where it is not this person's.
pub(crate) async fn one(conn: &mut Conn, me: Id, id: ConversationId) -> Result<Conversation> {
    view(conn, me, id.into()).await
}

/// Newest activity first.
pub(crate) async fn all(conn: &mut Conn, me: Id) -> Result<Vec<Conversation>> {
    views(conn, me, None).await
}

/// The conversations that a person is a member of, each with the oldest message that they may read.
pub(crate) async fn ids(conn: &mut Conn, me: Id) -> Result<Vec<(ConversationId, Seq)>> {
    let ids: Vec<(Id, i64)> = members::table
        .filter(members::user_id.eq(me))
        .filter(members::left_at.is_null())
        .select((members::conversation_id, members::first_seq))
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(|(id, first_seq)| (id.into(), Seq(first_seq))).collect())
}

/// Where these conversations stand; one that has been deleted is left out.
pub(crate) async fn heads(conn: &mut Conn, ids: &[Id]) -> Result<Vec<(ConversationId, Rev)>> {
    let rows: Vec<(Id, i64)> = conversations::table
        .filter(conversations::id.eq_any(ids))
        .select((conversations::id, conversations::rev))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, rev)| (id.into(), Rev(rev))).collect())
}

/// Everybody else who is in one of this person's conversations.
pub(super) async fn people_of(conn: &mut Conn, me: Id) -> Result<Vec<Id>> {
    let mine = my_members
        .filter(my_members.field(members::user_id).eq(me))
        .filter(my_members.field(members::left_at).is_null())
        .select(my_members.field(members::conversation_id));
    Ok(members::table
        .filter(members::conversation_id.eq_any(mine))
        .filter(members::user_id.ne(me))
        .filter(members::left_at.is_null())
        .select(members::user_id)
        .distinct()
        .load(conn)
        .await?)
}

/// All members, on request with those who have left; marks of those who do not show theirs, or do not wish to see
/// others', are 0.
pub(crate) async fn members(
    conn: &mut Conn,
    me: Id,
    id: ConversationId,
    with_former: bool,
) -> Result<Vec<Member>> {
    Membership::of(conn, me, id).await?;
    let rows = member_rows(conn, id, 0).await?;
    let mine = rows.iter().any(|(member, _, shows)| member.user_id == me && *shows);
    rows.into_iter()
        .filter(|(member, _, _)| with_former || member.left_at.is_none())
        .map(|(member, user, shows)| {
            let shown = member.user_id == me || (mine && shows) || planted::has(Bug::HiddenReceiptsInMembers);
            member.into_wire(user.into(), shown)
        })
        .collect()
}

/// Members whose rows are newer than a rev, oldest rev first, each with whether they show their marks.
pub(super) async fn member_rows(
    conn: &mut Conn,
    id: ConversationId,
    since: i64,
) -> Result<Vec<(MemberRow, UserRow, bool)>> {
    Ok(members::table
        .inner_join(users::table)
        .filter(members::conversation_id.eq(Id::from(id)))
        .filter(members::rev.gt(since))
        .order(members::rev)
        .select((MemberRow::as_select(), UserRow::as_select(), users::receipts))
        .load(conn)
        .await?)
}

pub(super) async fn view(conn: &mut Conn, me: Id, id: Id) -> Result<Conversation> {
    views(conn, me, Some(id)).await?.pop().ok_or(StoreError::NotFound)
}

/// What each conversation looks like to this person. The conversations' rows are read first: whatever commits after
/// that has a higher rev than the one they tell, and reaches the reader as an event.
async fn views(conn: &mut Conn, me: Id, only: Option<Id>) -> Result<Vec<Conversation>> {
    let mut rows = conversations::table
        .inner_join(members::table)
        .filter(members::user_id.eq(me))
        .filter(members::left_at.is_null())
        .select((ConversationRow::as_select(), MemberRow::as_select()))
        .into_boxed();
    if let Some(id) = only {
        rows = rows.filter(conversations::id.eq(id));
    }
    let mut rows: Vec<(ConversationRow, MemberRow)> = rows.load(conn).await?;
    rows.sort_by_key(|(conversation, _)| std::cmp::Reverse((conversation.active_at, conversation.id)));

    let i_show_receipts =
        users::table.find(me).select(users::receipts).first::<bool>(conn).await.optional()?.unwrap_or(false);
    let mut peers = peers(conn, me, only).await?;
    let mut last_messages = last_messages(conn, me, only).await?;
    rows.into_iter()
        .map(|(row, member)| {
            let (peer, newest) = (peers.remove(&row.id), last_messages.remove(&row.id));
            seen_by(&row, &member, peer, i_show_receipts, newest)
        })
        .collect()
}

struct Peer {
    user: UserRow,
    shows_receipts: bool,
    delivered_seq: i64,
    read_seq: i64,
}

diesel::alias!(crate::schema::members as my_members: MyMembers);

/// The other person of each direct conversation.
async fn peers(conn: &mut Conn, me: Id, only: Option<Id>) -> Result<BTreeMap<Id, Peer>> {
    let my_conversations = my_members
        .filter(my_members.field(members::user_id).eq(me))
        .filter(my_members.field(members::left_at).is_null())
        .select(my_members.field(members::conversation_id));
    let mut query = members::table
        .inner_join(conversations::table)
        .inner_join(users::table)
        .filter(conversations::kind.eq(ConversationKind::Direct.word()))
        .filter(members::user_id.ne(me))
        // Whoever erases their account leaves even a direct conversation.
        .filter(members::left_at.is_null())
        .filter(members::conversation_id.eq_any(my_conversations))
        .select((
            members::conversation_id,
            UserRow::as_select(),
            users::receipts,
            members::delivered_seq,
            members::read_seq,
        ))
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(members::conversation_id.eq(id));
    }
    let rows: Vec<(Id, UserRow, bool, i64, i64)> = query.load(conn).await?;
    Ok(rows
        .into_iter()
        .map(|(id, user, shows_receipts, delivered_seq, read_seq)| {
            (id, Peer { user, shows_receipts, delivered_seq, read_seq })
        })
        .collect())
}

async fn last_messages(conn: &mut Conn, me: Id, only: Option<Id>) -> Result<BTreeMap<Id, Message>> {
    let newest =
        messages::conversation_id.eq(conversations::id).and(messages::seq.eq(conversations::last_seq));
    let mut query = members::table
        .inner_join(conversations::table)
        .inner_join(messages::table.on(newest))
        .filter(members::user_id.eq(me))
        .filter(members::left_at.is_null())
        .filter(messages::seq.ge(members::first_seq))
        .select(MessageRow::as_select())
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(members::conversation_id.eq(id));
    }
    let rows: Vec<MessageRow> = query.load(conn).await?;
    let newest = super::messages::into_wire(conn, rows).await?;
    Ok(newest.into_iter().map(|message| (message.conversation_id.into(), message)).collect())
}

/// What a group looks like to each of its members.
pub(super) async fn views_of_group(conn: &mut Conn, id: Id) -> Result<Vec<(UserId, Conversation)>> {
    let row: ConversationRow =
        conversations::table.find(id).select(ConversationRow::as_select()).first(conn).await?;
    let newest: Vec<MessageRow> =
        messages::table.find((id, row.last_seq)).select(MessageRow::as_select()).load(conn).await?;
    let newest = super::messages::into_wire(conn, newest).await?.pop();
    let all: Vec<MemberRow> = members::table
        .filter(members::conversation_id.eq(id))
        .filter(members::left_at.is_null())
        .select(MemberRow::as_select())
        .load(conn)
        .await?;
    all.into_iter()
        .map(|member| {
            let visible = newest.clone().filter(|message| message.seq.0 >= member.first_seq);
            Ok((member.user_id.into(), seen_by(&row, &member, None, false, visible)?))
        })
        .collect()
}

/// A conversation's row as one member sees it.
fn seen_by(
    row: &ConversationRow,
    member: &MemberRow,
    peer: Option<Peer>,
    shows_receipts: bool,
    last_message: Option<Message>,
) -> Result<Conversation> {
    let peer_receipt = peer
        .as_ref()
        .filter(|peer| peer.shows_receipts && shows_receipts)
        .map(|peer| PeerReceipt { delivered_seq: Seq(peer.delivered_seq), read_seq: Seq(peer.read_seq) });
    Ok(Conversation {
        id: row.id.into(),
        kind: ConversationKind::from_word(&row.kind)?,
        title: row.title.clone(),
        peer: peer.map(|peer| peer.user.into()),
        rev: Rev(row.rev),
        last_seq: Seq(row.last_seq),
        read_seq: Seq(member.read_seq),
        unread: row.last_seq - member.read_seq,
        my_role: Role::from_word(&member.role)?,
        history: History::from_word(&row.history)?,
        created_at: row.created_at.into(),
        last_message,
        peer_receipt,
        preferences: member.preferences(),
    })
}
