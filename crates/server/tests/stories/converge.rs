//! The check behind every changing operation: a device that held the state before it and heard the events holds what a
//! device does that begins afterwards.

use crate::app::TestApp;
use crate::person::Person;
use crate::socket::TestSocket;
use std::collections::VecDeque;
use umbrachat_client::Page;
use umbrachat_client::core::{Config, Core, Digest, Effect, Input, Millis};
use umbrachat_protocol::{ConversationId, ServerEvent};

impl TestApp {
    /// Runs the action while a device of each of these people listens, and compares.
    pub(crate) async fn assert_converges<const N: usize, T>(
        &self,
        people: [&Person; N],
        action: impl AsyncFnOnce() -> T,
    ) {
        let mut devices = Vec::new();
        for person in people {
            devices.push(Device::of(person).await);
        }
        let _ = action().await;
        for device in &mut devices {
            device.hears_everything().await;
            let fresh = device.begins_afresh().await;
            device.comes_to(&fresh).await;
            let (name, held) = (device.person.name(), device.core.state().digest());
            assert!(
                held == fresh,
                "what {name} sees is not what {name} would see anew:\n{}",
                apart(&held, &fresh)
            );
        }
    }
}

/// A device that shows all of its conversations, with their histories and members.
struct Device<'a> {
    person: &'a Person,
    socket: TestSocket,
    core: Core,
    now: u64,
}

impl<'a> Device<'a> {
    async fn of(person: &'a Person) -> Self {
        let socket = person.connects().await;
        let ready = ServerEvent::Ready(socket.ready.clone());
        let mut device = Self { person, socket, core: Core::new(Config::with_seed(7)), now: 0 };
        device.tell(Input::Event(ready)).await;
        for id in device.conversations() {
            device.tell(Input::LoadOlder(id)).await;
            device.tell(Input::LoadMembers(id)).await;
        }
        device
    }

    fn conversations(&self) -> Vec<ConversationId> {
        self.core.state().conversations().iter().map(|conversation| conversation.id()).collect()
    }

    async fn hears_everything(&mut self) {
        let sign = ServerEvent::Account { user: self.person.gives_a_sign().await };
        loop {
            let event = self.socket.next_of_all().await;
            let is_last = event == sign;
            self.tell(Input::Event(event)).await;
            if is_last {
                break;
            }
        }
        // Long enough for gaps to be noticed and filled, and not for the connection to seem dead.
        for _ in 0..10 {
            self.now += 400;
            self.tell(Input::Tick).await;
        }
    }

    /// What is still on its way may come.
    async fn comes_to(&mut self, fresh: &Digest) {
        let give_up = tokio::time::Instant::now() + std::time::Duration::from_secs(3);
        while self.core.state().digest() != *fresh {
            match tokio::time::timeout_at(give_up, self.socket.next_of_all()).await {
                Ok(event) => self.tell(Input::Event(event)).await,
                Err(_) => return,
            }
        }
    }

    /// What a new device would see, with as much history and members as this one has loaded.
    async fn begins_afresh(&self) -> Digest {
        let client = &self.person.client;
        let (mut histories, mut members) = (Vec::new(), Vec::new());
        for conversation in self.core.state().conversations() {
            let id = conversation.id();
            if conversation.history().loaded_from.is_some() {
                histories.push((id, client.messages(id, Page::default()).await.unwrap()));
            }
            if conversation.members().is_some() {
                members.push((id, client.members(id).await.unwrap()));
            }
        }
        Digest::fresh(self.person.snapshot().await, histories, members)
    }

    async fn tell(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.now += 1;
            for effect in self.core.handle(Millis(self.now), input) {
                inputs.extend(self.carry_out(effect).await);
            }
        }
    }

    /// Marks are not carried out: this device watches and says nothing.
    async fn carry_out(&self, effect: Effect) -> Option<Input> {
        let client = &self.person.client;
        match effect {
            Effect::FetchHistory { conversation_id, before, limit } => {
                let page = Page { before, after: None, limit: Some(limit) };
                Some(match client.messages(conversation_id, page).await {
                    Ok(page) => Input::HistoryLoaded { conversation_id, before, page },
                    Err(error) => Input::HistoryFailed { conversation_id, before, code: error.code() },
                })
            }
            Effect::FetchMembers { conversation_id } => Some(match client.members(conversation_id).await {
                Ok(members) => Input::MembersLoaded { conversation_id, members },
                Err(error) => Input::MembersFailed { conversation_id, code: error.code() },
            }),
            Effect::FetchChanges { conversation_id, since } => {
                Some(match client.changes(conversation_id, since, None).await {
                    Ok(changes) => {
                        Input::ChangesLoaded { conversation_id, since, changes: Box::new(changes) }
                    }
                    Err(error) => Input::ChangesFailed { conversation_id, code: error.code() },
                })
            }
            Effect::FetchSnapshot { ticket } => {
                let snapshot = Box::new(client.snapshot().await.unwrap());
                Some(Input::SnapshotLoaded { ticket, snapshot })
            }
            Effect::Transmit(_) | Effect::Changed(_) => None,
            other => panic!("a connected device has no reason for {other:?}"),
        }
    }
}

/// The lines in which the two differ, with a few around the first of them.
fn apart(held: &Digest, fresh: &Digest) -> String {
    let (held, fresh) = (format!("{held:#?}"), format!("{fresh:#?}"));
    let first = held.lines().zip(fresh.lines()).take_while(|(held, fresh)| held == fresh).count();
    let around = |text: &str| {
        let lines: Vec<&str> = text.lines().skip(first.saturating_sub(8)).take(24).collect();
        lines.join("\n")
    };
    format!("held:\n{}\nanew:\n{}", around(&held), around(&fresh))
}
