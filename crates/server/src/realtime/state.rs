//! What the hub knows: people with their sockets, and rooms with their followers.

use super::outlet::{Outgoing, Outlet, Position, encode};
use super::people::Person;
use super::room::Room;
use crate::bus::Bus;
use bytestring::ByteString;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{Conversation, ConversationId, Rev, Seq, ServerEvent, SessionId, Snapshot, UserId};
use umbrachat_store::Numbered;

/// Saying again that somebody types is passed on this often at most.
const TYPING_EVERY: Duration = Duration::from_secs(1);

/// In ordered maps, here and in what they hold: people are told in the maps' order, and a simulated run that is repeated must tell
/// them in the same one.
#[derive(Default)]
pub(super) struct State {
    last_id: u64,
    pub(super) people: BTreeMap<UserId, Person>,
    followed: BTreeMap<u64, BTreeMap<ConversationId, Follow>>,
    /// Something may have changed untold since everybody last looked again,
    pub(super) is_outdated: bool,
    /// and somebody sees to it.
    pub(super) is_looking: bool,
    rooms: BTreeMap<ConversationId, Followed>,
    /// Where there are other replicas.
    pub(super) bus: Option<Bus>,
    /// What has to be listened to since somebody last asked, where there is a bus that asks.
    pub(super) fresh: Option<Vec<Interest>>,
    /// How many there have been so far.
    pub(super) wanted: u64,
}

/// Whose changes somebody here wants to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interest {
    Conversation(ConversationId),
    Person(UserId),
}

/// What the hub remembers of one socket in one conversation.
#[derive(Default)]
struct Follow {
    /// It follows on the strength of a list that may be outdated, until its snapshot confirms it.
    for_now: bool,
    /// When it last said that its person types.
    typed_at: Option<Instant>,
}

struct Followed {
    followers: BTreeMap<u64, Follower>,
    room: Room<Item>,
    filling: bool,
}

struct Follower {
    outlet: Arc<Outlet>,
    /// The oldest message that this follower may know of.
    first_seq: Seq,
    /// It is known to be a member at this rev: an end of its membership that has a lower one is that of an earlier one.
    since: Rev,
}

/// A numbered change, encoded once for all its receivers.
#[derive(Debug)]
pub(super) enum Item {
    Message { seq: Seq, text: ByteString },
    Member { text: ByteString },
    Left { user: UserId, text: ByteString },
    Conversation { texts: BTreeMap<UserId, ByteString> },
}

impl Item {
    pub(super) fn encode(what: Numbered) -> Self {
        match what {
            Numbered::Message { seq, event } => Self::Message { seq, text: encode(&event) },
            Numbered::Member { event } => Self::Member { text: encode(&event) },
            Numbered::Left { user, event } => Self::Left { user, text: encode(&event) },
            Numbered::Conversation { views } => Self::Conversation {
                texts: views
                    .into_iter()
                    .map(|(user, conversation)| {
                        let conversation = Box::new(conversation);
                        (user, encode(&ServerEvent::Conversation { conversation }))
                    })
                    .collect(),
            },
        }
    }
}

impl State {
    pub(super) fn connect(
        &mut self,
        user: UserId,
        session: SessionId,
    ) -> (Arc<Outlet>, mpsc::Receiver<Outgoing>) {
        self.last_id += 1;
        let (outlet, queue) = Outlet::new(self.last_id, user, session);
        let outlet = Arc::new(outlet);
        if !self.people.contains_key(&user) {
            self.want(Interest::Person(user));
        }
        self.people.entry(user).or_default().sockets.insert(outlet.id, outlet.clone());
        (outlet, queue)
    }

    /// Forgets a socket; whether it was its person's last.
    pub(super) fn disconnect(&mut self, outlet: &Outlet) -> bool {
        for conversation in self.followed.remove(&outlet.id).unwrap_or_default().into_keys() {
            if let Some(followed) = self.rooms.get_mut(&conversation) {
                followed.followers.remove(&outlet.id);
                if followed.followers.is_empty() {
                    self.rooms.remove(&conversation);
                }
            }
        }
        let Some(person) = self.people.get_mut(&outlet.user) else { return false };
        person.sockets.remove(&outlet.id);
        person.sockets.is_empty()
    }

    /// Hands back the sockets that there were.
    pub(super) fn forget_everybody(&mut self) -> Vec<Arc<Outlet>> {
        let outlets = self.all_sockets().cloned().collect();
        self.people.clear();
        self.followed.clear();
        self.rooms.clear();
        outlets
    }

    pub(super) fn all_sockets(&self) -> impl Iterator<Item = &Arc<Outlet>> {
        self.people.values().flat_map(|person| person.sockets.values())
    }

    pub(super) fn sockets_of(&self, user: UserId) -> impl Iterator<Item = &Arc<Outlet>> {
        self.people.get(&user).into_iter().flat_map(|person| person.sockets.values())
    }

    pub(super) fn push_to(&self, user: UserId, outgoing: &Outgoing) {
        for outlet in self.sockets_of(user) {
            outlet.push(outgoing.clone());
        }
    }

    /// Adds a follower; whether the room is new.
    pub(super) fn follow(
        &mut self,
        id: ConversationId,
        outlet: &Arc<Outlet>,
        first_seq: Seq,
        position: Option<Rev>,
    ) -> bool {
        self.followed.entry(outlet.id).or_default().entry(id).or_default().for_now = false;
        let mut is_new = false;
        let followed = self.rooms.entry(id).or_insert_with(|| {
            is_new = true;
            Followed { followers: BTreeMap::new(), room: Room::new(position), filling: false }
        });
        let since = position.unwrap_or(Rev::ZERO);
        followed.followers.insert(outlet.id, Follower { outlet: outlet.clone(), first_seq, since });
        if is_new {
            self.want(Interest::Conversation(id));
        }
        is_new
    }

    /// Adds a follower whose membership may have ended since it was read.
    pub(super) fn follow_for_now(&mut self, id: ConversationId, outlet: &Arc<Outlet>, first_seq: Seq) {
        let is_sure = self.followed.get(&outlet.id).is_some_and(|follows| follows.contains_key(&id));
        if !is_sure {
            self.follow(id, outlet, first_seq, None);
            self.followed.entry(outlet.id).or_default().entry(id).or_default().for_now = true;
        }
    }

    /// A socket's snapshot has this conversation at this rev.
    pub(super) fn confirm(&mut self, id: ConversationId, outlet: &Outlet, rev: Rev) {
        let followed = self.rooms.get_mut(&id);
        if let Some(follower) = followed.and_then(|followed| followed.followers.get_mut(&outlet.id)) {
            follower.since = follower.since.max(rev);
        }
    }

    /// Whether all of somebody's sockets follow a conversation.
    pub(super) fn is_followed_by(&self, id: ConversationId, user: UserId) -> bool {
        let follows = |outlet: &Arc<Outlet>| {
            self.followed.get(&outlet.id).is_some_and(|follows| follows.contains_key(&id))
        };
        self.sockets_of(user).all(follows)
    }

    /// Up to where a conversation's followers have been told.
    pub(super) fn position(&self, id: ConversationId) -> Option<Rev> {
        self.rooms.get(&id)?.room.position()
    }

    /// Of what a socket follows for now, keeps what its snapshot has.
    pub(super) fn unfollow_others(&mut self, outlet: &Outlet, snapshot: &Snapshot) {
        let Some(follows) = self.followed.get_mut(&outlet.id) else { return };
        let kept: BTreeSet<ConversationId> = snapshot.conversations.iter().map(|kept| kept.id).collect();
        let rooms = &mut self.rooms;
        follows.retain(|id, follow| {
            let stays = kept.contains(id) || !follow.for_now;
            follow.for_now = false;
            if !stays && let Some(followed) = rooms.get_mut(id) {
                followed.followers.remove(&outlet.id);
                if followed.followers.is_empty() {
                    rooms.remove(id);
                }
            }
            stays
        });
    }

    /// A person's sockets follow a conversation that they have become a member of; whether its room is new.
    pub(super) fn join(&mut self, user: UserId, conversation: Conversation, first_seq: Seq) -> bool {
        let (id, rev) = (conversation.id, conversation.rev);
        let outlets: Vec<Arc<Outlet>> = self.sockets_of(user).cloned().collect();
        if outlets.is_empty() {
            return false;
        }
        let event = ServerEvent::Conversation { conversation: Box::new(conversation) };
        let outgoing = Outgoing { text: encode(&event), position: Position::From(id, rev) };
        let mut is_new = false;
        for outlet in outlets.into_iter().filter(|_| !planted::has(Bug::NewcomerIsNotFollowed)) {
            is_new |= self.follow(id, &outlet, first_seq, Some(rev));
            outlet.push(outgoing.clone());
        }
        is_new
    }

    /// Takes a numbered change in and lets out what is ready; whether something is missing now. A change that nobody
    /// here follows is not even encoded.
    pub(super) fn offer(&mut self, id: ConversationId, rev: Rev, item: impl FnOnce() -> Item) -> bool {
        let Some(followed) = self.rooms.get_mut(&id) else { return false };
        let ready = followed.room.offer(rev, item());
        self.deliver(id, ready)
    }

    /// Says where a conversation stands, where that is not known yet; whether something is missing.
    pub(super) fn seed(&mut self, id: ConversationId, rev: Rev) -> bool {
        let Some(followed) = self.rooms.get_mut(&id) else { return false };
        let ready = followed.room.seed(rev);
        self.deliver(id, ready)
    }

    /// Takes in what the database has up to a rev.
    pub(super) fn fill(&mut self, id: ConversationId, rev: Rev, items: Vec<(Rev, Item)>) {
        let Some(followed) = self.rooms.get_mut(&id) else { return };
        let ready = followed.room.fill(rev, items);
        self.deliver(id, ready);
    }

    fn want(&mut self, interest: Interest) {
        if let Some(fresh) = &mut self.fresh {
            fresh.push(interest);
            self.wanted += 1;
        }
    }

    pub(super) fn interests(&self) -> BTreeSet<Interest> {
        let people = self.people.keys().copied().map(Interest::Person);
        people.chain(self.rooms.keys().copied().map(Interest::Conversation)).collect()
    }

    /// Of these conversations, those of which something has not arrived here.
    pub(super) fn behind(&self, heads: &[(ConversationId, Rev)]) -> Vec<ConversationId> {
        let is_behind = |id: &ConversationId, head: Rev| {
            let position = self.rooms.get(id).and_then(|followed| followed.room.position());
            position.is_some_and(|position| position < head)
        };
        heads.iter().filter(|(id, head)| is_behind(id, *head)).map(|(id, _)| *id).collect()
    }

    /// Of these conversations, ends those that are not among the heads: they have been deleted.
    pub(super) fn end_all_but(&mut self, rooms: &[ConversationId], heads: &[(ConversationId, Rev)]) {
        let there: BTreeSet<ConversationId> = heads.iter().map(|(id, _)| *id).collect();
        for id in rooms.iter().filter(|id| !there.contains(id)) {
            let followers = self.rooms.get(id).into_iter().flat_map(|followed| followed.followers.values());
            let users: BTreeSet<UserId> = followers.map(|follower| follower.outlet.user).collect();
            self.delete_room(*id, users);
        }
    }

    pub(super) fn rooms_count(&self) -> usize {
        self.rooms.len()
    }

    pub(super) fn all_rooms(&self) -> Vec<ConversationId> {
        self.rooms.keys().copied().collect()
    }

    /// Whether somebody has to begin to fill this room's gap.
    pub(super) fn begin_filling(&mut self, id: ConversationId) -> bool {
        let Some(followed) = self.rooms.get_mut(&id).filter(|followed| !followed.filling) else {
            return false;
        };
        followed.filling = true;
        true
    }

    /// The rev after which something is missing, or may be; with none, nobody is filling any more.
    pub(super) fn missing_since(&mut self, id: ConversationId, must_ask: bool) -> Option<Rev> {
        let followed = self.rooms.get_mut(&id)?;
        let since = if must_ask { followed.room.position() } else { followed.room.gap() };
        followed.filling = since.is_some();
        since
    }

    /// Whether a socket of this person follows anything.
    pub(super) fn follows(&self, user: UserId) -> bool {
        let mut followers = self.rooms.values().flat_map(|followed| followed.followers.values());
        followers.any(|follower| follower.outlet.user == user)
    }

    pub(super) fn delete_room(&mut self, id: ConversationId, users: impl IntoIterator<Item = UserId>) {
        for user in users {
            self.push_to(user, &removed(id, Rev(i64::MAX)));
        }
        if let Some(followed) = self.rooms.remove(&id) {
            for follower in followed.followers.keys() {
                if let Some(rooms) = self.followed.get_mut(follower) {
                    rooms.remove(&id);
                }
            }
        }
    }

    /// A member's marks, for their own devices, and for others in the conversation if both sides show theirs.
    pub(super) fn receipt(&self, user: UserId, id: ConversationId, shown: bool, event: &ServerEvent) {
        let outgoing = Outgoing { text: encode(event), position: Position::In(id) };
        self.push_to(user, &outgoing);
        let shown = shown || planted::has(Bug::HiddenReceiptsInEvents);
        let Some(followed) = self.rooms.get(&id).filter(|_| shown) else { return };
        for Follower { outlet, .. } in followed.followers.values() {
            if outlet.user != user && self.settings(outlet.user).is_some_and(|settings| settings.receipts) {
                outlet.push(outgoing.clone());
            }
        }
    }

    /// Shows friends in a conversation that somebody types; whether the typist is in it.
    pub(super) fn set_typing(&mut self, outlet: &Outlet, id: ConversationId, typing: bool) -> bool {
        let Some(follow) = self.followed.get_mut(&outlet.id).and_then(|follows| follows.get_mut(&id)) else {
            return false;
        };
        let last = &mut follow.typed_at;
        let repeated = typing && last.is_some_and(|last| last.elapsed() < TYPING_EVERY);
        let still_nothing = !typing && last.is_none();
        if repeated || still_nothing {
            return true;
        }
        *last = typing.then(Instant::now);
        if self.settings(outlet.user).is_some_and(|settings| settings.typing) {
            self.show_typing(id, outlet.user, typing);
            if let Some(bus) = &self.bus {
                bus.tell_typing(id, outlet.user, typing);
            }
        }
        true
    }

    /// Shows friends here that somebody types, who shows it.
    pub(super) fn show_typing(&self, id: ConversationId, typist: UserId, typing: bool) {
        let Some(followed) = self.rooms.get(&id) else { return };
        let event = ServerEvent::Typing { conversation_id: id, user_id: typist, typing };
        let outgoing = Outgoing { text: encode(&event), position: Position::In(id) };
        for Follower { outlet, .. } in followed.followers.values() {
            let observer = self.people.get(&outlet.user);
            let shows = |person: &&Person| person.settings.is_some_and(|settings| settings.typing);
            let may_see = observer.filter(shows).is_some_and(|observer| observer.is_friend(typist));
            if may_see || planted::has(Bug::TypingShownToAll) {
                outlet.push(outgoing.clone());
            }
        }
    }

    /// Lets changes out, in order; whether something is missing after them.
    fn deliver(&mut self, id: ConversationId, ready: Vec<(Rev, Item)>) -> bool {
        let Some(followed) = self.rooms.get_mut(&id) else { return false };
        for (rev, item) in ready {
            if let Item::Left { user, .. } = &item {
                // Before the change itself: nothing from this rev on is for them.
                followed.followers.retain(|socket, follower| {
                    let stays = follower.outlet.user != *user
                        || follower.since > rev
                        || planted::has(Bug::DeliverAfterRemoval);
                    if !stays {
                        follower.outlet.push(removed(id, rev));
                        if let Some(rooms) = self.followed.get_mut(socket) {
                            rooms.remove(&id);
                        }
                    }
                    stays
                });
            }
            let position = Position::At(id, rev);
            // Hardly ever needed.
            let skipped = LazyCell::new(|| encode(&ServerEvent::Skipped { conversation_id: id, rev }));
            for Follower { outlet, first_seq, .. } in followed.followers.values() {
                let text = match &item {
                    Item::Message { seq, text }
                        if seq >= first_seq || planted::has(Bug::EventsLeakFromBeforeJoining) =>
                    {
                        text
                    }
                    Item::Member { text } | Item::Left { text, .. } => text,
                    Item::Conversation { texts } => texts.get(&outlet.user).unwrap_or_else(|| &*skipped),
                    Item::Message { .. } => &*skipped,
                };
                outlet.push(Outgoing { text: text.clone(), position });
            }
        }
        let is_missing = followed.room.gap().is_some();
        if followed.followers.is_empty() {
            self.rooms.remove(&id);
            return false;
        }
        is_missing
    }
}

/// Tells somebody that they have no part in a conversation any more.
fn removed(id: ConversationId, rev: Rev) -> Outgoing {
    let event = ServerEvent::ConversationRemoved { conversation_id: id };
    Outgoing { text: encode(&event), position: Position::Until(id, rev) }
}
