//! Sending: once, in order, whatever the network does.

use crate::device::{
    ANA, BO, CHAT, Device, acknowledges, arrives, asked_since, client_id, conversation_id, direct, message,
    new_messages, refuses, sends, sends_to, sent_client_ids, sent_messages,
};
use umbrachat_client_core::{Change, Config, Delivery, Effect, Entry, Input, Outgoing, Progress};
use umbrachat_protocol::{ErrorCode, Seq, ServerEvent};

fn progress(effects: &[Effect]) -> Vec<Progress> {
    let of = |effect: &Effect| match effect {
        Effect::Changed(Change::Outgoing { progress, .. }) => Some(progress.clone()),
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

fn kept(effects: &[Effect]) -> Option<Outgoing> {
    effects.iter().find_map(|effect| match effect {
        Effect::SaveOutgoing(outgoing) => Some(outgoing.clone()),
        _ => None,
    })
}

fn deliveries(device: &Device) -> Vec<Delivery> {
    let state = device.core.state();
    state.timeline(CHAT).filter_map(|entry: Entry<'_>| entry.delivery(state)).collect()
}

#[test]
fn a_message_shows_at_once_and_is_kept_until_it_is_acknowledged() {
    let mut ana = Device::talking();

    let effects = ana.does(sends(1));
    assert_eq!(kept(&effects).expect("it is kept").client_id, client_id(1));
    assert_eq!(sent_client_ids(&effects), [client_id(1)]);
    assert_eq!(ana.sees().last(), Some(&"written 1"));
    assert_eq!(deliveries(&ana), [Delivery::Sending]);

    let effects = ana.does(acknowledges(1, 6, 6));
    assert!(effects.contains(&Effect::ForgetOutgoing(client_id(1))));
    assert_eq!(progress(&effects), [Progress::Sent(Seq(6))]);
    assert_eq!(ana.sees().iter().filter(|body| **body == "written 1").count(), 1);
    assert_eq!(deliveries(&ana), [Delivery::Sent]);
    assert_eq!(ana.chat().info().last_seq, Seq(6));
    assert_eq!(ana.chat().info().unread, 0, "sending moves one's own mark");
    assert_eq!(asked_since(&ana.waits(2_000)), [0; 0], "the acknowledgement leaves no gap");
}

#[test]
fn messages_wait_for_the_one_before_them() {
    let mut ana = Device::talking();
    assert_eq!(sent_client_ids(&ana.does(sends(1))), [client_id(1)]);
    assert_eq!(sent_client_ids(&ana.does(sends(2))), []);
    assert_eq!(sent_client_ids(&ana.does(sends(3))), []);
    assert_eq!(sent_client_ids(&ana.does(acknowledges(1, 6, 6))), [client_id(2)]);
    assert_eq!(sent_client_ids(&ana.does(acknowledges(2, 7, 7))), [client_id(3)]);
}

#[test]
fn conversations_do_not_wait_for_each_other() {
    let other = conversation_id(2);
    let mut ana = Device::online(vec![direct(CHAT, BO, 0, 0), direct(other, BO, 0, 0)]);
    assert_eq!(sent_client_ids(&ana.does(sends(1))), [client_id(1)]);
    assert_eq!(sent_client_ids(&ana.does(sends_to(other, 2))), [client_id(2)]);
}

#[test]
fn several_may_be_on_their_way_where_speed_matters_more() {
    let mut ana = Device::with(Config { in_flight: 2, ..Config::with_seed(1) });
    ana.does(Input::Start);
    ana.does(crate::device::ready(crate::device::snapshot(ANA, vec![direct(CHAT, BO, 0, 0)])));
    assert_eq!(sent_client_ids(&ana.does(sends(1))), [client_id(1)]);
    assert_eq!(sent_client_ids(&ana.does(sends(2))), [client_id(2)]);
    assert_eq!(sent_client_ids(&ana.does(sends(3))), []);
    assert_eq!(sent_client_ids(&ana.does(acknowledges(2, 2, 2))), [client_id(3)]);
}

#[test]
fn what_was_not_acknowledged_is_sent_again_in_order_under_the_same_name() {
    let mut ana = Device::talking();
    ana.does(sends(1));
    ana.does(sends(2));
    ana.does(Input::SocketClosed { code: None });
    ana.does(sends(3));

    let mut again = sent_client_ids(&ana.reconnects(vec![direct(CHAT, BO, 5, 5)]));
    for number in 1..=3 {
        let effects = ana.does(acknowledges(number, 5 + i64::try_from(number).unwrap(), 0));
        again.extend(sent_client_ids(&effects));
    }
    assert_eq!(again, [client_id(1), client_id(2), client_id(3)]);
}

#[test]
fn nothing_is_sent_before_ready() {
    let mut ana = Device::new();
    ana.does(Input::Start);
    assert_eq!(sent_client_ids(&ana.does(sends(1))), []);
    assert_eq!(sent_client_ids(&ana.waits(10_000)), []);
}

#[test]
fn seeing_ones_own_message_is_as_good_as_the_acknowledgement() {
    let mut ana = Device::talking();
    ana.does(sends(1));
    let mut mine = message(CHAT, ANA, 6, 6);
    mine.client_id = client_id(1);
    mine.body = "written 1".into();

    let effects = ana.does(arrives(mine));
    assert_eq!(progress(&effects), [Progress::Sent(Seq(6))]);
    assert_eq!(new_messages(&effects), [6]);
    assert_eq!(deliveries(&ana), [Delivery::Sent]);

    let effects = ana.does(acknowledges(1, 6, 6));
    assert_eq!(progress(&effects), []);
    assert_eq!(ana.sees().iter().filter(|body| **body == "written 1").count(), 1);
}

#[test]
fn a_message_of_somebody_else_with_the_same_name_acknowledges_nothing() {
    let mut ana = Device::talking();
    ana.does(sends(1));
    let mut theirs = message(CHAT, BO, 6, 6);
    theirs.client_id = client_id(1);
    assert_eq!(progress(&ana.does(arrives(theirs))), []);
    assert_eq!(deliveries(&ana), [Delivery::Sending]);
}

#[test]
fn a_retry_that_was_edited_meanwhile_shows_the_edit() {
    let mut ana = Device::talking();
    ana.does(sends(1));
    ana.reconnects(vec![direct(CHAT, BO, 5, 5)]);
    // Its first copy had become message 6; another device edited it, so that its row is at rev 7.
    ana.does(acknowledges(1, 6, 7));
    assert_eq!(asked_since(&ana.waits(300)), [5]);
    let mut edited = message(CHAT, ANA, 6, 7);
    edited.client_id = client_id(1);
    edited.body = "written better".into();
    let changes = Box::new(crate::device::changes(7, vec![edited]));
    ana.does(Input::ChangesLoaded { conversation_id: CHAT, since: umbrachat_protocol::Rev(5), changes });
    assert_eq!(ana.sees().last(), Some(&"written better"));
}

#[test]
fn a_busy_server_is_asked_again_later_and_the_order_holds() {
    let mut ana = Device::talking();
    let command = sent_messages(&ana.does(sends(1))).remove(0);
    ana.does(sends(2));
    for code in [ErrorCode::Overloaded, ErrorCode::RateLimited] {
        let effects = ana.does(refuses(&command, code));
        assert_eq!(sent_client_ids(&effects), []);
        assert_eq!(progress(&effects), []);
        let again = sent_messages(&ana.waits(3_000));
        assert_eq!(again.len(), usize::from(code == ErrorCode::Overloaded), "{code}: its ref is an old one");
    }
    assert_eq!(deliveries(&ana), [Delivery::Sending, Delivery::Sending]);
}

#[test]
fn the_waits_for_a_busy_server_grow() {
    let mut ana = Device::talking();
    let mut command = sent_messages(&ana.does(sends(1))).remove(0);
    let mut waits = Vec::new();
    for _ in 0..8 {
        ana.does(refuses(&command, ErrorCode::Overloaded));
        let before = ana.now;
        let mut effects = Vec::new();
        while sent_messages(&effects).is_empty() {
            ana.now = ana.core.next_deadline().unwrap();
            effects = ana.does(Input::Tick);
            ana.does(Input::Event(ServerEvent::Heartbeat {}));
        }
        command = sent_messages(&effects).remove(0);
        waits.push(ana.now.since(before));
    }
    assert!(waits[0] <= 1_000, "{waits:?}");
    assert!(waits[7] >= 7_500 && waits.iter().all(|wait| *wait <= 15_000), "{waits:?}");
}

#[test]
fn what_is_refused_for_good_waits_for_the_person_and_holds_nothing_up() {
    let mut ana = Device::talking();
    let command = sent_messages(&ana.does(sends(1))).remove(0);
    ana.does(sends(2));

    let effects = ana.does(refuses(&command, ErrorCode::NotFriends));
    let failure = kept(&effects).and_then(|outgoing| outgoing.failure).expect("the failure is kept too");
    assert_eq!(failure.code, ErrorCode::NotFriends);
    assert_eq!(sent_client_ids(&effects), [client_id(2)]);
    assert_eq!(deliveries(&ana), [Delivery::Failed, Delivery::Sending]);
    ana.does(acknowledges(2, 6, 6));
    assert_eq!(sent_client_ids(&ana.reconnects(vec![direct(CHAT, BO, 6, 6)])), []);

    let effects = ana.does(Input::Retry(client_id(1)));
    assert_eq!(sent_client_ids(&effects), [client_id(1)]);
    assert_eq!(kept(&effects).expect("it is kept").failure, None);
}

#[test]
fn what_cannot_be_sent_fails_without_asking() {
    let mut ana = Device::talking();
    let Input::Send { conversation_id, client_id, reply_to, mentions, written_at, .. } = sends(1) else {
        unreachable!("`sends` sends");
    };
    for body in [" \n", "a\0b", &"x".repeat(8_001)] {
        let body = body.to_owned();
        let mentions = mentions.clone();
        let effects =
            ana.does(Input::Send { conversation_id, client_id, body, reply_to, mentions, written_at });
        assert_eq!(sent_client_ids(&effects), []);
        assert!(matches!(&progress(&effects)[..], [Progress::Failed(why)] if why.code == ErrorCode::Invalid));
        ana.does(Input::Discard(client_id));
    }
}

#[test]
fn what_is_discarded_is_gone() {
    let mut ana = Device::talking();
    let command = sent_messages(&ana.does(sends(1))).remove(0);
    ana.does(refuses(&command, ErrorCode::NotFriends));
    let effects = ana.does(Input::Discard(client_id(1)));
    assert!(effects.contains(&Effect::ForgetOutgoing(client_id(1))));
    assert_eq!(progress(&effects), [Progress::Discarded]);
    assert_eq!(deliveries(&ana), []);
}

#[test]
fn a_message_without_an_answer_is_sent_again() {
    let mut ana = Device::talking();
    ana.does(sends(1));
    let mut again = Vec::new();
    for _ in 0..3 {
        again.extend(sent_client_ids(&ana.waits(10_000)));
        ana.does(Input::Event(ServerEvent::Heartbeat {}));
    }
    assert_eq!(again, [client_id(1)]);
}

#[test]
fn what_was_unsent_survives_a_restart_in_order() {
    let mut before = Device::new();
    let mut stored: Vec<Outgoing> = (1..=3).filter_map(|number| kept(&before.does(sends(number)))).collect();
    stored.reverse();
    // Drivers keep it as JSON.
    let stored = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();

    let mut after = Device::new();
    after.does(Input::Restore(stored));
    after.does(sends(4));
    assert_eq!(after.sees(), ["written 1", "written 2", "written 3", "written 4"]);
    after.does(Input::Start);
    let effects =
        after.does(crate::device::ready(crate::device::snapshot(ANA, vec![direct(CHAT, BO, 0, 0)])));
    assert_eq!(sent_client_ids(&effects), [client_id(1)]);
}

#[test]
fn the_same_message_is_not_queued_twice() {
    let mut ana = Device::new();
    let stored = kept(&ana.does(sends(1))).unwrap();
    ana.does(sends(1));
    ana.does(Input::Restore(vec![stored]));
    assert_eq!(ana.sees(), ["written 1"]);
}

#[test]
fn what_waited_for_a_conversation_goes_with_it() {
    let mut ana = Device::talking();
    ana.does(sends(1));
    let effects = ana.does(Input::Event(ServerEvent::ConversationRemoved { conversation_id: CHAT }));
    assert_eq!(progress(&effects), [Progress::Discarded]);
    assert!(effects.contains(&Effect::ForgetOutgoing(client_id(1))));
}
