//! One conversation: itself, its messages, its members, and how far it is known without a gap.
//!
//! Whatever arrives, live, in a page or twice, is applied by one rule: of two versions of a row the one with the higher
//! `rev` stays, and marks only grow.

use crate::catch_up::CatchUpState;
use crate::marks::Marks;
use crate::run::Run;
use std::collections::BTreeMap;
use umbrachat_protocol::{
    Conversation, ConversationId, ConversationKind, Member, Message, MessageKind, MessagePage, PeerReceipt,
    Rev, Seq, Timestamp, User, UserId,
};

/// What is known of one conversation.
#[derive(Debug)]
pub struct ConversationState {
    info: Conversation,
    /// The rev at which title, role and the like were read.
    info_rev: Rev,
    /// Revs whose rows have arrived.
    revs: Run,
    /// Seqs whose messages have arrived since this conversation became known.
    seqs: Run,
    /// Held once history was asked for, also what lies below the loaded part: a page that is under way may be older.
    messages: BTreeMap<Seq, Message>,
    pub(crate) history: History,
    members: Vec<Member>,
    pub(crate) members_wanted: bool,
    pub(crate) members_loaded: bool,
    pub(crate) members_loading: bool,
    pub(crate) marks: Marks,
    pub(crate) catch_up: CatchUpState,
}

/// Which part of a conversation's messages is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// From here to the newest nothing is missing. None until the first page.
    pub loaded_from: Option<Seq>,
    /// The server has older ones.
    pub has_older: bool,
    /// A page is under way.
    pub loading: bool,
    /// The last page could not be had; ask again to retry.
    pub failed: bool,
}

/// What taking in a message has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// Nothing that was not known.
    Known,
    Updated,
    /// Seen for the first time, and younger than the client's acquaintance with the conversation.
    New,
}

impl ConversationState {
    pub fn id(&self) -> ConversationId {
        self.info.id
    }

    /// The conversation as the server would tell it now: title, newest message, marks, unread.
    pub fn info(&self) -> &Conversation {
        &self.info
    }

    /// The newest change up to which nothing is missing.
    pub fn rev(&self) -> Rev {
        Rev(self.revs.upto())
    }

    pub fn history(&self) -> History {
        self.history
    }

    /// The loaded messages, oldest first; tombstones are among them.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> {
        let from = self.history.loaded_from.unwrap_or(Seq(i64::MAX));
        self.messages.range(from..).map(|(_, message)| message)
    }

    /// A loaded message.
    pub fn message(&self, seq: Seq) -> Option<&Message> {
        self.messages.get(&seq).filter(|_| self.history.loaded_from.is_some_and(|from| from <= seq))
    }

    /// Those who are members now; none until they were asked for.
    pub fn members(&self) -> Option<impl Iterator<Item = &Member>> {
        self.members_loaded.then(|| self.members.iter().filter(|member| member.left_at.is_none()))
    }

    /// When something was last written here, or it began.
    pub fn active_at(&self) -> Timestamp {
        self.info.last_message.as_ref().map_or(self.info.created_at, |message| message.created_at)
    }

    /// Something is known to exist that has not arrived.
    pub fn has_gap(&self) -> bool {
        self.rev() < self.info.rev
    }

    /// From here on nothing may be missed, except what the snapshot has told.
    pub(crate) fn new(info: Conversation) -> Self {
        let mut this = Self {
            info_rev: info.rev,
            revs: Run::up_to(info.rev.0),
            seqs: Run::up_to(info.last_seq.0),
            messages: BTreeMap::new(),
            history: History::default(),
            members: Vec::new(),
            members_wanted: false,
            members_loaded: false,
            members_loading: false,
            marks: Marks::new(info.read_seq),
            catch_up: CatchUpState::default(),
            info,
        };
        this.count_unread();
        this
    }

    /// It began while this client was not looking: nothing of it has arrived yet.
    pub(crate) fn begun_unseen(mut self) -> Self {
        self.revs = Run::default();
        self.seqs = Run::default();
        self
    }

    /// Whether more is held than a snapshot tells.
    pub(crate) fn is_held(&self) -> bool {
        self.history.loaded_from.is_some() || self.history.loading || self.members_wanted
    }

    /// The newest message up to which all have arrived.
    pub(crate) fn received(&self) -> Seq {
        Seq(self.seqs.upto())
    }

    /// This change exists, whether or not it has arrived.
    pub(crate) fn reach(&mut self, rev: Rev) {
        self.info.rev = self.info.rev.max(rev);
    }

    /// This change has arrived.
    pub(crate) fn arrived(&mut self, rev: Rev) -> bool {
        self.reach(rev);
        let missing = self.revs.insert(rev.0);
        self.settle_seqs();
        missing
    }

    /// Every change after `since` and up to `rev` has arrived.
    pub(crate) fn arrived_between(&mut self, since: Rev, rev: Rev) {
        self.reach(rev);
        if since <= self.rev() {
            self.revs.cover(rev.0);
            self.settle_seqs();
        }
    }

    /// Takes what the snapshot tells for enough: nothing more is held than that.
    /// Returns the newest message where it is a new one.
    pub(crate) fn adopt(&mut self) -> Option<Message> {
        self.revs.cover(self.info.rev.0);
        let newest = self.info.last_message.clone();
        let newest = newest.filter(|message| self.seqs.insert(message.seq.0));
        self.seqs.cover(self.info.last_seq.0);
        newest
    }

    pub(crate) fn put_info(&mut self, incoming: Conversation) {
        self.reach(incoming.rev);
        if incoming.rev >= self.info_rev {
            let renamed = incoming.title != self.info.title || incoming.history != self.info.history;
            if renamed && incoming.rev == self.rev().next() {
                // Only one change lies between, so this is it. Otherwise it could as well be a message, which is
                // still to come.
                self.arrived(incoming.rev);
            }
            self.info_rev = incoming.rev;
            self.info.kind = incoming.kind;
            self.info.title = incoming.title;
            self.info.peer = incoming.peer;
            self.info.my_role = incoming.my_role;
            self.info.history = incoming.history;
            self.info.created_at = incoming.created_at;
            self.info.peer_receipt = incoming.peer_receipt.map(|receipt| {
                let held = self.info.peer_receipt.unwrap_or_default();
                further(held, receipt.delivered_seq, receipt.read_seq)
            });
        }
        self.info.last_seq = self.info.last_seq.max(incoming.last_seq);
        if let Some(message) = incoming.last_message {
            self.put_last(&message);
        }
        self.put_my_read(incoming.read_seq);
    }

    /// Takes in a message that came live or while catching up. Its rev counts as arrived only by `arrived`.
    pub(crate) fn put_message(&mut self, message: &Message, me: Option<UserId>) -> Put {
        let stored = self.put_row(message, me);
        if self.seqs.insert(message.seq.0) {
            Put::New
        } else if stored {
            Put::Updated
        } else {
            Put::Known
        }
    }

    /// Takes in a page of history that was asked for with this `before`.
    pub(crate) fn put_page(&mut self, before: Option<Seq>, page: &MessagePage, me: Option<UserId>) {
        self.history.loading = false;
        self.history.failed = false;
        for message in &page.messages {
            self.put_row(message, me);
        }
        // A page that does not lie against what is loaded (the answer to an older question) leaves no hole.
        if before == self.history.loaded_from {
            // Where there was nothing, everything that came since is held from the first on.
            let first = page.messages.first().map(|message| message.seq);
            self.history.loaded_from = first.or(before).or(Some(Seq(1)));
            self.history.has_older = page.has_more;
        }
    }

    pub(crate) fn put_member(&mut self, incoming: Member, me: Option<UserId>) {
        if Some(incoming.user.id) == me && incoming.rev > self.info_rev {
            self.info.my_role = incoming.role;
        }
        if Some(incoming.user.id) == me {
            self.put_my_read(incoming.read_seq);
        }
        if !self.members_wanted {
            return;
        }
        let place = self.members.iter_mut().find(|held| held.user.id == incoming.user.id);
        let Some(held) = place else {
            self.members.push(incoming);
            return;
        };
        if incoming.rev >= held.rev {
            let (delivered, read) = (held.delivered_seq, held.read_seq);
            *held = incoming;
            held.delivered_seq = held.delivered_seq.max(delivered);
            held.read_seq = held.read_seq.max(read);
        }
    }

    /// Whether this person appears here under another name than before.
    pub(crate) fn put_user(&mut self, user: &User) -> bool {
        let peer = self.info.peer.iter_mut();
        let members = self.members.iter_mut().map(|member| &mut member.user);
        let mut renamed = false;
        for held in peer.chain(members).filter(|held| held.id == user.id && *held != user) {
            held.clone_from(user);
            renamed = true;
        }
        renamed
    }

    /// Marks only move forward, so that the order in which receipts come does not matter.
    pub(crate) fn put_receipt(&mut self, user: UserId, delivered: Seq, read: Seq, me: Option<UserId>) {
        if Some(user) == me {
            self.put_my_read(read);
        } else if self.info.kind == ConversationKind::Direct
            && self.info.peer.as_ref().is_some_and(|peer| peer.id == user)
        {
            let held = self.info.peer_receipt.unwrap_or_default();
            self.info.peer_receipt = Some(further(held, delivered, read));
        }
        if let Some(member) = self.members.iter_mut().find(|member| member.user.id == user) {
            member.delivered_seq = member.delivered_seq.max(delivered);
            member.read_seq = member.read_seq.max(read);
        }
    }

    /// The person has read up to here; whether that is further than before.
    pub(crate) fn read(&mut self, seq: Seq) -> bool {
        let seq = seq.min(self.info.last_seq);
        let further = seq > self.info.read_seq;
        if further {
            self.info.read_seq = seq;
            self.count_unread();
        }
        further
    }

    /// Whether the held row is a different one now.
    fn put_row(&mut self, message: &Message, me: Option<UserId>) -> bool {
        self.info.last_seq = self.info.last_seq.max(message.seq);
        let newest = self.put_last(message);
        if me.is_some() && message.author_id == me && message.kind == MessageKind::Text {
            // Sending moves one's own mark, on the server too.
            self.put_my_read(message.seq);
        }
        self.count_unread();
        if self.history.loaded_from.is_none() && !self.history.loading {
            return newest;
        }
        let held = self.messages.get(&message.seq);
        let newer = held.is_none_or(|held| held.rev < message.rev);
        if newer {
            self.messages.insert(message.seq, message.clone());
        }
        newer
    }

    fn put_last(&mut self, message: &Message) -> bool {
        let held = self.info.last_message.as_ref();
        let newer = held.is_none_or(|held| (held.seq, held.rev) < (message.seq, message.rev));
        if newer {
            self.info.last_message = Some(message.clone());
        }
        newer
    }

    /// How far the server knows that one has read.
    fn put_my_read(&mut self, seq: Seq) {
        self.marks.confirm_read(seq);
        self.info.read_seq = self.info.read_seq.max(seq);
        self.count_unread();
    }

    /// Once no change is missing, no message is, also where a rule hides some from this member.
    fn settle_seqs(&mut self) {
        if !self.has_gap() {
            self.seqs.cover(self.info.last_seq.0);
        }
    }

    fn count_unread(&mut self) {
        self.info.unread = (self.info.last_seq.0 - self.info.read_seq.0).max(0);
    }
}

fn further(held: PeerReceipt, delivered: Seq, read: Seq) -> PeerReceipt {
    PeerReceipt { delivered_seq: held.delivered_seq.max(delivered), read_seq: held.read_seq.max(read) }
}
