//! The snapshot: beginning from it, coming back to it, and asking for it again.

use crate::{CatchUp, Change, ConversationState, Core, Effect, Millis};
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::socket::Ready;
use umbrachat_protocol::{
    Conversation, ConversationId, ConversationKind, Presence, Rev, Seq, ServerEvent, Snapshot,
};

/// Asking for the snapshot outside of `ready`.
#[derive(Debug, Default)]
pub(crate) struct SnapshotFetch {
    phase: Phase,
    ticket: u32,
    /// Conversations that were heard of without being known, with the newest rev heard of.
    unknown: Vec<(ConversationId, Rev)>,
    /// Who came and went while a snapshot was under way. Too frequent a thing to ask for another one.
    presence: Vec<Presence>,
    /// A call was answered while there was no connection: the snapshot that comes with the next one may be older than
    /// that,
    answered: bool,
    /// and not have these conversations yet.
    begun: Vec<ConversationId>,
    failures: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Idle,
    Waiting {
        until: Millis,
    },
    /// `outdated`: something that has no rev changed since it was asked for, so the answer may be older than that.
    UnderWay {
        outdated: bool,
    },
}

impl SnapshotFetch {
    pub(crate) fn request(&mut self, now: Millis) {
        match self.phase {
            Phase::UnderWay { .. } => self.outdate(),
            Phase::Idle | Phase::Waiting { .. } => self.phase = Phase::Waiting { until: now },
        }
    }

    /// Something has changed that a snapshot under way may not show yet.
    pub(crate) fn outdate(&mut self) {
        if let Phase::UnderWay { outdated } = &mut self.phase {
            *outdated = !planted::has(Bug::OutdatedSnapshotCounts);
        }
    }

    pub(crate) fn note_answer(&mut self, event: &ServerEvent) {
        self.note_changes();
        if let ServerEvent::Conversation { conversation } = event {
            self.begun.push(conversation.id);
        }
    }

    /// Something newer has come by another way than the connection that there will be.
    pub(crate) fn note_changes(&mut self) {
        self.answered = true;
    }

    pub(crate) fn note_presence(&mut self, presence: &Presence) {
        if matches!(self.phase, Phase::UnderWay { .. }) {
            self.presence.push(presence.clone());
        }
    }

    /// Something was heard of a conversation that is not known.
    pub(crate) fn unknown(&mut self, id: ConversationId, rev: Rev, now: Millis) {
        match self.unknown.iter_mut().find(|(known, _)| *known == id) {
            Some((_, newest)) => *newest = (*newest).max(rev),
            None => self.unknown.push((id, rev)),
        }
        if self.phase == Phase::Idle {
            self.request(now);
        }
    }

    pub(crate) fn take_due(&mut self, now: Millis) -> Option<u32> {
        let due = matches!(self.phase, Phase::Waiting { until } if until <= now);
        due.then(|| {
            self.phase = Phase::UnderWay { outdated: false };
            self.presence.clear();
            self.ticket = self.ticket.wrapping_add(1);
            self.ticket
        })
    }

    pub(crate) fn deadline(&self) -> Option<Millis> {
        match self.phase {
            Phase::Waiting { until } => Some(until),
            Phase::Idle | Phase::UnderWay { .. } => None,
        }
    }

    /// `ready` brings a newer one than any that is under way.
    fn cancel(&mut self) {
        self.phase = Phase::Idle;
        self.unknown.clear();
        self.presence.clear();
        self.failures = 0;
    }

    /// Whether the answer with this ticket is awaited, and as new as it has to be.
    fn arrived(&mut self, ticket: u32, now: Millis) -> bool {
        match self.phase {
            Phase::UnderWay { outdated: false } if ticket == self.ticket => {
                self.phase = Phase::Idle;
                self.failures = 0;
                true
            }
            Phase::UnderWay { outdated: true } if ticket == self.ticket => {
                self.phase = Phase::Waiting { until: now };
                false
            }
            _ => false,
        }
    }
}

impl Core {
    pub(crate) fn ready(&mut self, ready: Ready, now: Millis) {
        self.link.ready(ready.heartbeat_seconds, now);
        self.state.session_id = Some(ready.session_id);
        self.snapshot.cancel();
        let begun = std::mem::take(&mut self.snapshot.begun);
        let may_be_older = std::mem::take(&mut self.snapshot.answered);
        if !may_be_older && self.knows_more_than(&ready.snapshot) {
            self.forget_what_was_known();
        }
        self.apply_snapshot(ready.snapshot, &begun, now);
        if may_be_older {
            self.snapshot.request(now);
        }
        for conversation in self.state.conversations.values_mut() {
            // What failed because the server was out of reach may be tried again.
            conversation.history.failed = false;
        }
    }

    pub(crate) fn snapshot_loaded(&mut self, ticket: u32, mut snapshot: Snapshot, now: Millis) {
        if !self.snapshot.arrived(ticket, now) {
            return;
        }
        // The call may have been answered by another replica than the socket's, and only that one hears who comes and goes.
        for fresh in &mut snapshot.presence {
            let held = self.state.presence.iter().find(|held| held.user_id == fresh.user_id);
            if let Some(held) = held.filter(|held| held.online != fresh.online) {
                *fresh = held.clone();
            }
        }
        self.apply_snapshot(snapshot, &[], now);
        for presence in std::mem::take(&mut self.snapshot.presence) {
            self.presence(presence);
        }
        for (id, rev) in std::mem::take(&mut self.snapshot.unknown) {
            match self.state.conversations.get_mut(&id) {
                Some(conversation) => conversation.reach(rev),
                // It was heard of while the snapshot was under way: the next one will have it.
                None => self.snapshot.request(now),
            }
        }
    }

    pub(crate) fn snapshot_failed(&mut self, ticket: u32, now: Millis) {
        let fetch = &mut self.snapshot;
        if matches!(fetch.phase, Phase::UnderWay { .. }) && ticket == fetch.ticket {
            fetch.failures = fetch.failures.saturating_add(1);
            let wait = self.link.backoff(fetch.failures, &self.config);
            fetch.phase = Phase::Waiting { until: now.plus(wait) };
        }
    }

    /// A new connection's snapshot is never older than what was known before it was asked for, unless the server's database has
    /// gone back.
    fn knows_more_than(&self, snapshot: &Snapshot) -> bool {
        let known = |info: &Conversation| self.state.conversations.get(&info.id).map(ConversationState::rev);
        snapshot.conversations.iter().any(|info| known(info).is_some_and(|known| known > info.rev))
    }

    /// The server's database was restored from a backup: what it has now counts, and what is unsent.
    fn forget_what_was_known(&mut self) {
        self.forget_all_typists();
        self.state.conversations.clear();
        self.state.me = None;
        self.out.changed(Change::Conversations);
    }

    /// `begun`: conversations that may be newer than the snapshot.
    fn apply_snapshot(&mut self, snapshot: Snapshot, begun: &[ConversationId], now: Millis) {
        let known = self.state.epoch.filter(|known| snapshot.epoch.is_some_and(|epoch| epoch != *known));
        if known.is_some() {
            self.forget_what_was_known();
        }
        self.state.epoch = snapshot.epoch.or(self.state.epoch);
        let first = self.state.me.is_none();
        let Self { state, out, .. } = self;
        replace(&mut state.me, Some(snapshot.user), || out.changed(Change::Me));
        replace(&mut state.friends, snapshot.friends, || out.changed(Change::Friends));
        replace(&mut state.friend_requests, snapshot.friend_requests, || out.changed(Change::FriendRequests));
        replace(&mut state.blocks, snapshot.blocks, || out.changed(Change::Blocks));
        replace(&mut state.presence, snapshot.presence, || out.changed(Change::Presence));

        let stays = |id: &ConversationId| {
            begun.contains(id) || snapshot.conversations.iter().any(|info| info.id == *id)
        };
        let gone: Vec<_> = state.conversations.keys().filter(|id| !stays(id)).copied().collect();
        for id in gone {
            self.remove_conversation(id);
        }
        for info in snapshot.conversations {
            if self.state.conversations.contains_key(&info.id) {
                let (id, rev, last_seq) = (info.id, info.rev, info.last_seq);
                self.update_conversation(info);
                self.close_gap_to_snapshot(id, (rev, last_seq), now);
            } else {
                self.add_conversation(info, !first, now);
            }
        }
        if first {
            self.out.changed(Change::Conversations);
        }
        self.refresh_what_has_no_rev();
    }

    /// Members' marks move without a rev that would tell whether they did.
    fn refresh_what_has_no_rev(&mut self) {
        for conversation in self.state.conversations.values_mut() {
            let asked_at = conversation.rev();
            let membership = &mut conversation.membership;
            if membership.loading {
                membership.outdated = true;
            } else if membership.is_wanted() {
                membership.loading = true;
                membership.asked_at = asked_at;
                membership.again_at = None;
                self.out.push(Effect::FetchMembers { conversation_id: conversation.id() });
            }
        }
    }

    /// A snapshot has just told of the conversation as it was at this rev and seq.
    fn close_gap_to_snapshot(&mut self, id: ConversationId, (rev, last_seq): (Rev, Seq), now: Millis) {
        let Some(conversation) = self.state.conversations.get_mut(&id) else { return };
        let was_recalled = self.recalled.remove(&id);
        if !conversation.has_gap() {
            return;
        }
        if was_recalled && conversation.is_far_behind(rev) {
            conversation.forget_history();
        }
        if conversation.is_held() || self.config.catch_up == CatchUp::All {
            conversation.catch_up.hurry(now);
        } else if let Some(message) = conversation.adopt(rev, last_seq) {
            self.show_message(message, true);
        }
    }

    pub(crate) fn update_conversation(&mut self, info: Conversation) {
        let id = info.id;
        let Some(conversation) = self.state.conversations.get_mut(&id) else { return };
        let before = conversation.info().clone();
        conversation.put_info(info);
        if *conversation.info() != before {
            let info = conversation.info();
            let reordered =
                info.last_message != before.last_message || info.preferences != before.preferences;
            self.out.changed(Change::Conversation(id));
            if reordered {
                self.out.changed(Change::Conversations);
            }
        }
    }

    /// `lately`: it came to be known after the first snapshot.
    pub(crate) fn add_conversation(&mut self, info: Conversation, lately: bool, now: Millis) {
        let (id, rev, last_seq) = (info.id, info.rev, info.last_seq);
        let mut conversation = ConversationState::new(info);
        let mut newest = None;
        // What a group has talked about before one was added is not new; what it has said since, or a friend begins to say, is.
        let unseen_after = match conversation.info().kind {
            ConversationKind::Direct => Some(Seq(0)),
            ConversationKind::Group => conversation.goes_on().then_some(conversation.info().read_seq),
        };
        if let Some(seq) = unseen_after.filter(|_| lately) {
            conversation = conversation.unseen_after(seq);
            match self.config.catch_up {
                CatchUp::Held => newest = conversation.adopt(rev, last_seq),
                CatchUp::All => conversation.catch_up.hurry(now),
            }
        }
        self.state.conversations.insert(id, conversation);
        self.out.changed(Change::Conversation(id));
        self.out.changed(Change::Conversations);
        if let Some(message) = newest {
            self.show_message(message, true);
        }
    }

    pub(crate) fn remove_conversation(&mut self, id: ConversationId) {
        if self.state.conversations.remove(&id).is_some() {
            self.out.changed(Change::Conversations);
        }
        self.discard_all_of(id);
    }
}

/// Puts in the new value, and tells when it differs.
fn replace<T: PartialEq>(place: &mut T, value: T, tell: impl FnOnce()) {
    if *place != value {
        *place = value;
        tell();
    }
}
