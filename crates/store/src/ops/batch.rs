//! Many writes in one transaction: what each needs to know is read for all of them at once, each is decided on by
//! itself, and what they leave is written for all of them at once.

use super::{Conn, bulk, friendships};
use crate::change::Change;
use crate::error::{Refusal, Result, StoreError};
use crate::rows::{ConversationRow, MemberRow, MessageRow, Word, mentions_to_column};
use crate::types::Id;
use crate::write::{MarkWrite, Outcome, SendWrite, SentMessage, Write};
use std::collections::{BTreeMap, BTreeSet};
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{
    ConversationId, FieldError, Message, MessageKind, Seq, ServerEvent, Timestamp, UserId,
};

/// Decides and writes all of them, in order. A write that is refused leaves the others alone.
pub(crate) async fn apply(
    conn: &mut Conn,
    writes: &[Write],
    now: Timestamp,
) -> Result<(Vec<Outcome>, Vec<Change>)> {
    let mut batch = Batch::load(conn, writes).await?;
    let mut outcomes = Vec::with_capacity(writes.len());
    for write in writes {
        outcomes.push(match write {
            Write::Send(send) => Outcome::Sent(batch.send(send, now)),
            Write::Mark(mark) => Outcome::Marked(batch.mark(*mark)),
        });
    }
    let changes = batch.save(conn).await?;
    Ok((outcomes, changes))
}

/// What the writes touch, as it stands, and what they leave.
struct Batch {
    conversations: BTreeMap<Id, ConversationRow>,
    members: BTreeMap<(Id, Id), MemberRow>,
    friends: BTreeSet<(Id, Id)>,
    shows_receipts: BTreeMap<Id, bool>,
    /// Messages that were sent before, or earlier in this batch, under a client's id.
    known: BTreeMap<(Id, Id, Id), Message>,
    new_messages: Vec<MessageRow>,
    advanced: BTreeSet<Id>,
    marked: BTreeMap<(Id, Id), Cause>,
}

/// Why a member's marks moved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// By sending, which the message itself tells everybody who sees the author's marks. Whether they do, members of a
    /// group cannot know before the first one.
    Sending,
    Marking,
}

impl Batch {
    async fn load(conn: &mut Conn, writes: &[Write]) -> Result<Self> {
        let mut sent_to = Vec::new();
        let mut marked_in = Vec::new();
        let mut people = BTreeSet::new();
        let (mut markers, mut authors) = (Vec::new(), Vec::new());
        let mut messages = Vec::new();
        for write in writes {
            match write {
                Write::Send(send) => {
                    let id = Id::from(send.conversation);
                    sent_to.push(id);
                    let author = Id::from(send.author);
                    people.insert((id, author));
                    authors.push((id, author));
                    people.extend(send.message.mentions.iter().map(|user| (id, Id::from(*user))));
                    messages.push((Id::from(send.message.client_id), id, author));
                }
                Write::Mark(mark) => {
                    marked_in.push(Id::from(mark.conversation));
                    people.insert((Id::from(mark.conversation), Id::from(mark.user)));
                    markers.push(Id::from(mark.user));
                }
            }
        }
        for ids in [&mut sent_to, &mut marked_in] {
            ids.sort_unstable();
            ids.dedup();
        }
        marked_in.retain(|id| sent_to.binary_search(id).is_err());

        // Everything below is read under these locks: nobody else sends to these conversations meanwhile.
        let mut found = bulk::lock_conversations(conn, &sent_to).await?;
        // To write in a group for the first time is a mark, too: see `Cause`.
        let groups: BTreeSet<Id> = found.iter().filter(|row| !row.is_direct()).map(|row| row.id).collect();
        markers.extend(authors.iter().filter(|(id, _)| groups.contains(id)).map(|(_, author)| *author));
        let members = people.into_iter().unzip();
        let wanted = Wanted { direct: direct_pairs(&found), marked_in, members, markers, messages };
        let related = bulk::related(conn, wanted).await?;
        found.extend(related.only_marked);
        let mut batch = Self {
            friends: related.friends.into_iter().collect(),
            shows_receipts: related.shows_receipts.into_iter().collect(),
            conversations: found.into_iter().map(|row| (row.id, row)).collect(),
            members: related
                .members
                .into_iter()
                .map(|row| ((row.conversation_id, row.user_id), row))
                .collect(),
            known: BTreeMap::new(),
            new_messages: Vec::new(),
            advanced: BTreeSet::new(),
            marked: BTreeMap::new(),
        };
        for message in super::messages::into_wire(conn, related.known).await? {
            let author = message.author_id.map(Id::from);
            let key = (message.client_id.into(), message.conversation_id.into());
            batch.known.extend(author.map(|author| ((key.0, key.1, author), message)));
        }
        Ok(batch)
    }

    fn send(&mut self, send: &SendWrite, now: Timestamp) -> Result<SentMessage> {
        let author = Id::from(send.author);
        let id = Id::from(send.conversation);
        if !self.members.contains_key(&(id, author)) {
            return Err(StoreError::NotFound);
        }
        let key = (send.message.client_id.into(), id, author);
        // Before the other rules: what was acknowledged once stays acknowledged, whatever has changed since.
        if let Some(message) = self.known.get(&key) {
            if planted::has(Bug::RetryTakesNewSeq) {
                let message = Message { seq: message.seq.next(), ..message.clone() };
                return Ok(SentMessage { message, first_time: false });
            }
            return Ok(SentMessage { message: message.clone(), first_time: false });
        }
        let is_member = |user: &UserId| self.members.contains_key(&(id, (*user).into()));
        if !send.message.mentions.iter().all(is_member) {
            return Err(FieldError::new("mentions", "out_of_range", "only members can be mentioned").into());
        }
        let member = self.members.get_mut(&(id, author)).ok_or(StoreError::NotFound)?;
        let conversation = self.conversations.get_mut(&id).ok_or(StoreError::NotFound)?;
        if conversation.is_direct() {
            let peer = conversation.peer_of(author).ok_or(Refusal::NotFriends)?;
            let are_friends = self.friends.contains(&friendships::pair(author, peer));
            if !are_friends && !planted::has(Bug::StrangersCanWrite) {
                return Err(Refusal::NotFriends.into());
            }
        }
        if let Some(reply_to) = send.message.reply_to
            && !(member.first_seq..=conversation.last_seq).contains(&reply_to.0)
        {
            return Err(
                FieldError::new("reply_to", "out_of_range", "there is no such message to reply to").into()
            );
        }
        conversation.last_seq += 1;
        conversation.rev += 1;
        conversation.active_at = now.into();
        let is_first = !conversation.is_direct() && member.delivered_seq == 0;
        let cause = if is_first { Cause::Marking } else { Cause::Sending };
        member.read_seq = conversation.last_seq;
        if planted::has(Bug::OwnMessageCountsAsUnread) {
            member.read_seq -= 1;
        }
        member.delivered_seq = conversation.last_seq;
        let row = MessageRow {
            conversation_id: id,
            seq: conversation.last_seq,
            rev: conversation.rev,
            kind: MessageKind::Text.word().to_owned(),
            author_id: Some(author),
            client_id: send.message.client_id.into(),
            body: send.message.body.clone(),
            reply_to: send.message.reply_to.map(|seq| seq.0),
            mentions: mentions_to_column(&send.message.mentions),
            created_at: now.into(),
            edited_at: None,
            deleted_at: None,
            notice: None,
            subject_id: None,
            has_reactions: false,
        };
        self.advanced.insert(id);
        self.marked.entry((id, author)).or_insert(cause);
        let message = row.clone().into_wire(Vec::new())?;
        self.new_messages.push(row);
        self.known.insert(key, message.clone());
        Ok(SentMessage { message, first_time: true })
    }

    fn mark(&mut self, mark: MarkWrite) -> Result<()> {
        let id = Id::from(mark.conversation);
        let user = Id::from(mark.user);
        let member = self.members.get_mut(&(id, user)).ok_or(StoreError::NotFound)?;
        let last_seq = self.conversations.get(&id).ok_or(StoreError::NotFound)?.last_seq;
        for (field, seq) in [("delivered_seq", mark.delivered), ("read_seq", mark.read)] {
            if seq.is_some_and(|seq| seq.0 < 1 || seq.0 > last_seq) {
                return Err(FieldError::new(field, "out_of_range", "there is no such message").into());
            }
        }
        let least = if planted::has(Bug::MarkMovesBack) { 0 } else { member.read_seq };
        let read = mark.read.map_or(member.read_seq, |seq| seq.0.max(least));
        // What was read was received.
        let delivered =
            mark.delivered.map_or(member.delivered_seq, |seq| seq.0.max(member.delivered_seq)).max(read);
        if (delivered, read) != (member.delivered_seq, member.read_seq) {
            (member.delivered_seq, member.read_seq) = (delivered, read);
            self.marked.insert((id, user), Cause::Marking);
        }
        Ok(())
    }

    async fn save(self, conn: &mut Conn) -> Result<Vec<Change>> {
        let mut changes = Vec::with_capacity(self.new_messages.len() + self.marked.len());
        for row in &self.new_messages {
            changes.push(Change::message(row.clone().into_wire(Vec::new())?));
        }
        for (key, cause) in &self.marked {
            if *cause == Cause::Marking {
                changes.push(self.receipt(*key));
            }
        }

        let advanced: Vec<&ConversationRow> =
            self.advanced.iter().filter_map(|id| self.conversations.get(id)).collect();
        let marked: Vec<&MemberRow> = self.marked.keys().filter_map(|key| self.members.get(key)).collect();
        bulk::save(conn, &advanced, &marked, self.new_messages).await?;
        Ok(changes)
    }

    fn receipt(&self, (conversation, user): (Id, Id)) -> Change {
        let (delivered, read) = self
            .members
            .get(&(conversation, user))
            .map_or((0, 0), |member| (member.delivered_seq, member.read_seq));
        Change::Receipt {
            user: user.into(),
            id: conversation.into(),
            shown: self.shows_receipts.get(&user).copied().unwrap_or(false),
            event: ServerEvent::Receipt {
                conversation_id: ConversationId::from(conversation),
                user_id: user.into(),
                delivered_seq: Seq(delivered),
                read_seq: Seq(read),
            },
        }
    }
}

/// What a batch has to know beside the conversations that it sends to, which are locked first.
pub(crate) struct Wanted {
    /// Others than those.
    pub(crate) marked_in: Vec<Id>,
    /// Who writes, marks or is mentioned, and where: conversations and people.
    pub(crate) members: (Vec<Id>, Vec<Id>),
    /// Those of them whose marks others may be told of.
    pub(crate) markers: Vec<Id>,
    /// Client's id, conversation and author of each that is sent, which may have been sent before.
    pub(crate) messages: Vec<(Id, Id, Id)>,
    /// The two of each direct conversation that is sent to, low ids and high ids.
    pub(crate) direct: (Vec<Id>, Vec<Id>),
}

#[derive(Default)]
pub(crate) struct Related {
    pub(crate) only_marked: Vec<ConversationRow>,
    pub(crate) members: Vec<MemberRow>,
    pub(crate) friends: Vec<(Id, Id)>,
    pub(crate) shows_receipts: Vec<(Id, bool)>,
    pub(crate) known: Vec<MessageRow>,
}

fn direct_pairs(found: &[ConversationRow]) -> (Vec<Id>, Vec<Id>) {
    found.iter().filter_map(|row| row.direct_low_id.zip(row.direct_high_id)).unzip()
}
