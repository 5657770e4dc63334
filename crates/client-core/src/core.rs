//! The machine itself: takes each input to the part that it concerns, and then does whatever is due.

use crate::catch_up::FETCHES_AT_ONCE;
use crate::connection::Link;
use crate::effect::Effects;
use crate::snapshot::SnapshotFetch;
use crate::{Change, Config, Effect, Input, Millis, State};
use std::collections::BTreeSet;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::socket::Mark;
use umbrachat_protocol::{ClientCommand, ConversationId, Reference, Seq, ServerEvent};

/// The client's brain. See the crate's page for how to drive it.
#[derive(Debug)]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) state: State,
    pub(crate) link: Link,
    pub(crate) snapshot: SnapshotFetch,
    /// Conversations that come from an earlier visit and were not compared with the server yet.
    pub(crate) recalled: BTreeSet<ConversationId>,
    /// The `ref` of the newest command.
    reference: i64,
    /// What the input in hand has led to so far.
    pub(crate) out: Effects,
}

impl Core {
    pub fn new(config: Config) -> Self {
        Self {
            link: Link::new(config.seed),
            state: State::default(),
            snapshot: SnapshotFetch::default(),
            recalled: BTreeSet::new(),
            reference: 0,
            out: Effects::default(),
            config,
        }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// When to call [`handle`](Self::handle) with [`Input::Tick`], unless something happens before. It always lies
    /// after the last `now`.
    pub fn next_deadline(&self) -> Option<Millis> {
        let link = self.link.deadline();
        if !self.link.is_ready() {
            return link;
        }
        let conversations = || self.state.conversations.values();
        let marks = conversations().filter_map(|conversation| conversation.marks.deadline());
        let room = self.fetches_under_way() < FETCHES_AT_ONCE;
        let gaps =
            conversations().filter_map(|conversation| conversation.catch_up.deadline().filter(|_| room));
        let members = conversations().filter_map(|conversation| conversation.membership.again_at);
        let typists = self.state.typists.iter().map(|typist| typist.until);
        let outbox = self.state.outbox.deadline(self.config.in_flight);
        marks
            .chain(gaps)
            .chain(members)
            .chain(typists)
            .chain(link)
            .chain(outbox)
            .chain(self.snapshot.deadline())
            .min()
    }

    /// Takes in what happened and returns what to do about it, in order.
    pub fn handle(&mut self, now: Millis, input: Input) -> Vec<Effect> {
        let was_ready = self.link.is_ready();
        self.take_in(now, input);
        if was_ready && !self.link.is_ready() {
            self.forget_connection();
        }
        self.do_what_is_due(now);
        let connection = self.link.view();
        if connection != self.state.connection {
            self.state.connection = connection;
            self.out.changed(Change::Connection);
        }
        std::mem::take(&mut self.out).into_vec()
    }

    fn take_in(&mut self, now: Millis, input: Input) {
        let Self { link, config, out, .. } = self;
        match input {
            Input::Start => link.start(now, config, out),
            Input::Stop => link.stop(out),
            Input::NetworkChanged { online } => link.network_changed(online, now, config, out),
            Input::SocketClosed { code } => link.closed(code, now, config, out),
            Input::ConnectFailed(why) => link.failed(why, now, config, out),
            Input::TokenExpires { at } => link.token_expires(at, now, config),
            Input::Tick => link.tick(now, config, out),
            Input::Event(event) => {
                link.heard(now);
                self.event(event, now);
            }
            Input::Answer(event) => {
                // Events may have overtaken it. Of what has no rev, the snapshot then tells which is newer.
                let has_rev = matches!(
                    event,
                    ServerEvent::Message { .. }
                        | ServerEvent::Member { .. }
                        | ServerEvent::Preferences { .. }
                );
                if !self.link.is_ready() {
                    self.snapshot.note_answer(&event);
                }
                self.event(event, now);
                if !has_rev {
                    self.snapshot.request(now);
                }
            }
            Input::Recall { account, conversations } => self.recall(*account, conversations),
            Input::Restore(unsent) => self.restore(unsent),
            Input::Send { conversation_id, client_id, body, reply_to, mentions, written_at } => {
                self.send(crate::Outgoing {
                    conversation_id,
                    client_id,
                    body,
                    reply_to,
                    mentions,
                    written_at,
                    position: 0,
                    failure: None,
                });
            }
            Input::SetTyping { conversation_id, typing } => self.set_typing(conversation_id, typing),
            Input::Retry(client_id) => self.retry(client_id),
            Input::Discard(client_id) => self.discard(client_id),
            Input::MarkRead { conversation_id, seq } => self.mark_read(conversation_id, seq),
            Input::Open(conversation) => self.open(conversation),
            Input::LoadOlder(id) => self.load_history(id),
            Input::Visited { conversation_id, run, has_older } => {
                self.visited(conversation_id, &run, has_older);
            }
            Input::LoadMembers(id) => self.load_members(id),
            Input::SnapshotLoaded { ticket, snapshot } => self.snapshot_loaded(ticket, *snapshot, now),
            Input::SnapshotFailed { ticket } => self.snapshot_failed(ticket, now),
            Input::ChangesLoaded { conversation_id, since, changes } => {
                self.changes_loaded(conversation_id, since, *changes, now);
            }
            Input::ChangesFailed { conversation_id, code } => self.changes_failed(conversation_id, code, now),
            Input::HistoryLoaded { conversation_id, before, page } => {
                self.history_loaded(conversation_id, before, &page);
            }
            Input::HistoryFailed { conversation_id, .. } => self.history_failed(conversation_id),
            Input::MembersLoaded { conversation_id, members } => {
                self.members_loaded(conversation_id, members);
            }
            Input::MembersFailed { conversation_id, code } => self.members_failed(conversation_id, code, now),
        }
    }

    fn forget_connection(&mut self) {
        self.state.outbox.disconnected();
        self.forget_all_typists();
        for conversation in self.state.conversations.values_mut() {
            conversation.marks.disconnected();
        }
    }

    fn do_what_is_due(&mut self, now: Millis) {
        self.load_what_is_open();
        if !self.link.is_ready() {
            return;
        }
        self.forget_typists(now);
        self.watch_conversations(now);
        self.fetch_changes(now);
        self.ask_again_for_members(now);
        if let Some(ticket) = self.snapshot.take_due(now) {
            self.out.push(Effect::FetchSnapshot { ticket });
        }
        for command in self.state.outbox.take_due(now, &self.config, &mut self.reference) {
            self.out.push(Effect::Transmit(ClientCommand::SendMessage(command)));
        }
    }

    /// Notes gaps, and tells the server what has been received and read.
    fn watch_conversations(&mut self, now: Millis) {
        for conversation in self.state.conversations.values_mut() {
            let gap = conversation.has_gap();
            conversation.catch_up.note_gap(gap, now.plus(self.config.gap_wait));

            let (id, received, read) =
                (conversation.id(), conversation.received(), conversation.info().read_seq);
            let marks = &mut conversation.marks;
            marks.schedule(received, read, now.plus(self.config.mark_delay));
            let tell = marks.take_due(received, read, now, self.reference + 1);
            if tell.delivered.or(tell.read).is_some() {
                self.reference += 1;
            }
            let reference = Some(Reference::Number(self.reference));
            let mark = |seq: Seq| Mark { reference: reference.clone(), conversation_id: id, seq };
            if let Some(seq) = tell.delivered {
                self.out.push(Effect::Transmit(ClientCommand::MarkDelivered(mark(seq))));
            }
            if let Some(seq) = tell.read {
                self.out.push(Effect::Transmit(ClientCommand::MarkRead(mark(seq))));
            }
        }
    }

    fn fetch_changes(&mut self, now: Millis) {
        let room = FETCHES_AT_ONCE.saturating_sub(self.fetches_under_way());
        let conversations = self.state.conversations.values();
        let due = conversations.filter(|conversation| conversation.catch_up.is_due(now));
        let mut due: Vec<ConversationId> = due.map(crate::ConversationState::id).collect();
        // What the person looks at comes first.
        due.sort_by_key(|id| self.state.open != Some(*id));
        for conversation_id in due.into_iter().take(room) {
            if let Some(conversation) = self.state.conversations.get_mut(&conversation_id) {
                conversation.catch_up.begin();
                let mut since = conversation.rev();
                if planted::has(Bug::ResumeTooLate) {
                    since = since.next();
                }
                self.out.push(Effect::FetchChanges { conversation_id, since });
            }
        }
    }

    fn fetches_under_way(&self) -> usize {
        let conversations = self.state.conversations.values();
        conversations.filter(|conversation| conversation.catch_up.is_under_way()).count()
    }
}
