//! The promise under every kind of network: events come late, twice, out of order or not at all, connections break,
//! answers are old when they arrive. In the end the device shows what a fresh snapshot shows.

use crate::device::{client_id, ready, sends_to};
use crate::model::{Happening, Model};
use proptest::prelude::*;
use std::collections::VecDeque;
use umbrachat_client_core::{
    CatchUp, Config, Connection, Core, Digest, Effect, Entry, Input, Millis, Outgoing,
};
use umbrachat_protocol::{ClientCommand, ClientId, ConversationId, Message, ServerEvent};

#[derive(Clone, Debug)]
enum Step {
    Happens(Happening),
    /// The next event arrives, or the one after some others.
    Arrives {
        place: usize,
    },
    /// It arrives, and once more later.
    ArrivesTwice {
        place: usize,
    },
    /// An event that has a rev is lost.
    IsLost {
        place: usize,
    },
    /// The server takes in the next command.
    Commanded,
    /// The oldest question is answered now, or its answer set out already and arrives now.
    Answered {
        place: usize,
    },
    AnswerFails {
        place: usize,
    },
    Breaks,
    TimePasses {
        milliseconds: u64,
    },
    Sends {
        chat: usize,
    },
    Reads {
        chat: usize,
    },
    Opens {
        chat: usize,
    },
    Scrolls {
        chat: usize,
    },
    LooksAtMembers {
        chat: usize,
    },
    Restarts,
    Resyncs,
}

struct World {
    model: Model,
    core: Core,
    now: Millis,
    /// On the way to the device.
    events: VecDeque<ServerEvent>,
    /// On the way to the server.
    commands: VecDeque<ClientCommand>,
    /// Answers to what the device fetches, read when it asked.
    answers: VecDeque<(Effect, Input)>,
    /// What the driver keeps for the device.
    kept: Vec<Outgoing>,
    /// All that was written on the device, in order.
    sent: Vec<(ConversationId, ClientId)>,
    connecting: bool,
    catch_up: CatchUp,
}

impl World {
    fn new(catch_up: CatchUp) -> Self {
        let mut world = Self {
            model: Model::new(),
            core: Core::new(config(catch_up)),
            now: Millis(0),
            events: VecDeque::new(),
            commands: VecDeque::new(),
            answers: VecDeque::new(),
            kept: Vec::new(),
            sent: Vec::new(),
            connecting: false,
            catch_up,
        };
        world.tell(Input::Start);
        world
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Happens(ref happening) => {
                let events = self.model.happens(happening);
                if self.core.state().connection == Connection::Online {
                    self.events.extend(events);
                }
            }
            Step::Arrives { place } => {
                // Those that have no rev keep their order on a living connection; the others may not.
                let place = self.reordered(place);
                if let Some(event) = self.events.remove(place) {
                    self.tell(Input::Event(event));
                }
            }
            Step::ArrivesTwice { place } => {
                let place = self.reordered(place);
                if let Some(event) = self.events.get(place).cloned() {
                    if has_rev(&event) {
                        self.events.push_back(event.clone());
                    }
                    self.tell(Input::Event(event));
                    if place < self.events.len() {
                        self.events.remove(place);
                    }
                }
            }
            Step::IsLost { place } => {
                let place = self.reordered(place);
                if self.events.get(place).is_some_and(has_rev) {
                    self.events.remove(place);
                }
            }
            Step::Commanded => {
                if let Some(command) = self.commands.pop_front() {
                    let events = self.model.command(&command);
                    self.events.extend(events);
                }
            }
            Step::Answered { place } => {
                let place = place % self.answers.len().max(1);
                if let Some((_, answer)) = self.answers.remove(place) {
                    self.tell(answer);
                }
            }
            Step::AnswerFails { place } => {
                let place = place % self.answers.len().max(1);
                if let Some((question, _)) = self.answers.remove(place) {
                    self.tell(failure(&question));
                }
            }
            Step::Breaks => {
                if self.core.state().connection == Connection::Online {
                    self.lose_connection();
                    self.tell(Input::SocketClosed { code: None });
                }
            }
            Step::TimePasses { milliseconds } => self.wait(milliseconds),
            Step::Sends { chat } => {
                if let Some(conversation_id) = self.known_chat(chat) {
                    let number = self.sent.len() as u128 + 1;
                    self.sent.push((conversation_id, client_id(number)));
                    self.tell(sends_to(conversation_id, number));
                }
            }
            Step::Reads { chat } => {
                if let Some(conversation_id) = self.known_chat(chat) {
                    let conversation = self.core.state().conversation(conversation_id);
                    let seq = conversation.expect("it is known").info().last_seq;
                    self.tell(Input::MarkRead { conversation_id, seq });
                }
            }
            Step::Opens { chat } => {
                let chat = self.known_chat(chat);
                self.tell(Input::Open(chat));
            }
            Step::Scrolls { chat } => {
                if let Some(chat) = self.known_chat(chat) {
                    self.tell(Input::LoadOlder(chat));
                }
            }
            Step::LooksAtMembers { chat } => {
                if let Some(chat) = self.known_chat(chat) {
                    self.tell(Input::LoadMembers(chat));
                }
            }
            Step::Restarts => {
                self.lose_connection();
                self.answers.clear();
                self.core = Core::new(config(self.catch_up));
                let kept = self.kept.clone();
                self.tell(Input::Restore(kept));
                self.tell(Input::Start);
            }
            Step::Resyncs => {
                if self.core.state().connection == Connection::Online {
                    self.events.push_back(ServerEvent::Resync {});
                }
            }
        }
        self.check_what_shows();
    }

    /// The network is kind from now on; ends when nothing is left to do.
    fn come_to_rest(&mut self, by_resync: bool) {
        self.step(if by_resync { &Step::Resyncs } else { &Step::Breaks });
        for _ in 0..2_000 {
            let idle = self.events.is_empty() && self.commands.is_empty() && self.answers.is_empty();
            let unsent = self.kept.iter().any(|outgoing| outgoing.failure.is_none());
            let gaps = self.core.state().conversations().iter().any(|conversation| conversation.has_gap());
            let online = self.core.state().connection == Connection::Online;
            if idle && !unsent && !gaps && online && self.marks_are_told() {
                return;
            }
            self.step(&Step::Arrives { place: 0 });
            self.step(&Step::Commanded);
            self.step(&Step::Answered { place: 0 });
            self.step(&Step::TimePasses { milliseconds: 200 });
            if idle {
                self.tell(Input::Event(ServerEvent::Heartbeat {}));
            }
        }
        panic!("it never comes to rest");
    }

    fn marks_are_told(&self) -> bool {
        let snapshot = self.model.snapshot();
        snapshot.conversations.iter().all(|info| {
            let known = self.core.state().conversation(info.id);
            known.is_some_and(|known| known.info().read_seq == info.read_seq)
        })
    }

    fn check_end(&self) {
        let state = self.core.state();
        let loaded = state.conversations().into_iter().filter(|chat| chat.history().loaded_from.is_some());
        let histories = loaded.map(|chat| {
            let count = i64::try_from(chat.messages().count()).expect("a count");
            (chat.id(), self.model.chats[&chat.id()].page(None, count))
        });
        let with_members = state.conversations().into_iter().filter(|chat| chat.members().is_some());
        let members = with_members.map(|chat| (chat.id(), self.model.chats[&chat.id()].members()));
        let fresh = Digest::fresh(self.model.snapshot(), histories.collect(), members.collect());
        let shown = state.digest();
        for (shown, fresh) in shown.conversations.iter().zip(&fresh.conversations) {
            assert_eq!(shown, fresh);
        }
        assert_eq!(shown, fresh);

        for (id, chat) in &self.model.chats {
            let mine = |message: &&Message| self.sent.iter().any(|(_, sent)| *sent == message.client_id);
            let there: Vec<_> = chat.messages.iter().filter(mine).map(|message| message.client_id).collect();
            let written: Vec<_> =
                self.sent.iter().filter(|(chat, _)| chat == id).map(|(_, sent)| *sent).collect();
            assert_eq!(there, written, "each is there once, in the order in which they were written");
        }
    }

    /// At every moment a time line is in order and shows nothing twice.
    fn check_what_shows(&self) {
        for chat in self.core.state().conversations() {
            let mut seen = Vec::new();
            let mut newest = None;
            for entry in self.core.state().timeline(chat.id()) {
                let client_id = match entry {
                    Entry::Message(message) => {
                        assert!(newest < Some(message.seq), "out of order");
                        newest = Some(message.seq);
                        message.client_id
                    }
                    Entry::Outgoing(outgoing) => outgoing.client_id,
                };
                assert!(!seen.contains(&client_id), "shown twice");
                seen.push(client_id);
            }
            let info = chat.info();
            assert_eq!(info.unread, (info.last_seq.0 - info.read_seq.0).max(0));
        }
    }

    fn tell(&mut self, input: Input) {
        let effects = self.core.handle(self.now, input);
        let deadline = self.core.next_deadline();
        assert!(deadline.is_none_or(|at| at > self.now), "{deadline:?} has passed, at {:?}", self.now);
        for effect in effects {
            match effect {
                Effect::Connect { .. } => self.connecting = true,
                Effect::Disconnect => self.lose_connection(),
                Effect::Transmit(command) => self.commands.push_back(command),
                Effect::SaveOutgoing(outgoing) => {
                    self.kept.retain(|kept| kept.client_id != outgoing.client_id);
                    self.kept.push(outgoing);
                }
                Effect::ForgetOutgoing(client_id) => self.kept.retain(|kept| kept.client_id != client_id),
                Effect::SignedOut | Effect::RenewToken => unreachable!("no token ends here"),
                Effect::Changed(_) => {}
                question => {
                    let answer = self.answer(&question);
                    self.answers.push_back((question, answer));
                }
            }
        }
        if std::mem::take(&mut self.connecting) {
            let snapshot = self.model.snapshot();
            self.tell(ready(snapshot));
        }
    }

    fn answer(&self, question: &Effect) -> Input {
        let chat = |id: ConversationId| self.model.chats.get(&id);
        let answer = match *question {
            Effect::FetchSnapshot { ticket } => {
                Some(Input::SnapshotLoaded { ticket, snapshot: Box::new(self.model.snapshot()) })
            }
            Effect::FetchChanges { conversation_id, since } => chat(conversation_id).map(|chat| {
                Input::ChangesLoaded { conversation_id, since, changes: Box::new(chat.changes(since, 2)) }
            }),
            Effect::FetchHistory { conversation_id, before, limit } => chat(conversation_id)
                .map(|chat| Input::HistoryLoaded { conversation_id, before, page: chat.page(before, limit) }),
            Effect::FetchMembers { conversation_id } => chat(conversation_id)
                .map(|chat| Input::MembersLoaded { conversation_id, members: chat.members() }),
            ref other => unreachable!("no question: {other:?}"),
        };
        answer.unwrap_or_else(|| failure(question))
    }

    fn wait(&mut self, milliseconds: u64) {
        let end = self.now.plus(milliseconds);
        while let Some(at) = self.core.next_deadline().filter(|at| *at <= end) {
            self.now = at;
            self.tell(Input::Tick);
        }
        self.now = end;
    }

    fn lose_connection(&mut self) {
        self.events.clear();
        self.commands.clear();
    }

    fn known_chat(&self, chat: usize) -> Option<ConversationId> {
        let known = self.core.state().conversations();
        known.get(chat % known.len().max(1)).map(|chat| chat.id())
    }

    /// The place of an event that may overtake the ones before it: only such as have a rev may be overtaken.
    fn reordered(&self, place: usize) -> usize {
        let place = place % self.events.len().max(1);
        let fence = self.events.iter().position(|event| !has_rev(event)).unwrap_or(place);
        place.min(fence)
    }
}

/// Two messages a page and two changes a page, so that small worlds have many pages.
fn config(catch_up: CatchUp) -> Config {
    Config { history_page: 2, catch_up, ..Config::with_seed(3) }
}

fn has_rev(event: &ServerEvent) -> bool {
    matches!(event, ServerEvent::Message { .. } | ServerEvent::Member { .. })
}

fn failure(question: &Effect) -> Input {
    match *question {
        Effect::FetchSnapshot { ticket } => Input::SnapshotFailed { ticket },
        Effect::FetchChanges { conversation_id, .. } => Input::ChangesFailed { conversation_id, code: None },
        Effect::FetchHistory { conversation_id, before, .. } => {
            Input::HistoryFailed { conversation_id, before, code: None }
        }
        Effect::FetchMembers { conversation_id } => Input::MembersFailed { conversation_id, code: None },
        ref other => unreachable!("no question: {other:?}"),
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    let chat = || 0_usize..6;
    prop_oneof![
        6 => (chat(), 0_usize..4).prop_map(|(chat, author)| Happening::Writes { chat, author }),
        2 => chat().prop_map(|chat| Happening::AnaWrites { chat }),
        2 => (chat(), 0_usize..20).prop_map(|(chat, message)| Happening::Edits { chat, message }),
        2 => (chat(), 0_usize..20).prop_map(|(chat, message)| Happening::Deletes { chat, message }),
        1 => (chat(), 0_usize..20).prop_map(|(chat, message)| Happening::Reacts { chat, message }),
        1 => chat().prop_map(|chat| Happening::Renames { chat }),
        1 => chat().prop_map(|chat| Happening::Promotes { chat }),
        1 => chat().prop_map(|chat| Happening::Joins { chat }),
        1 => chat().prop_map(|chat| Happening::Leaves { chat }),
        2 => (chat(), 0_usize..4, any::<bool>())
            .prop_map(|(chat, who, read)| Happening::Receives { chat, who, read }),
        1 => chat().prop_map(|chat| Happening::AnaReads { chat }),
        1 => any::<bool>().prop_map(|group| Happening::Begins { group }),
        1 => chat().prop_map(|chat| Happening::Removes { chat }),
        1 => (0_usize..4).prop_map(|who| Happening::Befriends { who }),
        1 => (0_usize..4).prop_map(|who| Happening::Unfriends { who }),
        1 => (0_usize..4).prop_map(|who| Happening::Asks { who }),
        1 => (0_usize..4).prop_map(|who| Happening::TakesBack { who }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let place = || 0_usize..8;
    prop_oneof![
        10 => happening().prop_map(Step::Happens),
        8 => place().prop_map(|place| Step::Arrives { place }),
        2 => place().prop_map(|place| Step::ArrivesTwice { place }),
        2 => place().prop_map(|place| Step::IsLost { place }),
        4 => Just(Step::Commanded),
        4 => place().prop_map(|place| Step::Answered { place }),
        1 => place().prop_map(|place| Step::AnswerFails { place }),
        1 => Just(Step::Breaks),
        2 => (0_u64..2_000).prop_map(|milliseconds| Step::TimePasses { milliseconds }),
        3 => place().prop_map(|chat| Step::Sends { chat }),
        1 => place().prop_map(|chat| Step::Reads { chat }),
        2 => place().prop_map(|chat| Step::Opens { chat }),
        1 => place().prop_map(|chat| Step::Scrolls { chat }),
        1 => place().prop_map(|chat| Step::LooksAtMembers { chat }),
        1 => Just(Step::Restarts),
        1 => Just(Step::Resyncs),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_device_ends_up_showing_what_the_server_has(
        steps in prop::collection::vec(step(), 1..150),
        everything in any::<bool>(),
        by_resync in any::<bool>(),
    ) {
        let mut world = World::new(if everything { CatchUp::All } else { CatchUp::Held });
        for step in &steps {
            world.step(step);
        }
        world.come_to_rest(by_resync);
        world.check_end();
    }
}
