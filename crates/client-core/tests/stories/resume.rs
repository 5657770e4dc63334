//! Missing nothing: gaps, lost connections, snapshots.

use crate::device::{
    ANA, BO, CHAT, Device, arrives, asked_since, asks_for_snapshot, changes, conversation_id, direct, group,
    message, new_messages, ready, snapshot,
};
use umbrachat_client_core::{CatchUp, Config, Effect, Input};
use umbrachat_protocol::{
    Changes, Conversation, ErrorCode, Message, MessageKind, MessagePage, Notice, NoticeAction, Rev, Seq,
    ServerEvent,
};

fn loaded(since: i64, changes: Changes) -> Input {
    Input::ChangesLoaded { conversation_id: CHAT, since: Rev(since), changes: Box::new(changes) }
}

fn history_asked(effects: &[Effect]) -> Vec<Option<i64>> {
    let before = |effect: &Effect| match effect {
        Effect::FetchHistory { before, .. } => Some(before.map(|seq| seq.0)),
        _ => None,
    };
    effects.iter().filter_map(before).collect()
}

#[test]
fn what_arrives_out_of_order_shows_in_order_and_asks_for_nothing() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 7, 7)));
    assert_eq!(ana.chat().rev(), Rev(5), "rev waits for the gap");
    assert_eq!(asked_since(&ana.waits(200)), [0; 0], "it may be mere reordering");
    ana.does(arrives(message(CHAT, BO, 6, 6)));
    assert_eq!(ana.chat().rev(), Rev(7));
    assert_eq!(ana.sees()[5..], ["message 6", "message 7"]);
    assert_eq!(asked_since(&ana.waits(5_000)), [0; 0]);
}

#[test]
fn a_gap_that_stays_is_filled_from_the_server() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 8, 8)));
    assert_eq!(asked_since(&ana.waits(300)), [5]);
    let page = [6, 7, 8].map(|number| message(CHAT, BO, number, number)).to_vec();
    let effects = ana.does(loaded(5, changes(8, page)));
    assert_eq!(new_messages(&effects), [6, 7], "8 was new before");
    assert_eq!(ana.chat().rev(), Rev(8));
    assert_eq!(ana.sees().len(), 8);
    assert_eq!(asked_since(&ana.waits(5_000)), [0; 0]);
}

#[test]
fn pages_are_asked_for_until_there_are_no_more() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 9, 9)));
    ana.waits(300);
    let page = |number: i64, has_more| Changes {
        has_more,
        ..changes(number, vec![message(CHAT, BO, number, number)])
    };
    assert_eq!(asked_since(&ana.does(loaded(5, page(6, true)))), [6]);
    assert_eq!(asked_since(&ana.does(loaded(6, page(7, true)))), [7]);
    assert_eq!(asked_since(&ana.does(loaded(7, page(8, false)))), [0; 0]);
    assert_eq!(ana.chat().rev(), Rev(9), "what came ahead counts");
}

#[test]
fn a_page_that_does_not_lie_against_what_is_known_closes_no_gap() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 9, 9)));
    ana.waits(300);
    // The answer to a question of an earlier life, when more was known.
    ana.does(loaded(7, changes(9, vec![message(CHAT, BO, 8, 8), message(CHAT, BO, 9, 9)])));
    assert_eq!(ana.chat().rev(), Rev(5));
    assert_eq!(asked_since(&ana.waits(2_000)), [5]);
}

#[test]
fn a_server_that_promises_more_and_gives_nothing_is_not_hammered() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 9, 9)));
    let mut asked = 0;
    for _ in 0..600 {
        if !asked_since(&ana.waits(100)).is_empty() {
            asked += 1;
            ana.does(loaded(5, Changes { has_more: true, ..changes(5, vec![]) }));
        }
        ana.does(Input::Event(ServerEvent::Heartbeat {}));
    }
    assert!((5..20).contains(&asked), "asked {asked} times in a minute");
}

#[test]
fn a_failed_page_is_asked_for_again_with_patience() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 7, 7)));
    ana.waits(300);
    let failed = Input::ChangesFailed { conversation_id: CHAT, code: Some(ErrorCode::Overloaded) };
    assert_eq!(asked_since(&ana.does(failed)), [0; 0]);
    assert_eq!(asked_since(&ana.waits(2_000)), [5]);
}

#[test]
fn a_conversation_that_one_may_not_see_any_more_vanishes() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 7, 7)));
    ana.waits(300);
    ana.does(Input::ChangesFailed { conversation_id: CHAT, code: Some(ErrorCode::NotFound) });
    assert!(ana.core.state().conversation(CHAT).is_none());
}

#[test]
fn after_a_lost_connection_only_what_is_newer_is_asked_for() {
    let mut ana = Device::talking();
    assert_eq!(asked_since(&ana.reconnects(vec![direct(CHAT, BO, 9, 8)])), [5]);

    let mut unchanged = Device::talking();
    assert_eq!(asked_since(&unchanged.reconnects(vec![direct(CHAT, BO, 5, 5)])), [0; 0]);
}

#[test]
fn of_a_conversation_that_nobody_looked_at_the_snapshot_tells_enough() {
    let mut ana = Device::online(vec![direct(CHAT, BO, 5, 5)]);
    let effects = ana.reconnects(vec![direct(CHAT, BO, 9, 8)]);
    assert_eq!(asked_since(&effects), [0; 0]);
    assert_eq!(new_messages(&effects), [8], "the newest comes by, for a notification");
    assert_eq!(ana.chat().rev(), Rev(9));
    assert_eq!(ana.chat().info().last_message.as_ref().map(|message| message.seq), Some(Seq(8)));
}

#[test]
fn a_bot_misses_no_message_while_it_is_away() {
    let mut bot = Device::with(Config { catch_up: CatchUp::All, ..Config::with_seed(1) });
    bot.does(Input::Start);
    let effects = bot.does(ready(snapshot(ANA, vec![direct(CHAT, BO, 5, 5)])));
    assert_eq!(new_messages(&effects), [0; 0], "what was there before it began is not new");

    assert_eq!(asked_since(&bot.reconnects(vec![direct(CHAT, BO, 8, 8)])), [5]);
    let page = [6, 7, 8].map(|number| message(CHAT, BO, number, number)).to_vec();
    assert_eq!(new_messages(&bot.does(loaded(5, changes(8, page.clone())))), [6, 7, 8]);
    assert_eq!(new_messages(&bot.does(loaded(5, changes(8, page)))), [0; 0], "and none comes by twice");

    // Somebody began to talk meanwhile.
    let begun = conversation_id(2);
    let both = vec![direct(CHAT, BO, 8, 8), direct(begun, BO, 3, 2)];
    assert_eq!(asked_since(&bot.reconnects(both)), [0]);
}

#[test]
fn a_bot_that_hears_late_of_being_added_hears_what_was_said_since() {
    let mut bot = Device::with(Config { catch_up: CatchUp::All, ..Config::with_seed(1) });
    bot.does(Input::Start);
    bot.does(ready(snapshot(ANA, vec![])));
    let read = |read_seq| Conversation { read_seq: Seq(read_seq), ..group(CHAT, 9, 8) };
    assert_eq!(asked_since(&bot.reconnects(vec![read(6)])), [0], "two have come since");
    let page = [5, 6, 7, 8].map(|number| message(CHAT, BO, number, number)).to_vec();
    assert_eq!(new_messages(&bot.does(loaded(0, changes(9, page)))), [7, 8]);
    assert_eq!(bot.chat().rev(), Rev(9));

    // Nothing but the notice that says so.
    let other = conversation_id(2);
    let added = Notice { action: NoticeAction::Added, user_id: Some(ANA) };
    let last_message =
        Some(Message { notice: Some(added), kind: MessageKind::Notice, ..message(other, BO, 4, 4) });
    let just_added = Conversation { read_seq: Seq(3), unread: 1, last_message, ..group(other, 4, 4) };
    let effects = bot.reconnects(vec![read(8), just_added]);
    assert_eq!((asked_since(&effects), new_messages(&effects)), (vec![], vec![]));
}

#[test]
fn several_conversations_catch_up_a_few_at_a_time_and_the_open_one_first() {
    let open = conversation_id(8);
    let all = |rev| (1..=9).map(|number| direct(conversation_id(number), BO, rev, rev)).collect::<Vec<_>>();
    let mut ana = Device::online(all(1));
    for number in 1..=9 {
        let id = conversation_id(number);
        ana.does(Input::LoadOlder(id));
        ana.does(Input::HistoryLoaded { conversation_id: id, before: None, page: MessagePage::default() });
    }
    ana.does(Input::Open(Some(open)));
    let effects = ana.reconnects(all(4));
    let asked: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::FetchChanges { conversation_id, .. } => Some(*conversation_id),
            _ => None,
        })
        .collect();
    assert_eq!(asked.len(), 4);
    assert_eq!(asked[0], open);
    let first =
        Input::ChangesLoaded { conversation_id: open, since: Rev(1), changes: Box::new(changes(4, vec![])) };
    assert_eq!(asked_since(&ana.does(first)).len(), 1, "one done, one more");
}

#[test]
fn what_the_snapshot_does_not_have_is_gone() {
    let mut ana = Device::talking();
    ana.reconnects(vec![]);
    assert!(ana.core.state().conversations().is_empty());
}

#[test]
fn resync_asks_for_the_snapshot() {
    let mut ana = Device::talking();
    let ticket = asks_for_snapshot(&ana.does(Input::Event(ServerEvent::Resync {}))).expect("it asks");
    let newer = Box::new(snapshot(ANA, vec![direct(CHAT, BO, 7, 7)]));
    assert_eq!(asked_since(&ana.does(Input::SnapshotLoaded { ticket, snapshot: newer })), [5]);
}

#[test]
fn a_snapshot_that_cannot_be_had_is_asked_for_again() {
    let mut ana = Device::talking();
    let ticket = asks_for_snapshot(&ana.does(Input::Event(ServerEvent::Resync {}))).expect("it asks");
    ana.does(Input::SnapshotFailed { ticket });
    assert!(asks_for_snapshot(&ana.waits(2_000)).is_some());
}

#[test]
fn a_snapshot_never_undoes_what_happened_since_it_was_asked_for() {
    let mut ana = Device::talking();
    let ticket = asks_for_snapshot(&ana.does(Input::Event(ServerEvent::Resync {}))).expect("it asks");
    let begun = direct(conversation_id(2), BO, 1, 0);
    ana.does(Input::Event(ServerEvent::Conversation { conversation: Box::new(begun.clone()) }));

    let old = Box::new(snapshot(ANA, vec![direct(CHAT, BO, 5, 5)]));
    let effects = ana.does(Input::SnapshotLoaded { ticket, snapshot: old });
    assert!(ana.core.state().conversation(begun.id).is_some());
    assert!(asks_for_snapshot(&effects).is_some_and(|next| next != ticket), "a newer one is asked for");
}

#[test]
fn an_answer_that_ready_has_overtaken_counts_for_nothing() {
    let mut ana = Device::talking();
    let ticket = asks_for_snapshot(&ana.does(Input::Event(ServerEvent::Resync {}))).expect("it asks");
    ana.reconnects(vec![direct(CHAT, BO, 5, 5)]);
    ana.does(Input::SnapshotLoaded { ticket, snapshot: Box::new(snapshot(ANA, vec![])) });
    assert!(ana.core.state().conversation(CHAT).is_some());
}

#[test]
fn something_about_an_unknown_conversation_leads_to_the_snapshot() {
    let mut ana = Device::online(vec![]);
    let ticket = asks_for_snapshot(&ana.does(arrives(message(CHAT, BO, 1, 2)))).expect("it asks");
    assert_eq!(asks_for_snapshot(&ana.does(arrives(message(CHAT, BO, 2, 3)))), None, "once");

    // The snapshot was read before the second message: that it exists is not forgotten.
    let early = Box::new(snapshot(ANA, vec![direct(CHAT, BO, 2, 1)]));
    ana.does(Input::SnapshotLoaded { ticket, snapshot: early });
    assert_eq!(asked_since(&ana.waits(300)), [2]);
}

#[test]
fn a_new_title_is_a_change_like_any_other() {
    let mut ana = Device::online(vec![group(CHAT, 5, 5)]);
    let mut renamed = group(CHAT, 6, 5);
    renamed.title = Some("moths".into());
    ana.does(Input::Event(ServerEvent::Conversation { conversation: Box::new(renamed) }));
    assert_eq!(ana.chat().info().title.as_deref(), Some("moths"));
    assert_eq!(asked_since(&ana.waits(5_000)), [0; 0], "it is the change 6 itself");
}

#[test]
fn an_older_title_never_comes_back() {
    let mut ana = Device::online(vec![group(CHAT, 7, 5)]);
    let mut older = group(CHAT, 6, 5);
    older.title = Some("moths".into());
    ana.does(Input::Event(ServerEvent::Conversation { conversation: Box::new(older) }));
    assert_eq!(ana.chat().info().title.as_deref(), Some("stargazers"));
}

#[test]
fn a_conversation_that_tells_of_a_newer_change_does_not_stand_for_it() {
    let mut ana = Device::talking();
    let newer = direct(CHAT, BO, 6, 6);
    ana.does(Input::Event(ServerEvent::Conversation { conversation: Box::new(newer) }));
    assert_eq!(ana.chat().rev(), Rev(5));
    assert_eq!(asked_since(&ana.waits(300)), [5]);
}

#[test]
fn history_comes_in_pages_and_without_holes() {
    let mut ana = Device::online(vec![direct(CHAT, BO, 100, 100)]);
    assert_eq!(history_asked(&ana.does(Input::Open(Some(CHAT)))), [None]);
    assert_eq!(history_asked(&ana.does(Input::LoadOlder(CHAT))), [], "one at a time");
    ana.does(arrives(message(CHAT, BO, 101, 101)));
    let page = |from: i64, to: i64| MessagePage {
        messages: (from..=to).map(|number| message(CHAT, BO, number, number)).collect(),
        has_more: from > 1,
    };
    ana.does(Input::HistoryLoaded { conversation_id: CHAT, before: None, page: page(51, 100) });
    assert_eq!(ana.sees().len(), 51, "what came meanwhile is there");

    assert_eq!(history_asked(&ana.does(Input::LoadOlder(CHAT))), [Some(51)]);
    ana.does(Input::HistoryLoaded { conversation_id: CHAT, before: Some(Seq(51)), page: page(1, 50) });
    let seqs: Vec<_> = ana.chat().messages().map(|message| message.seq.0).collect();
    assert_eq!(seqs, (1..=101).collect::<Vec<_>>());
    assert_eq!(history_asked(&ana.does(Input::LoadOlder(CHAT))), [], "there is nothing older");
}

#[test]
fn a_change_that_overtakes_the_page_it_belongs_to_is_not_lost() {
    let mut ana = Device::online(vec![direct(CHAT, BO, 5, 5)]);
    ana.does(Input::Open(Some(CHAT)));
    let mut deleted = message(CHAT, BO, 2, 6);
    deleted.body.clear();
    ana.does(arrives(deleted));
    let messages = (1..=5).map(|number| message(CHAT, BO, number, number)).collect();
    let page = MessagePage { messages, has_more: false };
    ana.does(Input::HistoryLoaded { conversation_id: CHAT, before: None, page });
    assert_eq!(ana.sees()[1], "");
}

#[test]
fn history_that_failed_is_asked_for_again_when_somebody_wants_it() {
    let mut ana = Device::online(vec![direct(CHAT, BO, 5, 5)]);
    ana.does(Input::Open(Some(CHAT)));
    ana.does(Input::HistoryFailed { conversation_id: CHAT, before: None, code: None });
    assert!(ana.chat().history().failed);
    assert_eq!(history_asked(&ana.waits(10_000)), []);
    assert_eq!(history_asked(&ana.does(Input::LoadOlder(CHAT))), [None]);
    ana.does(Input::HistoryFailed { conversation_id: CHAT, before: None, code: None });
    assert_eq!(history_asked(&ana.reconnects(vec![direct(CHAT, BO, 5, 5)])), [None], "or when all is well");
}

#[test]
fn a_conversation_opened_before_it_is_known_loads_once_it_is() {
    let mut ana = Device::new();
    ana.does(Input::Start);
    assert_eq!(history_asked(&ana.does(Input::Open(Some(CHAT)))), []);
    let effects = ana.does(ready(snapshot(ANA, vec![direct(CHAT, BO, 5, 5)])));
    assert_eq!(history_asked(&effects), [None]);
}
