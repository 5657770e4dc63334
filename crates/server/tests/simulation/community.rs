//! The people, who are friends, and what they have at the beginning.

use crate::device::Device;
use crate::plan::Plan;
use crate::random::Random;
use crate::server::Server;
use umbrachat_protocol::{History, NewGroup, User, UserId};
use umbrachat_store::{NewAccount, NewSession, PolicyReference, Store, TokenHash};

const NAMES: [&str; 4] = ["ana", "bo", "cy", "dee"];

/// Everybody has an account and devices, most are friends, and there is a group and a direct conversation.
pub(crate) async fn settle(server: &Server, plan: &Plan) -> (Vec<User>, Vec<Device>) {
    let store = &server.store;
    let mut random = Random::new(plan.seed, 3);
    let mut people: Vec<User> = Vec::new();
    let mut first_sessions = Vec::new();
    for name in NAMES.iter().take(plan.people) {
        let account = NewAccount {
            username: (*name).to_owned(),
            display_name: (*name).to_owned(),
            password_hash: String::new(),
            recovery_codes: Vec::new(),
            policy: PolicyReference { version: "1".to_owned(), sha256: String::new() },
            session: session(store),
        };
        let started = store.register(account).await.expect("the name is free");
        first_sessions.push(Some(started.session));
        people.push(started.me.user);
    }
    for (index, person) in people.iter().enumerate() {
        for other in &people[..index] {
            // Now and then two are strangers.
            if random.chance(900) {
                befriend(store, person, other).await;
            }
        }
    }
    let friends: Vec<UserId> = store
        .friends(people[0].id)
        .await
        .expect("memory answers")
        .into_iter()
        .map(|friend| friend.user.id)
        .filter(|_| random.chance(800))
        .collect();
    if let Some(friend) = friends.first() {
        store.open_direct(people[0].id, *friend).await.expect("they are friends");
    }
    let history = if random.chance(500) { History::Full } else { History::FromJoin };
    let group = NewGroup { title: "Stars".to_owned(), member_ids: friends, history };
    store.create_group(people[0].id, group).await.expect("they are friends");

    let mut devices = Vec::new();
    for (index, device) in plan.devices.iter().enumerate() {
        let person = &people[device.person];
        let (name, session) = if let Some(session) = first_sessions[device.person].take() {
            (person.username.clone(), session)
        } else {
            let started = store.start_session(person.id, session(store)).await.expect("memory answers");
            (format!("{}'s other device", person.username), started.session)
        };
        devices.push(Device::new(index, *device, plan.seed, name, (person.id, session)));
    }
    (people, devices)
}

async fn befriend(store: &Store, one: &User, other: &User) {
    store.ask_friend(one.id, other.username.clone()).await.expect("nobody is blocked yet");
    store.ask_friend(other.id, one.username.clone()).await.expect("nobody is blocked yet");
}

fn session(store: &Store) -> NewSession {
    let end = store.clock().now().plus_seconds(86_400);
    NewSession { device_name: String::new(), refresh: TokenHash([0; 32]), idle_until: end, expires_at: end }
}
