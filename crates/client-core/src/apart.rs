//! The part of the history that somebody has jumped to. It lies apart from the newest until what is between has been loaded,
//! has no hole in itself, and hears of every change like all that is held.

use crate::{ConversationState, Core};
use umbrachat_protocol::{ConversationId, Message, Seq, UserId};

/// Which messages it has: all between these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Apart {
    pub from: Seq,
    pub to: Seq,
    /// The server has older ones.
    pub has_older: bool,
}

impl Apart {
    pub fn has(&self, seq: Seq) -> bool {
        self.from <= seq && seq <= self.to
    }

    fn joined_with(self, other: Self) -> Self {
        let older = if other.from < self.from { other } else { self };
        Self { to: self.to.max(other.to), ..older }
    }

    fn touches(&self, other: &Self) -> bool {
        self.from <= other.to.next() && other.from <= self.to.next()
    }
}

impl Core {
    /// A run of messages that the driver asked for by itself, complete from the first to the last.
    pub(crate) fn visited(&mut self, id: ConversationId, run: &[Message], has_older: bool) {
        self.history_arrives(id, run, |conversation, me| conversation.put_run(run, has_older, me));
    }
}

impl ConversationState {
    /// The messages up to this one that are in the same part, oldest first.
    pub fn messages_until(&self, seq: Seq) -> impl DoubleEndedIterator<Item = &Message> {
        let (from, _) = self.part_around(seq);
        self.messages.range(from.min(seq)..=seq).map(|(_, message)| message).filter(move |it| it.seq >= from)
    }

    /// The messages from this one on that are in the same part, oldest first.
    pub fn messages_from(&self, seq: Seq) -> impl DoubleEndedIterator<Item = &Message> {
        let (from, to) = self.part_around(seq);
        let from = from.max(seq);
        self.messages.range(from..=to.max(from)).map(|(_, message)| message)
    }

    fn part_around(&self, seq: Seq) -> (Seq, Seq) {
        let newest = (self.history.loaded_from.unwrap_or(Seq(i64::MAX)), Seq(i64::MAX));
        self.history.apart.filter(|apart| apart.has(seq)).map_or(newest, |apart| (apart.from, apart.to))
    }

    fn put_run(&mut self, run: &[Message], has_older: bool, me: Option<UserId>) {
        // Without the newest part there is nothing that it could lie apart from.
        let (Some(first), Some(last), Some(_)) = (run.first(), run.last(), self.history.loaded_from) else {
            return;
        };
        let run_of = Apart { from: first.seq, to: last.seq, has_older };
        for message in run {
            self.put_row(message, me);
        }
        let held = self.history.apart.filter(|held| held.touches(&run_of));
        self.history.apart = Some(held.map_or(run_of, |held| held.joined_with(run_of)));
        self.join_parts();
    }

    /// Where the two parts have met they are one.
    pub(crate) fn join_parts(&mut self) {
        let (Some(apart), Some(from)) = (self.history.apart, self.history.loaded_from) else { return };
        if apart.to.next() < from {
            return;
        }
        self.history.apart = None;
        if apart.from < from {
            self.history.loaded_from = Some(apart.from);
            self.history.has_older = apart.has_older;
        }
    }
}
