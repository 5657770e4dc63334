//! The hub: sockets come and go, changes arrive, and each reaches whom it concerns.

use super::fill::{fill, look_again};
use super::outlet::{Outgoing, Outlet, Position, encode};
use super::people::{Answer, LINGER};
use super::state::{Interest, Item, State};
use crate::bus::{Bus, BusState};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, sleep_until};
use umbrachat_protocol::{
    CloseCode, Conversation, ConversationId, Presence, Seq, SessionId, Snapshot, UserId,
};
use umbrachat_store::{Change, Publish, Store, StoreError};
use uuid::Uuid;

/// How long a replica that ends goes on telling others whose people it had. Clients come back within half of it.
const HANDOVER: Duration = Duration::from_secs(1);
/// How long a missing change may still come by itself before the database is asked.
pub(super) const REORDERING: Duration = Duration::from_millis(50);

/// How long what other replicas have to tell a person may take over Redis.
const ON_ITS_WAY: Duration = Duration::from_millis(120);
/// Between the goodbyes to two sockets when the server ends,
const BETWEEN_GOODBYES: Duration = Duration::from_millis(2);
/// and for all of them together.
const GOODBYES: Duration = Duration::from_secs(4);
/// Rows that one question to the database is about.
const COMPARED_AT_ONCE: usize = 500;

#[derive(Clone)]
pub struct Hub(pub(super) Arc<Shared>);

pub(super) struct Shared {
    state: Mutex<State>,
    /// Set once, after both exist: the store publishes to the hub, and the hub fills gaps from the store.
    pub(super) store: OnceLock<Store>,
    /// Where there are other replicas.
    bus: OnceLock<Bus>,
    /// Something has to be listened to that was not before.
    fresh: Notify,
}

impl Hub {
    #[expect(clippy::new_without_default, reason = "a hub is a place, not a value")]
    pub fn new() -> Self {
        Self(Arc::new(Shared {
            state: Mutex::default(),
            store: OnceLock::new(),
            bus: OnceLock::new(),
            fresh: Notify::new(),
        }))
    }

    /// What the store calls after each commit. Holds the hub weakly: store and hub do not keep each other alive.
    pub fn publisher(&self) -> Publish {
        let hub = Arc::downgrade(&self.0);
        Arc::new(move |changes| {
            if let Some(hub) = hub.upgrade() {
                if let Some(bus) = hub.bus.get() {
                    bus.tell(&changes);
                }
                Self(hub).publish(changes);
            }
        })
    }

    /// Gives the hub the store that it fills gaps from.
    pub fn attach(&self, store: Store) {
        // A second store would be a mistake in the wiring; the first stays.
        let _ = self.0.store.set(store);
    }

    /// Connects the hub to those of other replicas.
    pub fn join(&self, bus: Bus) {
        let mut state = self.state();
        state.fresh = Some(Vec::new());
        state.bus = Some(bus.clone());
        let _ = self.0.bus.set(bus);
    }

    /// Tells the other replicas everything, as far as that is possible, and that this one ends.
    pub async fn says_goodbye(&self) {
        let Some(bus) = self.0.bus.get() else { return };
        if !self.state().people.is_empty() {
            // Whoever is back already asks for friends who are on their way: this replica still knows that they are here.
            sleep(HANDOVER).await;
        }
        bus.says_goodbye().await;
    }

    /// Somebody who has just come has asked other replicas for their friends: waits for the answers.
    pub(super) async fn has_heard_from_friends(&self) {
        if let Some(bus) = self.0.bus.get() {
            bus.has_answers().await;
        }
    }

    /// Of these, people whose friends have been told that they are here; each with what those were told.
    pub(crate) fn who_has_arrived(&self, interests: &[Interest]) -> Vec<(UserId, Presence)> {
        let state = self.state();
        let of = |interest: &Interest| match interest {
            Interest::Person(user) => state.announce_again(*user),
            Interest::Conversation(_) => Vec::new(),
        };
        interests.iter().flat_map(of).collect()
    }

    /// Waits until the bus brings whatever somebody here wants to hear of, or cannot.
    pub(super) async fn listens(&self) {
        let Some(bus) = self.0.bus.get() else { return };
        self.0.fresh.notify_one();
        let wanted = self.state().wanted;
        bus.listens_to(wanted).await;
    }

    /// Waits until something has to be listened to that was not before; what it is, and how many there have been so far.
    pub(crate) async fn fresh_interests(&self) -> (Vec<Interest>, u64) {
        loop {
            let told = self.0.fresh.notified();
            {
                let mut state = self.state();
                let fresh = state.fresh.as_mut().map(std::mem::take).unwrap_or_default();
                if !fresh.is_empty() {
                    return (fresh, state.wanted);
                }
            }
            told.await;
        }
    }

    /// Everything that somebody here wants to hear of, and how many there have been so far.
    pub(crate) fn all_interests(&self) -> (BTreeSet<Interest>, u64) {
        let mut state = self.state();
        if let Some(fresh) = &mut state.fresh {
            fresh.clear();
        }
        (state.interests(), state.wanted)
    }

    /// Reads from the database what these conversations may have that nobody has told.
    pub(crate) fn fill(&self, conversations: impl IntoIterator<Item = ConversationId>) {
        let mut state = self.state();
        for id in conversations {
            self.start_filling(&mut state, id, Duration::ZERO);
        }
    }

    /// Another replica says whether somebody's friend is there.
    pub(crate) fn hear_presence(&self, to: UserId, from: Uuid, presence: &Presence, answer: Answer) {
        self.state().hear_presence(to, from, presence, answer);
    }

    /// Somebody on another replica, who shows it, types.
    pub(crate) fn hear_typing(&self, id: ConversationId, typist: UserId, typing: bool) {
        self.state().show_typing(id, typist, typing);
    }

    /// Another replica ends. Its people come back on others, and are seen all the while; who does not is gone.
    pub(crate) fn replica_leaves(&self, replica: Uuid) {
        let hub = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            sleep(LINGER).await;
            if let Some(hub) = hub.upgrade() {
                Self(hub).replica_is_gone(replica);
            }
        });
    }

    /// Another replica is not expected to come back.
    pub(crate) fn replica_is_gone(&self, replica: Uuid) {
        self.state().replica_is_gone(replica);
    }

    /// Whoever is here, each with what their friends on other replicas are told.
    pub(crate) fn everybody_here(&self) -> Vec<(UserId, Presence)> {
        let state = self.state();
        state.people.keys().flat_map(|user| state.announce_again(*user)).collect()
    }

    /// The database's history is another one: whoever is connected comes back and begins with what it has now. What is
    /// known of people and rooms is of the old one, and forgotten before anybody can be back.
    pub fn begins_anew(&self) {
        for outlet in self.state().forget_everybody() {
            outlet.close(CloseCode::Restarting);
        }
    }

    /// Something may have been said that was not heard here: everybody looks again.
    pub(crate) fn has_missed_something(&self) {
        let mut state = self.state();
        // Whoever comes from here on begins with what the database has.
        if state.all_sockets().next().is_some() {
            self.look_again(&mut state);
        }
    }

    /// Compares what has arrived here with the database: sessions that have ended, people who have not been told everything,
    /// conversations that have got further or are gone.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub(crate) async fn compare(&self) -> Result<(), StoreError> {
        let Some(store) = self.0.store.get() else { return Ok(()) };
        let (rooms, people, outlets): (Vec<ConversationId>, Vec<UserId>, Vec<Arc<Outlet>>) = {
            let state = self.state();
            let people = state.people.keys().copied().collect();
            (state.all_rooms(), people, state.all_sockets().cloned().collect())
        };
        for some in outlets.chunks(COMPARED_AT_ONCE) {
            let sessions: Vec<SessionId> = some.iter().map(|outlet| outlet.session).collect();
            let alive = store.those_alive(&sessions).await?;
            for outlet in some.iter().filter(|outlet| !alive.contains(&outlet.session)) {
                outlet.close(CloseCode::SessionEnded);
            }
        }
        for some in people.chunks(COMPARED_AT_ONCE) {
            let versions = store.versions(some).await?;
            if !self.state().uninformed(&versions).is_empty() {
                // What has been committed a moment ago may be on its way.
                sleep(ON_ITS_WAY).await;
                let uninformed = self.state().uninformed(&versions);
                self.inform(store, uninformed, &versions).await?;
            }
        }
        for some in rooms.chunks(COMPARED_AT_ONCE) {
            let heads = store.heads(some).await?;
            let behind = {
                let mut state = self.state();
                state.end_all_but(some, &heads);
                state.behind(&heads)
            };
            self.fill(behind);
        }
        Ok(())
    }

    /// A new socket of a person. From here on it receives what is for them; conversations it must [`Connected::follow`].
    pub(super) fn connect(&self, user: UserId, session: SessionId) -> (Connected, mpsc::Receiver<Outgoing>) {
        let (outlet, queue) = self.state().connect(user, session);
        (Connected { hub: self.clone(), outlet }, queue)
    }

    /// Number of sockets that are open here.
    pub fn sockets(&self) -> usize {
        self.state().all_sockets().count()
    }

    /// Sockets, people and followed conversations here.
    pub fn counts(&self) -> (usize, usize, usize) {
        let state = self.state();
        (state.all_sockets().count(), state.people.len(), state.rooms_count())
    }

    /// How the bus is doing. Without other replicas there is nothing to miss.
    pub fn bus_state(&self) -> BusState {
        self.0.bus.get().map_or(BusState { is_listening: true, waiting: 0, lost: 0 }, Bus::state)
    }

    /// Whether anything of this person is remembered here.
    pub fn knows(&self, user: UserId) -> bool {
        self.state().knows(user)
    }

    /// Tells a snapshot that was read from the database alone which friends are here.
    pub fn show_who_is_here(&self, snapshot: &mut Snapshot) {
        self.state().show_who_is_here(snapshot);
    }

    /// Number of sockets that this person has open here.
    pub fn sockets_of(&self, user: UserId) -> usize {
        self.state().sockets_of(user).count()
    }

    /// Closes every socket, because the server restarts: so many milliseconds apart that whoever takes them over is not
    /// overrun, and within a bounded time.
    pub async fn drain(&self) {
        let outlets: Vec<Arc<Outlet>> = self.state().all_sockets().cloned().collect();
        let pause = BETWEEN_GOODBYES.min(GOODBYES / u32::try_from(outlets.len().max(1)).unwrap_or(u32::MAX));
        let mut due = Instant::now();
        for outlet in outlets {
            outlet.close(CloseCode::Restarting);
            due += pause;
            sleep_until(due).await;
        }
        // Who has come since is told as well.
        for outlet in self.state().all_sockets() {
            outlet.close(CloseCode::Restarting);
        }
    }

    /// Brings changes to whom they concern. Does not block.
    pub fn publish(&self, changes: Vec<Change>) {
        let mut state = self.state();
        let mut gaps = Vec::new();
        for change in changes {
            match change {
                Change::Numbered { id, rev, what } => {
                    if state.offer(id, rev, || Item::encode(what)) {
                        gaps.push((id, REORDERING));
                    }
                }
                Change::People { users, event } => {
                    let outgoing = Outgoing { text: encode(&event), position: Position::Nowhere };
                    for user in users {
                        state.push_to(user, &outgoing);
                        state.note(user, &event);
                    }
                }
                Change::Joined { user, conversation, first_seq } => {
                    let id = conversation.id;
                    if state.join(user, *conversation, first_seq) {
                        // What was published before anybody followed is in the database alone.
                        gaps.push((id, Duration::ZERO));
                    }
                }
                Change::Deleted { id, users } => state.delete_room(id, users),
                Change::Receipt { user, id, shown, event } => state.receipt(user, id, shown, &event),
                Change::SessionEnded { user, session } => {
                    for outlet in state.sockets_of(user).filter(|outlet| outlet.session == session) {
                        outlet.close(CloseCode::SessionEnded);
                    }
                }
                Change::Told { user, version } => state.note_told(user, version),
                Change::Unknown => self.look_again(&mut state),
                Change::Erased { user } => state.forget(user),
                Change::ConsentWithdrawn { user } => {
                    for outlet in state.sockets_of(user) {
                        outlet.close(CloseCode::Unauthenticated);
                    }
                }
            }
        }
        if state.fresh.as_ref().is_some_and(|fresh| !fresh.is_empty()) {
            self.0.fresh.notify_one();
        }
        for (id, wait) in gaps {
            self.start_filling(&mut state, id, wait);
        }
    }

    /// Something may have changed that nobody was told of: once the database answers, everybody looks.
    fn look_again(&self, state: &mut State) {
        state.is_outdated = true;
        if !std::mem::replace(&mut state.is_looking, true) {
            tokio::spawn(look_again(Arc::downgrade(&self.0)));
        }
    }

    pub(super) fn start_filling(&self, state: &mut State, id: ConversationId, wait: Duration) {
        if state.begin_filling(id) {
            tokio::spawn(fill(Arc::downgrade(&self.0), id, wait));
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock leaves the state half-changed when it panics.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket's place in the hub, given up when this is dropped.
pub(super) struct Connected {
    pub(super) hub: Hub,
    pub(super) outlet: Arc<Outlet>,
}

impl Connected {
    /// From here on the socket receives these conversations' changes, of messages from the given one on.
    pub(super) fn follow(&self, conversations: Vec<(ConversationId, Seq)>) {
        let mut state = self.hub.state();
        for (id, first_seq) in conversations {
            state.follow_for_now(id, &self.outlet, first_seq);
        }
    }

    /// Tells the hub how things stand, as the socket's snapshot has it, and the snapshot which friends are here.
    pub(super) fn seed(&self, snapshot: &mut Snapshot) {
        let mut state = self.hub.state();
        let mut gaps = Vec::new();
        for Conversation { id, rev, .. } in &snapshot.conversations {
            state.confirm(*id, &self.outlet, *rev);
            if state.seed(*id, *rev) {
                gaps.push(*id);
            }
        }
        for id in gaps {
            self.hub.start_filling(&mut state, id, REORDERING);
        }
        state.unfollow_others(&self.outlet, snapshot);
        state.arrive(self.outlet.user, snapshot);
    }

    /// Shows friends in a conversation that this person types; whether they are in it at all.
    pub(super) fn set_typing(&self, id: ConversationId, typing: bool) -> bool {
        self.hub.state().set_typing(&self.outlet, id, typing)
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let user = self.outlet.user;
        let was_last = self.hub.state().disconnect(&self.outlet);
        if was_last {
            let hub = Arc::downgrade(&self.hub.0);
            // A page that is reloaded is back at once, and nobody needs to see it go.
            tokio::spawn(async move {
                sleep(LINGER).await;
                if let Some(hub) = hub.upgrade().map(Hub)
                    && let Some(store) = hub.0.store.get()
                {
                    hub.state().depart(user, store.clock().now());
                }
            });
        }
    }
}
