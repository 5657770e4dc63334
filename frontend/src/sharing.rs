//! What a tab is to the others of the same person: the one that leads holds the socket and keeps the shelf, the others hear
//! each frame from it.

use crate::browser;
use crate::events;
use crate::realtime::Driver;
use crate::stores::device::Elsewhere;
use crate::stores::shelf::{self, Texts, Unkept};
use crate::tabs::{self, Word};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::cell::{Cell, RefCell};
use std::rc::Weak;
use umbrachat_client_core::{Change, ConnectFailure, Connection, ConversationState, Input, Millis, State};
use umbrachat_protocol::socket::Ready;
use umbrachat_protocol::{ClientCommand, CloseCode, ConversationId, Message, ServerEvent, SessionId};

/// Milliseconds between a change and its being kept, so that a conversation in full flow is written once and not for each
/// word.
const KEEP_AFTER: u32 = 2_000;

/// Conversations whose newest page is fetched before anybody asks, to be there without a network,
const READ_AHEAD: usize = 8;
/// and the milliseconds that this gives way to everything else, at first and between two.
const READ_AHEAD_AFTER: u32 = 4_000;
const READ_AHEAD_EVERY: u32 = 500;

/// Milliseconds within which a tab says that somebody looks at it.
const LOOKED_WITHIN: u32 = 250;

/// Frames that wait for the snapshot at most. More mean that it takes too long, and that beginning again is better.
const WAITING_MOST: usize = 2_000;

/// A server that does not tell another in `ready`: its heartbeats come every so many seconds.
const HEARTBEAT_SECONDS: u32 = 20;

#[derive(Default)]
pub(crate) struct Sharing {
    leads: Cell<bool>,
    listening: RefCell<Listening>,
    unkept: RefCell<Unkept>,
    keeping: Cell<bool>,
    news: RefCell<Option<News>>,
    /// When another tab said that somebody looks at it.
    looked_at: Cell<Millis>,
}

type News = Box<dyn Fn(&State, &Message)>;

impl Sharing {
    pub(crate) fn on_news(&self, tell: impl Fn(&State, &Message) + 'static) {
        self.news.replace(Some(Box::new(tell)));
    }
}

/// How a tab that does not lead stands to the one that does.
#[derive(Default)]
enum Listening {
    #[default]
    Not,
    /// It was asked whether there is a connection.
    Greeting,
    /// There is; until the snapshot has come, what follows it waits.
    Waiting(Vec<String>),
    Live,
}

impl Driver {
    pub(crate) fn leads(&self) -> bool {
        self.sharing.leads.get()
    }

    /// Finds out which tab leads, and connects then.
    pub(crate) fn join_tabs(&self) {
        let this = Weak::clone(&self.this);
        let on_word = move |word| {
            if let Some(driver) = this.upgrade() {
                driver.take_word(word);
            }
        };
        let this = Weak::clone(&self.this);
        let on_role = move |leads| {
            if let Some(driver) = this.upgrade() {
                driver.take_role(leads);
            }
        };
        tabs::join_those_of(self.device.person(), on_word, on_role);
    }

    pub(crate) fn leave_tabs(&self) {
        self.sharing.leads.set(false);
        self.sharing.unkept.take();
        tabs::leave_them();
    }

    fn take_role(&self, leads: bool) {
        self.sharing.leads.set(leads);
        if leads {
            // Where the one that led before has gone, its connection has, too.
            self.sharing.listening.replace(Listening::Not);
            self.tell(Input::SocketClosed { code: Some(CloseCode::SlowConsumer.code()) });
        }
        self.tell(Input::Start);
        if leads && window().navigator().on_line() {
            self.tell(Input::NetworkChanged { online: true });
        }
    }

    /// Asks the tab that leads whether it is connected. It answers then, or says so by itself when it is.
    pub(crate) fn greet(&self) {
        self.sharing.listening.replace(Listening::Greeting);
        tabs::tell_others(&Word::Hello);
    }

    pub(crate) fn hang_up(&self) {
        if self.leads() {
            tabs::tell_others(&Word::Closed);
        } else {
            self.sharing.listening.replace(Listening::Not);
        }
    }

    /// Lets the other tabs hear a frame. A refusal is for the tab that asked, which is this one.
    pub(crate) fn pass_on(&self, event: &ServerEvent, text: String) {
        if matches!(event, ServerEvent::Ready(_)) {
            // A server that was away for a moment may be a newer one.
            browser::signal("umbrachat-look");
            self.read_ahead();
        }
        if !matches!(event, ServerEvent::Error { .. }) {
            tabs::tell_others(&Word::Frame(text));
        }
    }

    /// The tab that leads sends what is unsent and tells marks, since it knows of both. Only of typing it knows nothing.
    pub(crate) fn ask_leader(command: &ClientCommand) {
        if let (ClientCommand::SetTyping(_), Ok(text)) = (command, serde_json::to_string(command)) {
            tabs::tell_others(&Word::Send(text));
        }
    }

    fn take_word(&self, word: Word) {
        match word {
            Word::Read(conversation_id, seq) => self.tell(Input::MarkRead { conversation_id, seq }),
            Word::Token(token, expires_in) => self.api.take_token(token, expires_in),
            Word::Looked => self.sharing.looked_at.set(browser::monotonic()),
            Word::Hello if self.leads() => {
                if self.core.borrow().state().connection == Connection::Online {
                    tabs::tell_others(&Word::Welcome);
                } else {
                    // Timers hardly run in a tab that nobody sees, while somebody may look at the one that asks.
                    self.tell(Input::Tick);
                }
            }
            Word::Send(text) if self.leads() => {
                if let Some(socket) = self.socket.borrow().as_ref() {
                    socket.send_text(&text);
                }
            }
            Word::Welcome if !self.leads() => self.begin_to_listen(),
            Word::Frame(text) if !self.leads() => self.overhear(text),
            Word::Closed if !self.leads() => {
                self.sharing.listening.replace(Listening::Not);
                self.tell(Input::SocketClosed { code: None });
            }
            Word::Hello | Word::Send(_) | Word::Welcome | Word::Frame(_) | Word::Closed => {}
        }
    }

    /// From here on frames come; what was before them, the snapshot tells.
    fn begin_to_listen(&self) {
        if !matches!(*self.sharing.listening.borrow(), Listening::Greeting) {
            return;
        }
        self.sharing.listening.replace(Listening::Waiting(Vec::new()));
        let (attempt, this) = (self.attempt.get(), Weak::clone(&self.this));
        let api = std::rc::Rc::clone(&self.api);
        spawn_local(async move {
            let snapshot = api.snapshot().await;
            let Some(driver) = this.upgrade().filter(|driver| driver.attempt.get() == attempt) else {
                return;
            };
            let listening = driver.sharing.listening.take();
            let (Ok(snapshot), Listening::Waiting(frames)) = (snapshot, listening) else {
                return driver.tell(Input::ConnectFailed(ConnectFailure::Unreachable));
            };
            driver.sharing.listening.replace(Listening::Live);
            let session_id = SessionId(uuid::Uuid::nil());
            let ready = Ready { session_id, heartbeat_seconds: HEARTBEAT_SECONDS, snapshot };
            driver.hear(ServerEvent::Ready(Box::new(ready)));
            for frame in frames {
                driver.overhear(frame);
            }
        });
    }

    fn overhear(&self, text: String) {
        if let Listening::Waiting(frames) = &mut *self.sharing.listening.borrow_mut() {
            if frames.len() < WAITING_MOST {
                frames.push(text);
            } else {
                // Then the snapshot, when it comes, counts as failed.
                self.attempt.set(self.attempt.get().wrapping_add(1));
            }
            return;
        }
        let Some(event) = events::read(&text) else { return };
        let is_ready = matches!(event, ServerEvent::Ready(_));
        let is_live = match *self.sharing.listening.borrow() {
            Listening::Live => true,
            Listening::Greeting => is_ready,
            Listening::Not | Listening::Waiting(_) => false,
        };
        if is_live {
            self.sharing.listening.replace(Listening::Live);
            self.hear(event);
        } else if is_ready {
            // The leader is back: no reason to wait any longer.
            self.tell(Input::NetworkChanged { online: true });
        }
    }

    /// Another tab has changed what all of them keep.
    pub(crate) fn stored_elsewhere(&self, key: &str, value: Option<String>) {
        match self.device.change_elsewhere(key, value) {
            Some(Elsewhere::Left) => self.session.left_elsewhere(),
            Some(Elsewhere::Ended) => self.session.end(),
            // This page shows the wrong person, or a session that is over: begin anew.
            Some(Elsewhere::Person) => drop(window().location().reload()),
            Some(Elsewhere::Unsent(outgoing)) => self.tell(Input::Restore(vec![*outgoing])),
            Some(Elsewhere::Done(id)) => self.tell(Input::Discard(id)),
            None => {}
        }
    }

    /// Where somebody looks at a tab, it says so; where nobody does, the tab that leads draws attention.
    pub(crate) fn note_news(&self, message: &Message) {
        if browser::is_attended() {
            return tabs::tell_others(&Word::Looked);
        }
        if !self.leads() {
            return;
        }
        let (this, message, since) = (Weak::clone(&self.this), message.clone(), browser::monotonic());
        spawn_local(async move {
            TimeoutFuture::new(LOOKED_WITHIN).await;
            let Some(driver) = this.upgrade().filter(|driver| driver.sharing.looked_at.get() < since) else {
                return;
            };
            if let Some(tell) = driver.sharing.news.borrow().as_ref() {
                tell(driver.core.borrow().state(), &message);
            }
        });
    }

    /// Notes what has to be kept, and keeps it in a moment.
    pub(crate) fn note_unkept(&self, change: &Change) {
        if !self.leads() {
            return;
        }
        let mut unkept = self.sharing.unkept.borrow_mut();
        match change {
            Change::Me
            | Change::Friends
            | Change::FriendRequests
            | Change::Blocks
            | Change::Conversations => unkept.account = true,
            Change::Conversation(id) | Change::History(id) => {
                unkept.conversations.insert(*id);
            }
            Change::Message { message, .. } => {
                unkept.conversations.insert(message.conversation_id);
            }
            Change::Connection | Change::Presence | Change::Typing(_) | Change::Outgoing { .. } => return,
        }
        if !self.sharing.keeping.replace(true) {
            let this = Weak::clone(&self.this);
            spawn_local(async move {
                TimeoutFuture::new(KEEP_AFTER).await;
                if let Some(driver) = this.upgrade() {
                    driver.keep_now();
                }
            });
        }
    }

    pub(crate) fn keep_now(&self) {
        self.sharing.keeping.set(false);
        let unkept = self.sharing.unkept.take();
        if unkept.is_empty() || !self.leads() {
            return;
        }
        if let Some(texts) = Texts::of(self.core.borrow().state(), &unkept) {
            spawn_local(shelf::update(self.device.person(), texts));
        }
    }

    /// Loads what somebody may want to read later without a network.
    fn read_ahead(&self) {
        let (attempt, this) = (self.attempt.get(), Weak::clone(&self.this));
        spawn_local(async move {
            TimeoutFuture::new(READ_AHEAD_AFTER).await;
            for _ in 0..READ_AHEAD {
                let Some(driver) = this.upgrade().filter(|driver| driver.attempt.get() == attempt) else {
                    return;
                };
                let Some(id) = unread_ahead(driver.core.borrow().state()) else { return };
                driver.tell(Input::LoadOlder(id));
                drop(driver);
                TimeoutFuture::new(READ_AHEAD_EVERY).await;
            }
        });
    }
}

/// The first of the last conversations of which nothing is there.
fn unread_ahead(state: &State) -> Option<ConversationId> {
    let last = state.conversations().into_iter().take(READ_AHEAD);
    let mut missing = last.filter(|conversation| {
        let history = conversation.history();
        history.loaded_from.is_none() && !history.loading && !history.failed
    });
    missing.next().map(ConversationState::id)
}
