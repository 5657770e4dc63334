//! What is kept from one visit to the next.

use crate::device::{
    ANA, BO, CHAT, Device, arrives, asked_since, changes, client_id, conversation_id, direct, message,
    new_messages, ready, refuses, sends, sent_client_ids, sent_messages, snapshot,
};
use umbrachat_client_core::{
    Effect, Input, KEPT_CONVERSATIONS, KEPT_MESSAGES, KeptConversation, Outgoing, State,
};
use umbrachat_protocol::{ErrorCode, MessagePage, Rev, Seq};

fn kept(state: &State) -> Vec<KeptConversation> {
    let ids = state.kept_conversations();
    let kept: Vec<_> = ids.into_iter().filter_map(|id| state.keep_conversation(id)).collect();
    // As a driver does.
    let text = serde_json::to_string(&kept).expect("what is kept is JSON");
    serde_json::from_str(&text).expect("and is read again")
}

/// The same person, who comes back after this visit.
fn comes_back(from: &Device) -> Device {
    let account = Box::new(from.core.state().keep_account().expect("there was a snapshot"));
    let mut later = Device::new();
    later.does(Input::Recall { account, conversations: kept(from.core.state()) });
    later
}

#[test]
fn what_was_read_before_can_be_read_without_a_server() {
    let ana = comes_back(&Device::talking());
    assert_eq!(ana.sees(), ["message 1", "message 2", "message 3", "message 4", "message 5"]);
    assert_eq!(ana.core.state().my_id(), Some(ANA));
    assert!(!ana.chat().history().has_older);
}

#[test]
fn only_what_has_happened_since_is_asked_for() {
    let mut ana = comes_back(&Device::talking());
    ana.does(Input::Open(Some(CHAT)));
    ana.does(Input::Start);
    let effects = ana.does(ready(snapshot(ANA, vec![direct(CHAT, BO, 7, 7)])));
    assert_eq!(asked_since(&effects), [5]);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::FetchHistory { .. })));
    let page = [6, 7].map(|number| message(CHAT, BO, number, number)).to_vec();
    let effects = ana.does(Input::ChangesLoaded {
        conversation_id: CHAT,
        since: Rev(5),
        changes: Box::new(changes(7, page)),
    });
    assert_eq!(new_messages(&effects), [6, 7]);
    assert_eq!(ana.sees().len(), 7);
}

#[test]
fn where_too_much_has_happened_the_newest_page_is_loaded_instead() {
    let mut ana = comes_back(&Device::talking());
    ana.does(Input::Open(Some(CHAT)));
    ana.does(Input::Start);
    let effects = ana.does(ready(snapshot(ANA, vec![direct(CHAT, BO, 900, 900)])));
    assert_eq!(asked_since(&effects), [0; 0]);
    let newest = Effect::FetchHistory { conversation_id: CHAT, before: None, limit: 50 };
    assert!(effects.contains(&newest), "{effects:?}");
    assert_eq!(ana.chat().rev(), Rev(900));
}

#[test]
fn a_conversation_with_a_gap_is_not_kept() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 8, 8)));
    assert_eq!(kept(ana.core.state()), []);
}

#[test]
fn as_much_is_kept_as_is_bounded() {
    let chats = (0..80).map(|number| direct(conversation_id(number), BO, 90, 90)).collect();
    let mut ana = Device::online(chats);
    let id = ana.core.state().kept_conversations()[0];
    ana.does(Input::Open(Some(id)));
    let messages = (1..=90).map(|number| message(id, BO, number, number)).collect();
    ana.does(Input::HistoryLoaded {
        conversation_id: id,
        before: None,
        page: MessagePage { messages, has_more: false },
    });
    let kept = kept(ana.core.state());
    assert_eq!(kept.len(), KEPT_CONVERSATIONS);
    let page = kept.iter().find(|kept| kept.info.id == id).unwrap().history.clone().unwrap();
    assert_eq!(page.messages.len(), KEPT_MESSAGES);
    assert_eq!(page.messages.last().unwrap().seq, Seq(90));
    assert!(page.has_more, "the older ones are on the server");
}

#[test]
fn what_was_read_offline_is_told_in_the_end() {
    let mut ana = Device::online(vec![direct(CHAT, BO, 5, 5)]);
    ana.does(arrives(message(CHAT, BO, 6, 6)));
    ana.does(Input::SocketClosed { code: None });
    ana.does(Input::MarkRead { conversation_id: CHAT, seq: Seq(6) });
    assert_eq!(comes_back(&ana).chat().info().read_seq, Seq(5), "the server does not know it yet");
}

#[test]
fn a_message_that_was_refused_or_retried_elsewhere_stands_as_it_does_there() {
    let mut ana = Device::talking();
    let effects = ana.does(sends(1));
    let command = sent_messages(&effects).remove(0);
    let effects = ana.does(refuses(&command, ErrorCode::NotFriends));
    let saved = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::SaveOutgoing(outgoing) => Some(outgoing.clone()),
            _ => None,
        })
    };
    let refused: Outgoing = saved(&effects).unwrap();
    let retried = Outgoing { failure: None, ..refused.clone() };

    let mut other = Device::talking();
    other.does(Input::Restore(vec![retried.clone()]));
    other.does(Input::Restore(vec![refused.clone()]));
    assert_eq!(other.core.state().all_outgoing().next(), Some(&refused));
    let effects = other.does(Input::Restore(vec![retried]));
    assert_eq!(sent_client_ids(&effects), [client_id(1)]);
}
