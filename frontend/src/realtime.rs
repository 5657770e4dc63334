//! The driver of the machine in `client-core`: gives it a socket, timers, REST calls and a memory, and lets the views
//! read what it knows.
//!
//! A view reads through [`Live::read`] and names the part that it shows; it is drawn again when that part has changed.

use crate::api::{AuthorizedApi, Renewal};
use crate::browser;
use crate::events;
use crate::session::Session;
use crate::sharing::Sharing;
use crate::socket::{self, Socket};
use crate::stores::device::Device;
use crate::tabs::{self, Word};
use futures_util::future::LocalBoxFuture;
use leptos::leptos_dom::helpers::WindowListenerHandle;
use leptos::prelude::*;
use leptos::reactive::signal::ArcTrigger;
use leptos::task::spawn_local;
use leptos::{ev, leptos_dom::helpers::TimeoutHandle};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::Duration;
use umbrachat_client_core::{Change, Config, ConnectFailure, Core, Effect, Input, Millis, State};
use umbrachat_protocol::socket::Authenticate;
use umbrachat_protocol::{ClientCommand, CloseCode, ConversationId, ErrorCode, Message, ServerEvent};

/// What a view may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Connection,
    Me,
    Friends,
    FriendRequests,
    Blocks,
    /// Who is here.
    Presence,
    /// Who types in a conversation.
    Typing(ConversationId),
    /// Which conversations there are, and their order.
    Conversations,
    /// How much is unread in all of them together.
    Unread,
    /// A conversation itself: title, last message, unread.
    Conversation(ConversationId),
    /// What a conversation shows, ticks included.
    Timeline(ConversationId),
}

/// A handle on the machine of one signed-in person.
#[derive(Clone, Copy)]
pub(crate) struct Live(StoredValue<Rc<Driver>, LocalStorage>);

impl Live {
    pub(crate) fn new(api: Rc<AuthorizedApi>, device: Device, session: Session) -> Self {
        let driver = Rc::new_cyclic(|this| Driver {
            this: Weak::clone(this),
            core: RefCell::new(Core::new(Config::with_seed(browser::random_seed()))),
            parts: RefCell::default(),
            api,
            device,
            session,
            socket: RefCell::default(),
            sharing: Sharing::default(),
            attempt: Cell::default(),
            timer: Cell::default(),
            listeners: RefCell::default(),
        });
        Self(StoredValue::new_local(driver))
    }

    /// Connects and stays connected.
    pub(crate) fn start(self) {
        let driver = self.0.get_value();
        driver.listen();
        // From now on this tab hears what others keep and send; until now it did not.
        driver.tell(Input::Restore(driver.device.outgoing()));
        if !window().navigator().on_line() {
            driver.tell(Input::NetworkChanged { online: false });
        }
        driver.join_tabs();
    }

    /// Disconnects, and stays so.
    pub(crate) fn stop(self) {
        let driver = self.0.get_value();
        driver.tell(Input::Stop);
        driver.leave_tabs();
        for listener in driver.listeners.take() {
            listener.remove();
        }
    }

    /// Tells the machine what happened.
    pub(crate) fn tell(self, input: Input) {
        self.0.with_value(|driver| {
            if let Input::MarkRead { conversation_id, seq } = &input {
                tabs::tell_others(&Word::Read(*conversation_id, *seq));
            }
            driver.tell(input);
        });
    }

    /// Calls back for each new message of which somebody may want to be told: nobody looks at any tab, and this one leads.
    pub(crate) fn on_news(self, tell: impl Fn(&State, &Message) + 'static) {
        self.0.with_value(|driver| driver.sharing.on_news(tell));
    }

    /// Reads what is known, and makes whoever asks depend on this part of it.
    pub(crate) fn read<T>(self, part: Part, read: impl FnOnce(&State) -> T) -> T {
        self.0.with_value(|driver| {
            driver.trigger(part).track();
            read(driver.core.borrow().state())
        })
    }

    /// Reads what is known now.
    pub(crate) fn peek<T>(self, read: impl FnOnce(&State) -> T) -> T {
        self.0.with_value(|driver| read(driver.core.borrow().state()))
    }
}

pub(crate) struct Driver {
    pub(crate) this: Weak<Driver>,
    pub(crate) core: RefCell<Core>,
    parts: RefCell<BTreeMap<Part, ArcTrigger>>,
    pub(crate) api: Rc<AuthorizedApi>,
    pub(crate) device: Device,
    pub(crate) session: Session,
    pub(crate) socket: RefCell<Option<Socket>>,
    /// What this tab is to the others of the same person.
    pub(crate) sharing: Sharing,
    /// Numbers the connections, so that what a given-up one still brings is recognised and dropped.
    pub(crate) attempt: Cell<u32>,
    timer: Cell<Option<TimeoutHandle>>,
    listeners: RefCell<Vec<WindowListenerHandle>>,
}

impl Driver {
    pub(crate) fn tell(&self, input: Input) {
        let effects = self.core.borrow_mut().handle(browser::monotonic(), input);
        for effect in effects {
            self.perform(effect);
        }
        self.set_timer();
    }

    fn perform(&self, effect: Effect) {
        match effect {
            Effect::Connect { refresh_token_first } => self.connect(refresh_token_first),
            Effect::Disconnect => self.disconnect(),
            Effect::RenewToken => self.renew_token(),
            Effect::Transmit(command) => self.transmit(&command),
            Effect::FetchChanges { conversation_id, since } => {
                self.fetch(async move |api| match api.changes(conversation_id, since).await {
                    Ok(changes) => {
                        Input::ChangesLoaded { conversation_id, since, changes: Box::new(changes) }
                    }
                    Err(error) => Input::ChangesFailed { conversation_id, code: error.code() },
                });
            }
            Effect::FetchHistory { conversation_id, before, limit } => {
                self.fetch(async move |api| match api.history(conversation_id, before, limit).await {
                    Ok(page) => Input::HistoryLoaded { conversation_id, before, page },
                    Err(error) => Input::HistoryFailed { conversation_id, before, code: error.code() },
                });
            }
            Effect::FetchMembers { conversation_id } => {
                self.fetch(async move |api| match api.members(conversation_id).await {
                    Ok(members) => Input::MembersLoaded { conversation_id, members },
                    Err(error) => Input::MembersFailed { conversation_id, code: error.code() },
                });
            }
            Effect::FetchSnapshot { ticket } => self.fetch(async move |api| match api.snapshot().await {
                Ok(snapshot) => Input::SnapshotLoaded { ticket, snapshot: Box::new(snapshot) },
                Err(_) => Input::SnapshotFailed { ticket },
            }),
            Effect::SaveOutgoing(outgoing) => self.device.keep_outgoing(&outgoing),
            Effect::ForgetOutgoing(id) => self.device.forget_outgoing(id),
            Effect::SignedOut => self.session.end(),
            Effect::Changed(change) => self.notify(&change),
        }
    }

    fn connect(&self, refresh_token_first: bool) {
        let attempt = self.attempt.get().wrapping_add(1);
        self.attempt.set(attempt);
        if !self.leads() {
            return self.greet();
        }
        let Some(driver) = self.this.upgrade() else { return };
        spawn_local(async move {
            let token = driver.api.token();
            let is_stale = refresh_token_first || driver.api.token_ends_at() <= browser::monotonic();
            let renewal = if is_stale { driver.api.renew(&token).await } else { Renewal::Renewed };
            if driver.attempt.get() != attempt {
                return;
            }
            match renewal {
                Renewal::Renewed => driver.open_socket(attempt),
                Renewal::Unreachable => driver.tell(Input::ConnectFailed(ConnectFailure::Unreachable)),
                Renewal::SessionEnded => driver.tell(Input::ConnectFailed(ConnectFailure::SessionEnded)),
                // The page is about to begin anew.
                Renewal::OtherPerson(_) => {}
            }
        });
    }

    fn open_socket(&self, attempt: u32) {
        let this = Weak::clone(&self.this);
        let on_frame = move |frame| {
            if let Some(driver) = this.upgrade().filter(|driver| driver.attempt.get() == attempt) {
                driver.take_in(frame);
            }
        };
        let first =
            ClientCommand::Authenticate(Authenticate { reference: None, access_token: self.api.token() });
        match Socket::open(&first, on_frame) {
            Some(socket) => {
                self.socket.replace(Some(socket));
                self.tell(Input::TokenExpires { at: self.api.token_ends_at() });
            }
            None => self.tell(Input::ConnectFailed(ConnectFailure::Unreachable)),
        }
    }

    fn take_in(&self, frame: socket::Frame) {
        match frame {
            socket::Frame::Text(text) => {
                // What a newer server says and this client does not understand is skipped.
                let Some(event) = events::read(&text) else { return };
                self.pass_on(&event, text);
                self.hear(event);
            }
            socket::Frame::Closed(code) => {
                self.socket.replace(None);
                tabs::tell_others(&Word::Closed);
                self.tell(Input::SocketClosed { code });
            }
        }
    }

    pub(crate) fn hear(&self, event: ServerEvent) {
        match event {
            ServerEvent::Error { code: ErrorCode::ConsentRequired, .. } => self.session.ask_for_consent(),
            event => self.tell(Input::Event(event)),
        }
    }

    fn disconnect(&self) {
        self.attempt.set(self.attempt.get().wrapping_add(1));
        self.socket.replace(None);
        self.hang_up();
    }

    /// The socket outlives its token only if it is told of the next one in time.
    fn renew_token(&self) {
        let attempt = self.attempt.get();
        let Some(driver) = self.this.upgrade() else { return };
        spawn_local(async move {
            let renewal = driver.api.renew(&driver.api.token()).await;
            if driver.attempt.get() != attempt {
                return;
            }
            match renewal {
                Renewal::Renewed => {
                    let access_token = driver.api.token();
                    driver.transmit(&ClientCommand::Authenticate(Authenticate {
                        reference: None,
                        access_token,
                    }));
                    driver.tell(Input::TokenExpires { at: driver.api.token_ends_at() });
                }
                // Then the server closes the socket when the old token ends, and connecting anew begins with a new one; or the
                // page is about to begin anew.
                Renewal::Unreachable | Renewal::OtherPerson(_) => {}
                Renewal::SessionEnded => {
                    driver.tell(Input::SocketClosed { code: Some(CloseCode::SessionEnded.code()) });
                }
            }
        });
    }

    fn transmit(&self, command: &ClientCommand) {
        if !self.leads() {
            return Self::ask_leader(command);
        }
        if let Some(socket) = self.socket.borrow().as_ref() {
            socket.send(command);
        }
    }

    fn fetch<F: Future<Output = Input> + 'static>(
        &self,
        call: impl FnOnce(Rc<AuthorizedApi>) -> F + 'static,
    ) {
        self.tell_later(Box::pin(call(Rc::clone(&self.api))));
    }

    fn tell_later(&self, answer: LocalBoxFuture<'static, Input>) {
        let Some(driver) = self.this.upgrade() else { return };
        spawn_local(async move { driver.tell(answer.await) });
    }

    fn set_timer(&self) {
        let deadline = self.core.borrow().next_deadline();
        if let Some(timer) = self.timer.take() {
            timer.clear();
        }
        let Some(Millis(deadline)) = deadline else { return };
        // One more than the difference, because timers fire up to a millisecond early by the finer clock.
        let wait = Duration::from_millis(deadline.saturating_sub(browser::monotonic().0) + 1);
        let this = Weak::clone(&self.this);
        let tick = move || {
            if let Some(driver) = this.upgrade() {
                driver.tell(Input::Tick);
            }
        };
        self.timer.set(set_timeout_with_handle(tick, wait).ok());
    }

    /// Hears of the network, and of waking up: timers stand still while a device sleeps or a page is in the background.
    fn listen(&self) {
        let tell = |input: fn() -> Input| {
            let this = Weak::clone(&self.this);
            move || {
                if let Some(driver) = this.upgrade() {
                    driver.tell(input());
                }
            }
        };
        let online = tell(|| Input::NetworkChanged { online: true });
        let offline = tell(|| Input::NetworkChanged { online: false });
        let awake = tell(|| Input::Tick);
        let this = Weak::clone(&self.this);
        let stored = move |event: web_sys::StorageEvent| {
            if let (Some(driver), Some(key)) = (this.upgrade(), event.key()) {
                driver.stored_elsewhere(&key, event.new_value());
            }
        };
        let this = Weak::clone(&self.this);
        let hidden = move || {
            // It may not come back.
            if let Some(driver) = this.upgrade().filter(|_| document().hidden()) {
                driver.keep_now();
            }
        };
        self.listeners.replace(vec![
            window_event_listener(ev::storage, stored),
            window_event_listener(ev::visibilitychange, move |_| hidden()),
            window_event_listener(ev::online, move |_| online()),
            window_event_listener(ev::offline, move |_| offline()),
            window_event_listener(ev::focus, move |_| awake()),
        ]);
    }

    fn notify(&self, change: &Change) {
        self.note_unkept(change);
        match change {
            Change::Connection => self.touch(Part::Connection),
            Change::Me => self.touch(Part::Me),
            Change::Friends => self.touch(Part::Friends),
            Change::FriendRequests => self.touch(Part::FriendRequests),
            Change::Conversations => {
                self.touch(Part::Conversations);
                self.touch(Part::Unread);
            }
            Change::Conversation(id) => {
                self.touch(Part::Conversation(*id));
                // The other's marks turn the ticks.
                self.touch(Part::Timeline(*id));
                self.touch(Part::Unread);
            }
            Change::History(id) => self.touch(Part::Timeline(*id)),
            Change::Message { message, is_new } => {
                self.touch(Part::Timeline(message.conversation_id));
                if *is_new {
                    self.note_news(message);
                }
            }
            Change::Outgoing { conversation_id, .. } => self.touch(Part::Timeline(*conversation_id)),
            Change::Blocks => self.touch(Part::Blocks),
            Change::Presence => self.touch(Part::Presence),
            Change::Typing(id) => self.touch(Part::Typing(*id)),
        }
    }

    fn touch(&self, part: Part) {
        let trigger = self.parts.borrow().get(&part).cloned();
        if let Some(trigger) = trigger {
            trigger.notify();
        }
    }

    fn trigger(&self, part: Part) -> ArcTrigger {
        self.parts.borrow_mut().entry(part).or_default().clone()
    }
}
