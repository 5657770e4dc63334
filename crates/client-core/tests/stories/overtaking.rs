//! What a call answers may be overtaken by events, and by a connection that comes or goes meanwhile.

use crate::device::{
    ANA, BO, CHAT, CY, Device, arrives, asks_for_snapshot, at, changes, client_id, conversation_id, group,
    member, message, ready, sends_to, snapshot,
};
use umbrachat_client_core::{Effect, Input};
use umbrachat_protocol::{
    Conversation, Me, Member, MessageKind, MessagePage, Notice, NoticeAction, Preferences, Rev, Role, Seq,
    ServerEvent, Settings,
};

fn asks_for_members(effects: &[Effect]) -> bool {
    effects.contains(&Effect::FetchMembers { conversation_id: CHAT })
}

fn receives(user_id: umbrachat_protocol::UserId, seq: i64) -> Input {
    let (delivered_seq, read_seq) = (Seq(seq), Seq::ZERO);
    Input::Event(ServerEvent::Receipt { conversation_id: CHAT, user_id, delivered_seq, read_seq })
}

fn all_members() -> Vec<Member> {
    vec![member(CHAT, ANA, 1), member(CHAT, BO, 2), member(CHAT, CY, 3)]
}

fn delivered_to(ana: &Device, user: umbrachat_protocol::UserId) -> Option<Seq> {
    let mut members = ana.chat().members()?;
    members.find(|member| member.user.id == user).map(|member| member.delivered_seq)
}

#[test]
fn a_mark_that_moves_while_members_are_under_way_is_not_taken_back() {
    let mut ana = Device::online(vec![group(CHAT, 5, 5)]);
    assert!(asks_for_members(&ana.does(Input::LoadMembers(CHAT))));
    ana.does(receives(BO, 4));
    // Read before Bo's mark moved; that it is 0 could also mean that he hides it.
    let again = ana.does(Input::MembersLoaded { conversation_id: CHAT, members: all_members() });
    assert!(asks_for_members(&again));
    let mut members = all_members();
    members[1].delivered_seq = Seq(4);
    ana.does(Input::MembersLoaded { conversation_id: CHAT, members });
    assert_eq!(delivered_to(&ana, BO), Some(Seq(4)));
}

#[test]
fn who_hides_their_marks_shows_none_by_writing() {
    let mut ana = Device::online(vec![group(CHAT, 5, 5)]);
    ana.does(Input::LoadMembers(CHAT));
    ana.does(Input::MembersLoaded { conversation_id: CHAT, members: all_members() });
    ana.does(arrives(message(CHAT, BO, 6, 6)));
    assert_eq!(delivered_to(&ana, BO), Some(Seq::ZERO));
}

#[test]
fn members_that_could_not_be_had_are_asked_for_again() {
    let mut ana = Device::online(vec![group(CHAT, 5, 5)]);
    ana.does(Input::LoadMembers(CHAT));
    ana.does(Input::MembersFailed { conversation_id: CHAT, code: None });
    assert!(asks_for_members(&ana.waits(2_000)));
}

#[test]
fn an_answer_without_a_rev_is_checked_against_the_snapshot() {
    let mut ana = Device::online(vec![group(CHAT, 5, 5)]);
    let me = |receipts| Me {
        settings: Settings { receipts, ..Settings::default() },
        ..snapshot(ANA, vec![]).user
    };
    ana.does(Input::Event(ServerEvent::Account { user: me(false) }));
    // The answer to an earlier call comes late.
    let effects = ana.does(Input::Answer(ServerEvent::Account { user: me(true) }));
    let ticket = asks_for_snapshot(&effects).expect("it asks which is newer");
    let mut newest = snapshot(ANA, vec![group(CHAT, 5, 5)]);
    newest.user = me(false);
    ana.does(Input::SnapshotLoaded { ticket, snapshot: Box::new(newest) });
    assert_eq!(ana.core.state().me, Some(me(false)));
}

#[test]
fn a_group_that_was_made_while_connecting_stays_with_what_was_written_in_it() {
    let mut ana = Device::online(vec![]);
    ana.does(Input::SocketClosed { code: None });
    let made = group(conversation_id(7), 3, 1);
    ana.does(Input::Answer(ServerEvent::Conversation { conversation: Box::new(made.clone()) }));
    ana.does(sends_to(made.id, 1));
    ana.waits(500);
    // Read before the group was made.
    let effects = ana.does(ready(snapshot(ANA, vec![])));
    let unsent: Vec<_> = ana.core.state().all_outgoing().map(|outgoing| outgoing.client_id).collect();
    assert_eq!(unsent, [client_id(1)]);
    let ticket = asks_for_snapshot(&effects).expect("it asks whether the group is there");
    ana.does(Input::SnapshotLoaded { ticket, snapshot: Box::new(snapshot(ANA, vec![made.clone()])) });
    assert!(ana.core.state().conversation(made.id).is_some());
}

#[test]
fn an_older_snapshot_does_not_give_a_role_back() {
    let mut ana = Device::online(vec![]);
    let mut owned = group(CHAT, 5, 5);
    owned.my_role = Role::Owner;
    ana.does(Input::Event(ServerEvent::Conversation { conversation: Box::new(owned.clone()) }));
    let admin = Member { role: Role::Admin, ..member(CHAT, ANA, 7) };
    ana.does(Input::Event(ServerEvent::Member { member: admin }));
    let ticket = asks_for_snapshot(&ana.does(Input::Event(ServerEvent::Resync {}))).expect("it asks");
    ana.does(Input::SnapshotLoaded { ticket, snapshot: Box::new(snapshot(ANA, vec![owned])) });
    assert_eq!(ana.chat().info().my_role, Role::Admin);
}

#[test]
fn history_comes_although_an_older_question_failed_meanwhile() {
    let mut ana = Device::online(vec![group(CHAT, 5, 5)]);
    ana.does(Input::Open(Some(CHAT)));
    ana.does(Input::HistoryFailed { conversation_id: CHAT, before: None, code: None });
    let messages = (1..=5).map(|number| message(CHAT, BO, number, number)).collect();
    let page = MessagePage { messages, has_more: false };
    ana.does(Input::HistoryLoaded { conversation_id: CHAT, before: None, page });
    assert_eq!(ana.sees().len(), 5);
}

#[test]
fn who_left_and_came_back_sees_what_a_newcomer_sees() {
    let mut ana = Device::online(vec![group(CHAT, 5, 5)]);
    ana.does(Input::Open(Some(CHAT)));
    let messages = (1..=5).map(|number| message(CHAT, BO, number, number)).collect();
    let page = MessagePage { messages, has_more: false };
    ana.does(Input::HistoryLoaded { conversation_id: CHAT, before: None, page });

    ana.reconnects(vec![group(CHAT, 9, 7)]);
    let mut added = message(CHAT, BO, 7, 8);
    added.kind = MessageKind::Notice;
    added.notice = Some(Notice { action: NoticeAction::Added, user_id: Some(ANA) });
    let mut page = changes(9, vec![added]);
    page.members = vec![Member { joined_at: at(7), ..member(CHAT, ANA, 9) }];
    let effects =
        ana.does(Input::ChangesLoaded { conversation_id: CHAT, since: Rev(5), changes: Box::new(page) });
    let asked = effects.iter().any(|effect| matches!(effect, Effect::FetchHistory { before: None, .. }));
    assert!(asked, "what was shown before may be hidden now");
    assert!(ana.sees().is_empty());
}

#[test]
fn older_preferences_do_not_undo_newer_ones() {
    let mut ana = Device::online(vec![group(CHAT, 5, 5)]);
    let pinned = Preferences { rev: Rev(2), pinned_at: Some(at(7)), ..Preferences::default() };
    let says = |preferences| ServerEvent::Preferences { conversation_id: CHAT, preferences };
    ana.does(Input::Answer(says(pinned)));
    ana.does(Input::Event(says(Preferences { rev: Rev(1), ..Preferences::default() })));
    // A view that was read before.
    let renamed = Conversation { rev: Rev(6), title: Some("night owls".into()), ..group(CHAT, 6, 5) };
    ana.does(Input::Event(ServerEvent::Conversation { conversation: Box::new(renamed) }));
    assert_eq!(ana.core.state().conversation(CHAT).unwrap().info().preferences, pinned);
}
