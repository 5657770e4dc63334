//! The sockets of this process, and which conversations they follow.

use super::outlet::{Outgoing, Outlet, encode};
use super::room::Room;
use bytestring::ByteString;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::mpsc;
use umbrachat_protocol::{
    CloseCode, Conversation, ConversationId, Rev, ServerEvent, SessionId, Snapshot, UserId,
};
use umbrachat_store::{Change, Publish, Store};

/// How long a missing change may still come by itself before the database is asked.
const REORDERING: Duration = Duration::from_millis(50);
/// How long to wait before asking a database again that did not answer.
const RETRY: Duration = Duration::from_millis(500);
/// Changes that one question to the database brings.
const FILL: usize = 500;

#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Set once, after both exist: the store publishes to the hub, and the hub fills gaps from the store.
    store: OnceLock<Store>,
}

#[derive(Default)]
struct State {
    last_id: u64,
    people: HashMap<UserId, HashMap<u64, Arc<Outlet>>>,
    followed: HashMap<u64, HashSet<ConversationId>>,
    rooms: HashMap<ConversationId, Followed>,
}

struct Followed {
    followers: HashMap<u64, Arc<Outlet>>,
    room: Room<ByteString>,
    filling: bool,
}

impl Hub {
    #[expect(clippy::new_without_default, reason = "a hub is a place, not a value")]
    pub fn new() -> Self {
        Self(Arc::new(Shared { state: Mutex::default(), store: OnceLock::new() }))
    }

    /// What the store calls after each commit. Holds the hub weakly: store and hub do not keep each other alive.
    pub fn publisher(&self) -> Publish {
        let hub = Arc::downgrade(&self.0);
        Arc::new(move |changes| {
            if let Some(hub) = hub.upgrade() {
                Self(hub).publish(changes);
            }
        })
    }

    /// Gives the hub the store that it fills gaps from.
    pub fn attach(&self, store: Store) {
        // A second store would be a mistake in the wiring; the first stays.
        let _ = self.0.store.set(store);
    }

    /// A new socket of a person. From here on it receives what is for them; conversations it must [`Hub::follow`].
    pub fn connect(&self, user: UserId, session: SessionId) -> (Connected, mpsc::Receiver<Outgoing>) {
        let mut state = self.state();
        state.last_id += 1;
        let (outlet, queue) = Outlet::new(state.last_id, user, session);
        let outlet = Arc::new(outlet);
        state.people.entry(user).or_default().insert(outlet.id, outlet.clone());
        (Connected { hub: self.clone(), outlet }, queue)
    }

    /// Number of sockets that are open here.
    pub fn sockets(&self) -> usize {
        self.state().people.values().map(HashMap::len).sum()
    }

    /// Closes every socket: the server restarts.
    pub fn close_all(&self) {
        for outlet in self.state().people.values().flat_map(HashMap::values) {
            outlet.close(CloseCode::Restarting);
        }
    }

    /// Brings changes to whom they concern. Does not block.
    pub fn publish(&self, changes: Vec<Change>) {
        let mut gaps = Vec::new();
        let mut state = self.state();
        for change in changes {
            match change {
                Change::Conversation { id, rev, event } => {
                    let Some(followed) = state.rooms.get_mut(&id) else { continue };
                    let ready = followed.room.offer(rev, encode(&event));
                    followed.deliver(id, ready);
                    if followed.room.gap().is_some() {
                        gaps.push((id, REORDERING));
                    }
                }
                Change::People { users, event } => {
                    let outgoing = Outgoing { text: encode(&event), position: None };
                    for user in users {
                        state.push_to(user, &outgoing);
                    }
                }
                Change::Joined { user, conversation } => {
                    let id = conversation.id;
                    if state.join(user, *conversation) {
                        // What was published before anybody followed is in the database alone.
                        gaps.push((id, Duration::ZERO));
                    }
                }
                Change::SessionEnded { user, session } => {
                    for outlet in state.sockets_of(user).filter(|outlet| outlet.session == session) {
                        outlet.close(CloseCode::SessionEnded);
                    }
                }
                Change::ConsentWithdrawn { user } => {
                    for outlet in state.sockets_of(user) {
                        outlet.close(CloseCode::Unauthenticated);
                    }
                }
            }
        }
        for (id, wait) in gaps {
            self.start_filling(&mut state, id, wait);
        }
    }

    fn start_filling(&self, state: &mut State, id: ConversationId, wait: Duration) {
        if let Some(followed) = state.rooms.get_mut(&id).filter(|followed| !followed.filling) {
            followed.filling = true;
            tokio::spawn(fill(Arc::downgrade(&self.0), id, wait));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock leaves the state half-changed when it panics.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket's place in the hub, given up when this is dropped.
pub struct Connected {
    hub: Hub,
    pub outlet: Arc<Outlet>,
}

impl Connected {
    /// From here on the socket receives these conversations' changes.
    pub fn follow(&self, conversations: impl IntoIterator<Item = ConversationId>) {
        let mut state = self.hub.state();
        for id in conversations {
            state.follow(id, &self.outlet, None);
        }
    }

    /// Says where the conversations stand, as the socket's snapshot has it.
    pub fn seed(&self, snapshot: &Snapshot) {
        let mut gaps = Vec::new();
        let mut state = self.hub.state();
        for Conversation { id, rev, .. } in &snapshot.conversations {
            if let Some(followed) = state.rooms.get_mut(id) {
                let ready = followed.room.seed(*rev);
                followed.deliver(*id, ready);
                if followed.room.gap().is_some() {
                    gaps.push(*id);
                }
            }
        }
        for id in gaps {
            self.hub.start_filling(&mut state, id, REORDERING);
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        let id = self.outlet.id;
        if let Some(sockets) = state.people.get_mut(&self.outlet.user) {
            sockets.remove(&id);
            if sockets.is_empty() {
                state.people.remove(&self.outlet.user);
            }
        }
        for conversation in state.followed.remove(&id).unwrap_or_default() {
            if let Some(followed) = state.rooms.get_mut(&conversation) {
                followed.followers.remove(&id);
                if followed.followers.is_empty() {
                    state.rooms.remove(&conversation);
                }
            }
        }
    }
}

impl State {
    fn sockets_of(&self, user: UserId) -> impl Iterator<Item = &Arc<Outlet>> {
        self.people.get(&user).into_iter().flat_map(HashMap::values)
    }

    fn push_to(&self, user: UserId, outgoing: &Outgoing) {
        for outlet in self.sockets_of(user) {
            outlet.push(outgoing.clone());
        }
    }

    /// Adds a follower; whether the room is new.
    fn follow(&mut self, id: ConversationId, outlet: &Arc<Outlet>, position: Option<Rev>) -> bool {
        self.followed.entry(outlet.id).or_default().insert(id);
        let mut is_new = false;
        let followed = self.rooms.entry(id).or_insert_with(|| {
            is_new = true;
            Followed { followers: HashMap::new(), room: Room::new(position), filling: false }
        });
        followed.followers.insert(outlet.id, outlet.clone());
        is_new
    }

    /// A person's sockets follow a conversation that they have become a member of; whether its room is new.
    fn join(&mut self, user: UserId, conversation: Conversation) -> bool {
        let (id, rev) = (conversation.id, conversation.rev);
        let outlets: Vec<Arc<Outlet>> = self.sockets_of(user).cloned().collect();
        if outlets.is_empty() {
            return false;
        }
        let event = ServerEvent::Conversation { conversation: Box::new(conversation) };
        let outgoing = Outgoing { text: encode(&event), position: Some((id, rev)) };
        let mut is_new = false;
        for outlet in outlets {
            is_new |= self.follow(id, &outlet, Some(rev));
            outlet.push(outgoing.clone());
        }
        is_new
    }
}

impl Followed {
    fn deliver(&self, id: ConversationId, ready: Vec<(Rev, ByteString)>) {
        for (rev, text) in ready {
            let outgoing = Outgoing { text, position: Some((id, rev)) };
            for outlet in self.followers.values() {
                outlet.push(outgoing.clone());
            }
        }
    }
}

/// Reads what is missing from the database until nothing is, or nobody follows any more.
async fn fill(hub: Weak<Shared>, id: ConversationId, mut wait: Duration) {
    // Asked for at least once: a new room may lack something without knowing it.
    let mut must_ask = wait.is_zero();
    loop {
        tokio::time::sleep(wait).await;
        let Some(hub) = hub.upgrade().map(Hub) else { return };
        let since = {
            let mut state = hub.state();
            let Some(followed) = state.rooms.get_mut(&id) else { return };
            let since = if must_ask { followed.room.position() } else { followed.room.gap() };
            followed.filling = since.is_some();
            since
        };
        let (Some(since), Some(store)) = (since, hub.0.store.get()) else { return };
        match store.changes_to_publish(id, since, FILL).await {
            Ok((rev, changes)) => {
                let texts = changes.into_iter().map(|(rev, event)| (rev, encode(&event))).collect();
                let mut state = hub.state();
                let Some(followed) = state.rooms.get_mut(&id) else { return };
                let ready = followed.room.fill(rev, texts);
                followed.deliver(id, ready);
                must_ask = false;
                wait = Duration::ZERO;
            }
            Err(error) => {
                tracing::warn!(%error, "a gap could not be filled yet");
                wait = RETRY;
            }
        }
    }
}
