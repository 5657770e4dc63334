//! Taking in rows: conversations, messages, members and marks, from wherever they come.
//!
//! Whatever arrives, live, in a page or twice, is applied by one rule: of two versions of a row the one with the higher
//! `rev` stays, and marks only grow.

use crate::ConversationState;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{
    Conversation, ConversationKind, Member, Message, MessagePage, PeerReceipt, Preferences, Seq, User, UserId,
};

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
            if incoming.rev >= self.role_rev {
                self.role_rev = incoming.rev;
                self.info.my_role = incoming.my_role;
            }
            self.info.history = incoming.history;
            self.info.created_at = incoming.created_at;
            self.info.peer_receipt = incoming.peer_receipt.map(|receipt| {
                let held = self.info.peer_receipt.unwrap_or_default();
                further(held, receipt.delivered_seq, receipt.read_seq)
            });
        }
        self.put_preferences(incoming.preferences);
        self.info.last_seq = self.info.last_seq.max(incoming.last_seq);
        if let Some(message) = incoming.last_message {
            self.put_last(&message);
        }
        self.put_my_read(incoming.read_seq);
    }

    /// Whether these are newer than those that are held.
    pub(crate) fn put_preferences(&mut self, incoming: Preferences) -> bool {
        let newer = incoming.rev > self.info.preferences.rev;
        if newer {
            self.info.preferences = incoming;
        }
        newer
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
        // A question from before this membership may have failed meanwhile; what has come is kept all the same.
        self.history.loading = true;
        for message in &page.messages {
            self.put_row(message, me);
        }
        self.history.loading = false;
        self.history.failed = false;
        // A page that does not lie against what is loaded (the answer to an older question) leaves no hole.
        if before == self.history.loaded_from {
            // Where there was nothing, everything that came since is held from the first on.
            let first = page.messages.first().map(|message| message.seq);
            self.history.loaded_from = first.or(before).or(Some(Seq(1)));
            self.history.has_older = page.has_more;
            self.join_parts();
        }
    }

    pub(crate) fn put_member(&mut self, incoming: Member, me: Option<UserId>) {
        if Some(incoming.user.id) == me && incoming.rev > self.role_rev {
            self.role_rev = incoming.rev;
            self.info.my_role = incoming.role;
        }
        if Some(incoming.user.id) == me {
            self.put_my_read(incoming.read_seq);
        }
        if !self.membership.is_wanted() {
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

    /// Somebody does not show their marks, or not any more.
    pub(crate) fn hide_marks_of(&mut self, user: UserId) {
        for member in self.members.iter_mut().filter(|member| member.user.id == user) {
            (member.delivered_seq, member.read_seq) = (Seq::ZERO, Seq::ZERO);
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
        if self.membership.loading && !self.marked_meanwhile.contains(&user) {
            self.marked_meanwhile.push(user);
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
    pub(crate) fn put_row(&mut self, message: &Message, me: Option<UserId>) -> bool {
        self.info.last_seq = self.info.last_seq.max(message.seq);
        let newest = self.put_last(message);
        if let Some(author) = message.author_id {
            self.author_has_read(author, message.seq, me);
        }
        self.count_unread();
        if self.history.loaded_from.is_none() && !self.history.loading {
            return newest;
        }
        let held = self.messages.get(&message.seq);
        let newer = held.is_none_or(|held| held.rev < message.rev) || planted::has(Bug::LowerRevWins);
        if newer {
            self.messages.insert(message.seq, message.clone());
        }
        newer
    }

    /// Sending moves one's own marks on the server, as a notice does its author's; the message is all that is told of it.
    fn author_has_read(&mut self, author: UserId, seq: Seq, me: Option<UserId>) {
        // Where somebody's marks are not shown, they stay so.
        let hidden = match self.info.kind {
            ConversationKind::Direct => self.info.peer_receipt.is_none(),
            ConversationKind::Group => self.has_no_marks(author),
        };
        if Some(author) == me || !hidden {
            self.put_receipt(author, seq, seq, me);
        }
    }

    /// Hidden, or not moved yet; the server tells when the first one moves.
    fn has_no_marks(&self, user: UserId) -> bool {
        let held = self.members.iter().find(|member| member.user.id == user);
        held.is_some_and(|member| (member.delivered_seq, member.read_seq) == (Seq::ZERO, Seq::ZERO))
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
}

fn further(held: PeerReceipt, delivered: Seq, read: Seq) -> PeerReceipt {
    PeerReceipt { delivered_seq: held.delivered_seq.max(delivered), read_seq: held.read_seq.max(read) }
}
