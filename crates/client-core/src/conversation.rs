//! One conversation: itself, its messages, its members, and how far it is known without a gap.

use crate::Millis;
use crate::apart::Apart;
use crate::catch_up::CatchUpState;
use crate::marks::Marks;
use crate::run::Run;
use std::collections::BTreeMap;
use std::ops::RangeBounds;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{
    Conversation, ConversationId, Member, Message, MessageKind, Rev, Seq, Timestamp, User, UserId,
};

/// What is known of one conversation.
#[derive(Debug)]
pub struct ConversationState {
    pub(crate) info: Conversation,
    /// The rev at which title and the like were read,
    pub(crate) info_rev: Rev,
    /// and the one at which one's own role was.
    pub(crate) role_rev: Rev,
    /// Revs whose rows have arrived.
    pub(crate) revs: Run,
    /// Seqs whose messages have arrived since this conversation became known.
    pub(crate) seqs: Run,
    /// Held once history was asked for, also what lies below the loaded part: a page that is under way may be older.
    pub(crate) messages: BTreeMap<Seq, Message>,
    pub(crate) history: History,
    pub(crate) members: Vec<Member>,
    pub(crate) membership: Membership,
    /// Whose marks moved while members were under way: the answer may be older than that.
    pub(crate) marked_meanwhile: Vec<UserId>,
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
    /// What somebody has jumped to, until nothing is missing between it and the newest.
    pub apart: Option<Apart>,
}

/// Whether members are held.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Membership {
    pub(crate) loaded: bool,
    pub(crate) loading: bool,
    /// What is held, or under way, may be older than something that was missed.
    pub(crate) outdated: bool,
    /// Up to here nothing was missing when they were asked for: the answer is not older than that.
    pub(crate) asked_at: Rev,
    /// They could not be had: when to ask again.
    pub(crate) again_at: Option<Millis>,
    /// How often in a row they could not.
    pub(crate) failures: u32,
}

impl Membership {
    /// They were asked for, so what comes is kept.
    pub(crate) fn is_wanted(self) -> bool {
        self.loaded || self.loading || self.outdated
    }

    pub(crate) fn is_due(self, now: Millis) -> bool {
        self.again_at.is_some_and(|at| at <= now)
    }
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

    /// Those of them with these numbers.
    pub fn messages_in(&self, seqs: impl RangeBounds<Seq>) -> impl DoubleEndedIterator<Item = &Message> {
        let from = self.history.loaded_from.unwrap_or(Seq(i64::MAX));
        self.messages.range(seqs).filter(move |(seq, _)| **seq >= from).map(|(_, message)| message)
    }

    /// A loaded message.
    pub fn message(&self, seq: Seq) -> Option<&Message> {
        let History { loaded_from, apart, .. } = self.history;
        let is_loaded = loaded_from.is_some_and(|from| from <= seq) || apart.is_some_and(|it| it.has(seq));
        self.messages.get(&seq).filter(|_| is_loaded)
    }

    /// Those who are members now; none until they were asked for.
    pub fn members(&self) -> Option<impl Iterator<Item = &Member>> {
        self.membership.loaded.then(|| self.members.iter().filter(|member| member.left_at.is_none()))
    }

    /// Somebody who is a member or was one, as far as members are held.
    pub fn person(&self, user: UserId) -> Option<&User> {
        self.members.iter().map(|member| &member.user).find(|held| held.id == user)
    }

    pub(crate) fn has_member(&self, user: UserId) -> bool {
        self.members.iter().any(|member| member.user.id == user && member.left_at.is_none())
    }

    /// The person left and came back while this client was away: what the earlier membership showed may be hidden now.
    pub(crate) fn forget_history(&mut self) {
        self.messages.clear();
        self.history = History::default();
    }

    pub(crate) fn has_row_of(&self, user: UserId) -> bool {
        self.members.iter().any(|member| member.user.id == user)
    }

    /// When something was last written here, or it began.
    pub fn active_at(&self) -> Timestamp {
        self.info.last_message.as_ref().map_or(self.info.created_at, |message| message.created_at)
    }

    /// Something is known to exist that has not arrived.
    pub fn has_gap(&self) -> bool {
        self.rev() < self.info.rev && !planted::has(Bug::NoGapCheck)
    }

    /// From here on nothing may be missed, except what the snapshot has told.
    pub(crate) fn new(info: Conversation) -> Self {
        let mut this = Self {
            info_rev: info.rev,
            role_rev: info.rev,
            revs: Run::up_to(info.rev.0),
            seqs: Run::up_to(info.last_seq.0),
            messages: BTreeMap::new(),
            history: History::default(),
            members: Vec::new(),
            membership: Membership::default(),
            marked_meanwhile: Vec::new(),
            marks: Marks::new(info.read_seq),
            catch_up: CatchUpState::default(),
            info,
        };
        this.count_unread();
        this
    }

    /// It began, or went on, while this client was not looking: nothing after this message has arrived yet.
    pub(crate) fn unseen_after(mut self, seq: Seq) -> Self {
        self.revs = Run::default();
        self.seqs = Run::up_to(seq.0);
        self
    }

    /// Whether more has happened in it than that one was added, which is all that is unread then.
    pub(crate) fn goes_on(&self) -> bool {
        let is_text = |message: &Message| message.kind == MessageKind::Text;
        self.info.unread > i64::from(!self.info.last_message.as_ref().is_some_and(is_text))
    }

    /// Whether more is held than a snapshot tells.
    pub(crate) fn is_held(&self) -> bool {
        self.history.loaded_from.is_some() || self.history.loading || self.membership.is_wanted()
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

    /// Nothing more is held than a snapshot tells, so one that was taken at this rev and seq stands for every change
    /// before. Returns the newest message where it is a new one.
    pub(crate) fn adopt(&mut self, rev: Rev, last_seq: Seq) -> Option<Message> {
        let newest = self.info.last_message.clone();
        let newest = newest.filter(|message| self.seqs.insert(message.seq.0));
        self.revs.cover(rev.0);
        self.seqs.cover(last_seq.0);
        self.settle_seqs();
        newest
    }

    /// Once no change is missing, no message is, also where a rule hides some from this member.
    fn settle_seqs(&mut self) {
        if !self.has_gap() {
            self.seqs.cover(self.info.last_seq.0);
        }
    }

    pub(crate) fn count_unread(&mut self) {
        self.info.unread = (self.info.last_seq.0 - self.info.read_seq.0).max(0);
        if planted::has(Bug::UnreadOffByOne) && self.info.unread > 0 {
            self.info.unread -= 1;
        }
    }
}
