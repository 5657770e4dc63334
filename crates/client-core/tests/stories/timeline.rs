//! What a conversation shows, and the ticks.

use crate::device::{
    ANA, BO, CHAT, CY, Device, acknowledges, arrives, conversation_id, direct, group, member, message, sends,
    sends_to,
};
use umbrachat_client_core::{Delivery, Input};
use umbrachat_protocol::{Conversation, MessageKind, MessagePage, Seq, ServerEvent, UserId};

fn receipt(user_id: UserId, delivered: i64, read: i64) -> Input {
    let (delivered_seq, read_seq) = (Seq(delivered), Seq(read));
    Input::Event(ServerEvent::Receipt { conversation_id: CHAT, user_id, delivered_seq, read_seq })
}

fn ticks(device: &Device, seq: i64) -> Option<Delivery> {
    let state = device.core.state();
    state.delivery(device.chat().message(Seq(seq)).expect("it is loaded"))
}

#[test]
fn unsent_messages_stand_below_what_arrives_meanwhile() {
    let mut ana = Device::talking();
    ana.does(sends(1));
    ana.does(arrives(message(CHAT, BO, 6, 6)));
    assert_eq!(ana.sees()[5..], ["message 6", "written 1"]);
    ana.does(acknowledges(1, 7, 7));
    assert_eq!(ana.sees()[5..], ["message 6", "written 1"]);
}

#[test]
fn the_ticks_turn_and_never_back() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, ANA, 6, 6)));
    assert_eq!(ticks(&ana, 6), Some(Delivery::Sent));
    ana.does(receipt(BO, 6, 5));
    assert_eq!(ticks(&ana, 6), Some(Delivery::Delivered));
    ana.does(receipt(BO, 6, 6));
    assert_eq!(ticks(&ana, 6), Some(Delivery::Read));
    ana.does(receipt(BO, 5, 5));
    assert_eq!(ticks(&ana, 6), Some(Delivery::Read), "receipts come in any order");
    assert_eq!(ticks(&ana, 5), None, "others' messages have no ticks");
}

#[test]
fn who_answers_has_read() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, ANA, 6, 6)));
    ana.does(arrives(message(CHAT, BO, 7, 7)));
    assert_eq!(ticks(&ana, 6), Some(Delivery::Read));
}

#[test]
fn who_hides_receipts_hides_them_in_answers_too() {
    let mut ana = Device::talking();
    let hidden = Conversation { peer_receipt: None, ..direct(CHAT, BO, 5, 5) };
    ana.does(Input::Event(ServerEvent::Conversation { conversation: Box::new(hidden) }));
    ana.does(arrives(message(CHAT, ANA, 6, 6)));
    ana.does(arrives(message(CHAT, BO, 7, 7)));
    assert_eq!(ticks(&ana, 6), Some(Delivery::Sent));
    assert_eq!(ana.chat().info().peer_receipt, None);
}

#[test]
fn a_notice_has_no_ticks() {
    let mut ana = Device::talking();
    let mut notice = message(CHAT, ANA, 6, 6);
    notice.kind = MessageKind::Notice;
    ana.does(arrives(notice));
    assert_eq!(ticks(&ana, 6), None);
}

#[test]
fn in_a_group_everybody_counts() {
    let mut ana = Device::online(vec![group(CHAT, 5, 5)]);
    ana.does(Input::Open(Some(CHAT)));
    let page = MessagePage { messages: vec![message(CHAT, ANA, 5, 5)], has_more: false };
    ana.does(Input::HistoryLoaded { conversation_id: CHAT, before: None, page });
    ana.does(Input::LoadMembers(CHAT));
    let members = vec![member(CHAT, ANA, 1), member(CHAT, BO, 2), member(CHAT, CY, 3)];
    ana.does(Input::MembersLoaded { conversation_id: CHAT, members });

    ana.does(receipt(BO, 5, 5));
    assert_eq!(ticks(&ana, 5), Some(Delivery::Sent));
    ana.does(receipt(CY, 5, 0));
    assert_eq!(ticks(&ana, 5), Some(Delivery::Delivered));
    ana.does(receipt(CY, 5, 5));
    assert_eq!(ticks(&ana, 5), Some(Delivery::Read));
}

#[test]
fn the_newest_conversation_stands_first() {
    let other = conversation_id(2);
    let mut ana = Device::online(vec![direct(CHAT, BO, 5, 5), direct(other, CY, 9, 9)]);
    let order = |ana: &Device| {
        let conversations = ana.core.state().conversations();
        conversations.iter().map(|conversation| conversation.id()).collect::<Vec<_>>()
    };
    assert_eq!(order(&ana), [other, CHAT]);
    ana.does(arrives(message(CHAT, BO, 10, 6)));
    assert_eq!(order(&ana), [CHAT, other]);
}

#[test]
fn what_is_not_loaded_does_not_show() {
    let mut ana = Device::online(vec![direct(CHAT, BO, 5, 5)]);
    ana.does(arrives(message(CHAT, BO, 6, 6)));
    assert_eq!(ana.sees(), [""; 0]);
    ana.does(sends_to(CHAT, 1));
    assert_eq!(ana.sees(), ["written 1"]);
}
