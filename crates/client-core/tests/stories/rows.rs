//! One rule for every row: the higher rev stays.

use crate::device::{ANA, BO, CHAT, CY, Device, arrives, at, direct, group, member, message, new_messages};
use umbrachat_client_core::{Change, Effect, Input};
use umbrachat_protocol::{Message, Role, Seq, ServerEvent};

fn edited(seq: i64, rev: i64) -> Message {
    Message { body: format!("edited at {rev}"), ..message(CHAT, BO, seq, rev) }
}

#[test]
fn a_duplicate_changes_nothing() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 6, 6)));
    assert_eq!(ana.does(arrives(message(CHAT, BO, 6, 6))), vec![]);
    assert_eq!(ana.chat().info().unread, 1);
}

#[test]
fn an_older_version_never_replaces_a_newer_one() {
    let mut ana = Device::talking();
    ana.does(arrives(edited(3, 7)));
    ana.does(arrives(edited(3, 6)));
    assert_eq!(ana.sees()[2], "edited at 7");
}

#[test]
fn a_tombstone_stays_in_its_place_and_counts() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 6, 6)));
    let mut tombstone = message(CHAT, BO, 6, 7);
    tombstone.body.clear();
    tombstone.deleted_at = Some(crate::device::at(9));
    ana.does(arrives(tombstone.clone()));
    assert_eq!(ana.sees().len(), 6);
    assert_eq!(ana.chat().info().unread, 1);
    assert_eq!(ana.chat().info().last_message, Some(tombstone));
}

#[test]
fn an_edit_is_not_a_new_message() {
    let mut ana = Device::talking();
    let effects = ana.does(arrives(edited(3, 6)));
    assert_eq!(new_messages(&effects), [0; 0]);
    let told = effects.iter().any(|effect| {
        matches!(effect, Effect::Changed(Change::Message { message, is_new: false }) if message.seq == Seq(3))
    });
    assert!(told);
}

#[test]
fn unread_is_what_came_after_the_mark() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 7, 7)));
    assert_eq!(ana.chat().info().unread, 2, "6 exists, though it has not arrived");
    ana.does(arrives(message(CHAT, BO, 6, 6)));
    assert_eq!(ana.chat().info().unread, 2);
    assert_eq!(ana.core.state().unread(at(0)), 2);
    ana.does(arrives(message(CHAT, ANA, 8, 8)));
    assert_eq!(ana.chat().info().unread, 0, "answering from another device means having read");
}

#[test]
fn the_answer_of_a_rest_call_shows_at_once() {
    let mut ana = Device::talking();
    let mut tombstone = message(CHAT, ANA, 3, 6);
    tombstone.body.clear();
    ana.does(Input::Answer(ServerEvent::Message { message: tombstone }));
    assert_eq!(ana.sees()[2], "");

    let begun = direct(crate::device::conversation_id(2), CY, 1, 0);
    ana.does(Input::Answer(ServerEvent::Conversation { conversation: Box::new(begun.clone()) }));
    assert_eq!(
        ana.core.state().direct_with(CY).map(umbrachat_client_core::ConversationState::id),
        Some(begun.id)
    );
}

#[test]
fn who_was_erased_while_this_device_was_away_is_no_member_any_more() {
    let mut ana = Device::online(vec![group(CHAT, 5, 5)]);
    ana.does(Input::LoadMembers(CHAT));
    let members = |ids: &[(umbrachat_protocol::UserId, i64)]| Input::MembersLoaded {
        conversation_id: CHAT,
        members: ids.iter().map(|(id, rev)| member(CHAT, *id, *rev)).collect(),
    };
    ana.does(members(&[(ANA, 1), (BO, 2), (CY, 3)]));

    ana.reconnects(vec![group(CHAT, 7, 5)]);
    // Somebody whose coming overtook the answer stays.
    let dia = crate::device::user_id(9);
    ana.does(Input::Event(ServerEvent::Member { member: member(CHAT, dia, 7) }));
    ana.does(members(&[(ANA, 1), (BO, 2)]));

    let names: Vec<_> = ana.chat().members().unwrap().map(|member| member.user.id).collect();
    assert_eq!(names, [ANA, BO, dia]);
}

#[test]
fn members_come_and_go_by_their_rev() {
    let mut ana = Device::online(vec![group(CHAT, 5, 5)]);
    let effects = ana.does(Input::LoadMembers(CHAT));
    assert!(effects.contains(&Effect::FetchMembers { conversation_id: CHAT }));
    let mut left = member(CHAT, CY, 7);
    left.left_at = Some(crate::device::at(7));
    ana.does(Input::Event(ServerEvent::Member { member: left }));
    // The answer is older than the event that overtook it.
    let members = vec![member(CHAT, ANA, 1), member(CHAT, BO, 2), member(CHAT, CY, 3)];
    ana.does(Input::MembersLoaded { conversation_id: CHAT, members });
    let names = |ana: &Device| ana.chat().members().unwrap().map(|member| member.user.id).collect::<Vec<_>>();
    assert_eq!(names(&ana), [ANA, BO]);

    let mut promoted = member(CHAT, ANA, 6);
    promoted.role = Role::Admin;
    ana.does(Input::Event(ServerEvent::Member { member: promoted }));
    assert_eq!(ana.chat().info().my_role, Role::Admin);
}
