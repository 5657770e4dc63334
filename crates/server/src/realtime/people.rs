//! Who is here, who their friends are, and who may see them: presence is for friends, both of whom show theirs.

use super::missed::Told;
use super::outlet::{Outgoing, Outlet, Position, encode};
use super::state::State;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{CloseCode, Friend, Presence, ServerEvent, Settings, Snapshot, Timestamp, UserId};
use uuid::Uuid;

/// How long somebody is still shown as here after their last socket has gone.
pub(super) const LINGER: Duration = Duration::from_secs(5);

/// Whether replicas on which the friend is are asked to say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Wanted,
    None,
}

#[derive(Default)]
pub(super) struct Person {
    pub(super) sockets: BTreeMap<u64, Arc<Outlet>>,
    /// None until the first snapshot has been read: nobody sees anything before.
    pub(super) settings: Option<Settings>,
    friends: BTreeSet<UserId>,
    /// People who say on other replicas that they are here, and on which.
    elsewhere: BTreeMap<UserId, BTreeSet<Uuid>>,
    /// Friendships that began or ended while the first snapshot was being read, and what was set.
    meanwhile: BTreeMap<UserId, bool>,
    set_meanwhile: Option<Settings>,
    /// Counts what was noted, so that whoever read the database meanwhile sees that it may be outdated.
    pub(super) noted: u64,
    pub(super) told: Told,
}

impl Person {
    pub(super) fn is_friend(&self, other: UserId) -> bool {
        self.friends.contains(&other)
    }

    fn shows_presence(&self) -> bool {
        self.settings.is_some_and(|settings| settings.presence)
    }
}

impl State {
    pub(super) fn settings(&self, user: UserId) -> Option<Settings> {
        self.people.get(&user)?.settings
    }

    /// Somebody's snapshot has been read: their friends see that they are here, and the snapshot says which friends are.
    pub(super) fn arrive(&mut self, user: UserId, snapshot: &mut Snapshot) {
        let Some(person) = self.people.get_mut(&user) else { return };
        let is_new = person.settings.is_none();
        if is_new {
            person.settings = Some(person.set_meanwhile.take().unwrap_or(snapshot.user.settings));
            person.friends = snapshot.friends.iter().map(|friend| friend.user.id).collect();
            for (other, are_friends) in std::mem::take(&mut person.meanwhile) {
                if are_friends {
                    person.friends.insert(other);
                } else {
                    person.friends.remove(&other);
                }
            }
            self.announce(user, true, None, Answer::Wanted);
        }
        for presence in &mut snapshot.presence {
            presence.online = self.is_visible(presence.user_id, user);
        }
    }

    /// The same for a snapshot that is read without a socket. It lists only friends whom this person may see.
    pub(super) fn show_who_is_here(&self, snapshot: &mut Snapshot) {
        let reader = self.people.get(&snapshot.user.user.id);
        for presence in &mut snapshot.presence {
            let is_here = self.people.get(&presence.user_id).is_some_and(Person::shows_presence);
            let is_elsewhere = reader.is_some_and(|reader| reader.elsewhere.contains_key(&presence.user_id));
            presence.online = is_here || is_elsewhere;
        }
    }

    /// Some time has passed since somebody's last socket went.
    pub(super) fn depart(&mut self, user: UserId, now: Timestamp) {
        if self.people.get(&user).is_none_or(|person| !person.sockets.is_empty()) {
            return;
        }
        self.announce(user, false, Some(now.start_of_day()), Answer::None);
        self.people.remove(&user);
    }

    /// Closes an erased person's sockets, and keeps nothing of them. Their friends are told by what follows.
    pub(super) fn forget(&mut self, user: UserId) {
        let outlets: Vec<Arc<Outlet>> = self.sockets_of(user).cloned().collect();
        for outlet in outlets {
            outlet.close(CloseCode::SessionEnded);
            self.disconnect(&outlet);
        }
        self.people.remove(&user);
        for person in self.people.values_mut() {
            person.friends.remove(&user);
            person.meanwhile.remove(&user);
            person.elsewhere.remove(&user);
        }
    }

    /// Says once more to other replicas that somebody is here, and asks which of their friends are there.
    pub(super) fn announce_again(&self, user: UserId) -> Vec<(UserId, Presence)> {
        let Some(person) = self.people.get(&user).filter(|person| person.shows_presence()) else {
            return Vec::new();
        };
        let here = Presence { user_id: user, online: true, last_seen: None };
        person.friends.iter().map(|friend| (*friend, here.clone())).collect()
    }

    /// Another replica says to somebody here whether a friend of theirs is there.
    pub(super) fn hear_presence(&mut self, to: UserId, from: Uuid, presence: &Presence, answer: Answer) {
        let was_visible = self.is_visible(presence.user_id, to);
        let Some(person) = self.people.get_mut(&to) else { return };
        let places = person.elsewhere.entry(presence.user_id).or_default();
        if presence.online {
            places.insert(from);
        } else {
            places.remove(&from);
        }
        if places.is_empty() {
            person.elsewhere.remove(&presence.user_id);
        }
        if was_visible != self.is_visible(presence.user_id, to) {
            self.tell(to, presence);
        }
        let may_be_seen = self.people.get(&to).is_some_and(|person| {
            // Also who has just gone: within the same time they are shown as here to friends who see them already.
            person.shows_presence() && person.is_friend(presence.user_id)
        });
        if answer == Answer::Wanted && may_be_seen {
            let here = Presence { user_id: to, online: true, last_seen: None };
            self.tell_other_replicas(presence.user_id, here, Answer::None);
        }
    }

    /// Another replica has not been heard for so long that nobody is there any more.
    pub(super) fn replica_is_gone(&mut self, replica: Uuid) {
        let mut seen = Vec::new();
        for (observer, person) in &self.people {
            let there = person.elsewhere.iter().filter(|(_, places)| places.contains(&replica));
            seen.extend(there.map(|(friend, _)| (*observer, *friend)));
        }
        for (observer, friend) in seen {
            let gone = Presence { user_id: friend, online: false, last_seen: None };
            self.hear_presence(observer, replica, &gone, Answer::None);
        }
    }

    /// Whether a socket of this person, or a friend of theirs, is remembered.
    pub(super) fn knows(&self, user: UserId) -> bool {
        let is_friend = |person: &Person| person.is_friend(user) || person.meanwhile.contains_key(&user);
        self.people.contains_key(&user) || self.people.values().any(is_friend) || self.follows(user)
    }

    /// Remembers of what a person is told what the hub itself must know.
    pub(super) fn note(&mut self, user: UserId, event: &ServerEvent) {
        if let Some(person) = self.people.get_mut(&user) {
            person.noted += 1;
        }
        match event {
            ServerEvent::Friend(Friend { user: other, .. }) => {
                self.set_friend(user, other.id, true);
                if self.people.get(&user).is_some_and(Person::shows_presence) {
                    let here = Presence { user_id: user, online: true, last_seen: None };
                    self.tell_other_replicas(other.id, here, Answer::None);
                }
                if self.is_visible(other.id, user) {
                    self.tell(user, &Presence { user_id: other.id, online: true, last_seen: None });
                }
            }
            ServerEvent::FriendRemoved { user_id } => self.set_friend(user, *user_id, false),
            ServerEvent::Account { user: me } => self.set_settings(user, me.settings),
            _ => {}
        }
    }

    /// Takes over what the database has, after something was missed.
    pub(super) fn renew(&mut self, user: UserId, settings: Settings, friends: &[Friend]) {
        if self.settings(user).is_none() {
            return;
        }
        if let Some(person) = self.people.get_mut(&user) {
            person.friends = friends.iter().map(|friend| friend.user.id).collect();
            person.elsewhere.retain(|other, _| person.friends.contains(other));
        }
        self.set_settings(user, settings);
    }

    fn set_friend(&mut self, user: UserId, other: UserId, are_friends: bool) {
        let Some(person) = self.people.get_mut(&user) else { return };
        if person.settings.is_none() {
            person.meanwhile.insert(other, are_friends);
        } else if are_friends {
            person.friends.insert(other);
        } else if !planted::has(Bug::PresenceOutlivesFriendship) {
            person.friends.remove(&other);
        }
    }

    fn set_settings(&mut self, user: UserId, settings: Settings) {
        let Some(before) = self.settings(user) else {
            if let Some(person) = self.people.get_mut(&user) {
                person.set_meanwhile = Some(settings);
            }
            return;
        };
        if before.presence && !settings.presence {
            self.announce(user, false, None, Answer::None);
        }
        if let Some(person) = self.people.get_mut(&user) {
            person.settings = Some(settings);
        }
        if !before.presence && settings.presence {
            self.announce(user, true, None, Answer::Wanted);
        }
    }

    /// Whether `observer` may see that `user` is here or on another replica, and they are.
    fn is_visible(&self, user: UserId, observer: UserId) -> bool {
        let Some(other) = self.people.get(&observer) else { return false };
        let is_here = self.people.get(&user).is_some_and(Person::shows_presence);
        // Who hides their presence says nothing to other replicas.
        let is_elsewhere = other.elsewhere.contains_key(&user);
        (is_here || is_elsewhere) && other.shows_presence() && other.is_friend(user)
    }

    fn announce(&self, user: UserId, online: bool, last_seen: Option<Timestamp>, answer: Answer) {
        let Some(person) = self.people.get(&user).filter(|person| person.shows_presence()) else { return };
        for friend in &person.friends {
            let presence = Presence { user_id: user, online, last_seen };
            if let Some(observer) = self.people.get(friend).filter(|friend| friend.shows_presence())
                // Who is on another replica as well has not come, and does not go.
                && !observer.elsewhere.contains_key(&user)
            {
                self.tell(*friend, &presence);
            }
            self.tell_other_replicas(*friend, presence, answer);
        }
    }

    fn tell_other_replicas(&self, to: UserId, presence: Presence, answer: Answer) {
        if let Some(bus) = &self.bus {
            bus.tell_presence(to, presence, answer);
        }
    }

    fn tell(&self, observer: UserId, presence: &Presence) {
        let event = ServerEvent::Presence(presence.clone());
        self.push_to(observer, &Outgoing { text: encode(&event), position: Position::Nowhere });
    }
}
