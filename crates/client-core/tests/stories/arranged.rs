//! Pinned on top, archived apart, muted unheard.

use crate::device::{BO, CHAT, Device, arrives, at, conversation_id, group, message};
use umbrachat_client_core::State;
use umbrachat_protocol::{Conversation, ConversationId, Preferences, Rev, Seq, Timestamp};

const OWLS: ConversationId = conversation_id(7);
const LAMPS: ConversationId = conversation_id(8);

fn arranged(id: ConversationId, preferences: Preferences) -> Conversation {
    Conversation { preferences, ..group(id, 5, 5) }
}

fn lists(state: &State, now: Timestamp) -> (Vec<ConversationId>, Vec<ConversationId>) {
    let shown = state.arranged(now);
    let ids = |all: Vec<&umbrachat_client_core::ConversationState>| all.iter().map(|it| it.id()).collect();
    (ids(shown.listed), ids(shown.archived))
}

#[test]
fn pinned_ones_stay_on_top_in_the_order_of_pinning() {
    let pinned = |second| Preferences { rev: Rev(1), pinned_at: Some(at(second)), ..Preferences::default() };
    let mut ana =
        Device::online(vec![group(CHAT, 5, 5), arranged(OWLS, pinned(20)), arranged(LAMPS, pinned(10))]);
    let expected = (vec![LAMPS, OWLS, CHAT], vec![]);
    assert_eq!(lists(ana.core.state(), at(60)), expected);

    ana.does(arrives(message(CHAT, BO, 6, 6)));
    assert_eq!(lists(ana.core.state(), at(60)), expected, "a message moves nothing above them");
}

#[test]
fn a_message_brings_back_what_was_archived_and_not_what_is_muted() {
    let away = Preferences { rev: Rev(1), archived_seq: Some(Seq(5)), ..Preferences::default() };
    let muted = Preferences { muted_until: Some(at(600)), ..away };
    let mut ana = Device::online(vec![arranged(OWLS, away), arranged(LAMPS, muted)]);
    assert_eq!(lists(ana.core.state(), at(60)).0, []);

    ana.does(arrives(message(OWLS, BO, 6, 6)));
    ana.does(arrives(message(LAMPS, BO, 6, 6)));
    assert_eq!(lists(ana.core.state(), at(60)), (vec![OWLS], vec![LAMPS]));
    assert_eq!(ana.core.state().unread(at(60)), 1, "what is muted draws no attention");
    assert_eq!(lists(ana.core.state(), at(600)).1, [], "until the time is over");
    assert_eq!(ana.core.state().unread(at(600)), 2);
}
