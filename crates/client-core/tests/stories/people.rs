//! Friends, requests, and one's own account.

use crate::device::{
    ANA, BO, CHAT, CY, Device, arrives, asks_for_snapshot, at, direct, message, snapshot, user,
};
use umbrachat_client_core::{Change, Digest, Effect, Input};
use umbrachat_protocol::limits::TYPING_SECONDS;
use umbrachat_protocol::{
    Friend, FriendRequest, FriendRequestDirection, Me, Presence, ServerEvent, Settings, Snapshot, Theme, User,
};

fn asks(direction: FriendRequestDirection) -> Input {
    Input::Event(ServerEvent::FriendRequest { direction, user: user(CY), created_at: at(1) })
}

#[test]
fn a_request_becomes_a_friendship() {
    let mut ana = Device::online(vec![]);
    ana.does(asks(FriendRequestDirection::Incoming));
    ana.does(asks(FriendRequestDirection::Incoming));
    let request = FriendRequest { user: user(CY), created_at: at(1) };
    assert_eq!(ana.core.state().friend_requests.incoming, [request]);

    let effects = ana.does(Input::Answer(ServerEvent::Friend(Friend { user: user(CY), since: at(2) })));
    assert!(effects.contains(&Effect::Changed(Change::Friends)));
    assert!(effects.contains(&Effect::Changed(Change::FriendRequests)));
    assert!(ana.core.state().friend_requests.incoming.is_empty());
    assert!(ana.core.state().is_friend(CY));

    ana.does(Input::Event(ServerEvent::FriendRemoved { user_id: CY }));
    assert!(!ana.core.state().is_friend(CY));
}

#[test]
fn a_request_that_is_taken_back_is_gone() {
    let mut ana = Device::online(vec![]);
    ana.does(asks(FriendRequestDirection::Outgoing));
    assert_eq!(ana.core.state().friend_requests.outgoing.len(), 1);
    ana.does(Input::Event(ServerEvent::FriendRequestRemoved { user_id: CY }));
    assert!(ana.core.state().friend_requests.outgoing.is_empty());
}

#[test]
fn a_new_name_shows_wherever_the_person_does() {
    let mut ana = Device::online(vec![direct(CHAT, BO, 1, 0)]);
    let renamed = User { display_name: "Bo Nova".into(), ..user(BO) };
    ana.does(Input::Event(ServerEvent::Friend(Friend { user: renamed.clone(), since: at(0) })));
    assert_eq!(ana.core.state().friends, [Friend { user: renamed.clone(), since: at(0) }]);
    assert_eq!(ana.chat().info().peer, Some(renamed));
}

#[test]
fn settings_changed_elsewhere_show_here() {
    let mut ana = Device::online(vec![]);
    let settings = Settings { theme: Theme::Dawn, ..Settings::default() };
    let me = Me { user: user(ANA), settings };
    let effects = ana.does(Input::Event(ServerEvent::Account { user: me.clone() }));
    assert_eq!(effects, [Effect::Changed(Change::Me)]);
    assert_eq!(ana.core.state().me, Some(me));
}

fn here(online: bool) -> Presence {
    Presence { user_id: BO, online, last_seen: None }
}

#[test]
fn who_comes_while_a_snapshot_is_under_way_is_here() {
    let mut ana = Device::online(vec![]);
    let ticket = asks_for_snapshot(&ana.does(Input::Event(ServerEvent::Resync {}))).expect("it asks");
    ana.does(Input::Event(ServerEvent::Presence(here(true))));
    let older = Snapshot { presence: vec![here(false)], ..snapshot(ANA, vec![]) };
    let effects = ana.does(Input::SnapshotLoaded { ticket, snapshot: Box::new(older) });
    assert!(ana.core.state().is_online(BO));
    assert_eq!(asks_for_snapshot(&effects), None, "and no other one is needed");
}

#[test]
fn who_types_is_shown_until_they_stop_write_or_fall_silent() {
    let types = |typing| Input::Event(ServerEvent::Typing { conversation_id: CHAT, user_id: BO, typing });
    let mut ana = Device::talking();
    let typing = |ana: &Device| ana.core.state().typing(CHAT).collect::<Vec<_>>();
    let shown = Effect::Changed(Change::Typing(CHAT));

    assert!(ana.does(types(true)).contains(&shown));
    ana.does(types(true));
    assert_eq!(typing(&ana), [BO]);
    assert!(ana.does(types(false)).contains(&shown));
    assert_eq!(typing(&ana), []);

    ana.does(types(true));
    assert!(ana.does(arrives(message(CHAT, BO, 6, 6))).contains(&shown));
    assert_eq!(typing(&ana), []);

    ana.does(types(true));
    assert!(ana.waits(TYPING_SECONDS * 1_000).contains(&shown));
    assert_eq!(typing(&ana), []);

    ana.does(types(true));
    assert!(ana.does(Input::SocketClosed { code: None }).contains(&shown));
    assert_eq!(typing(&ana), []);
}

#[test]
fn two_devices_that_know_the_same_have_the_same_digest() {
    let mut ana = Device::online(vec![direct(CHAT, BO, 1, 0)]);
    let befriended = ServerEvent::Friend(Friend { user: user(CY), since: at(3) });
    ana.does(Input::Event(befriended));

    let mut fresh = snapshot(ANA, vec![direct(CHAT, BO, 1, 0)]);
    assert_ne!(ana.core.state().digest(), Digest::fresh(fresh.clone(), vec![], vec![]));
    fresh.friends.insert(0, Friend { user: user(CY), since: at(3) });
    assert_eq!(ana.core.state().digest(), Digest::fresh(fresh, vec![], vec![]));
}
