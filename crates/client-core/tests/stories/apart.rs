//! Jumping far back: the part around it has no hole, hears of every change, and grows until it meets the newest.

use crate::device::{ANA, BO, CHAT, Device, arrives, changes, direct, message, ready, snapshot};
use umbrachat_client_core::{Apart, Input};
use umbrachat_protocol::{Message, MessagePage, Rev, Seq};

fn run(seqs: std::ops::RangeInclusive<i64>) -> Vec<Message> {
    seqs.map(|number| message(CHAT, BO, number, number)).collect()
}

fn visits(seqs: std::ops::RangeInclusive<i64>) -> Input {
    let has_older = *seqs.start() > 1;
    Input::Visited { conversation_id: CHAT, run: run(seqs), has_older }
}

/// A conversation of 1,000 messages, of which the newest ten are loaded.
fn at_the_newest() -> Device {
    let mut ana = Device::online(vec![direct(CHAT, BO, 1_000, 1_000)]);
    ana.does(Input::Open(Some(CHAT)));
    let page = MessagePage { messages: run(991..=1_000), has_more: true };
    ana.does(Input::HistoryLoaded { conversation_id: CHAT, before: None, page });
    ana
}

fn seqs<'a>(messages: impl Iterator<Item = &'a Message>) -> Vec<i64> {
    messages.map(|message| message.seq.0).collect()
}

#[test]
fn what_was_jumped_to_shows_beside_the_newest() {
    let mut ana = at_the_newest();
    ana.does(visits(101..=110));
    let chat = ana.chat();
    assert_eq!(chat.history().apart, Some(Apart { from: Seq(101), to: Seq(110), has_older: true }));
    assert_eq!(seqs(chat.messages_until(Seq(105))), [101, 102, 103, 104, 105]);
    assert_eq!(seqs(chat.messages_from(Seq(108))), [108, 109, 110], "and not over the hole");
    assert_eq!(seqs(chat.messages_until(Seq(993))), [991, 992, 993]);
    assert_eq!(seqs(chat.messages_from(Seq(999))), [999, 1_000]);
    assert!(chat.message(Seq(104)).is_some() && chat.message(Seq(500)).is_none());
    assert_eq!(seqs(chat.messages_until(Seq(500))), [0_i64; 0]);
    assert_eq!(ana.sees().len(), 10, "the time line of the newest has no hole");
}

#[test]
fn it_hears_of_what_changes_and_of_what_was_missed() {
    let mut ana = at_the_newest();
    ana.does(arrives(Message { body: "edited".into(), ..message(CHAT, BO, 105, 1_001) }));
    ana.does(visits(101..=110));
    let body = |ana: &Device, seq| ana.chat().message(Seq(seq)).map(|message| message.body.clone());
    assert_eq!(body(&ana, 105).as_deref(), Some("edited"), "the page was older than that");

    ana.does(Input::SocketClosed { code: None });
    ana.waits(500);
    ana.does(ready(snapshot(ANA, vec![direct(CHAT, BO, 1_002, 1_000)])));
    let missed = Message { body: "missed".into(), ..message(CHAT, BO, 106, 1_002) };
    let changes = Box::new(changes(1_002, vec![missed]));
    ana.does(Input::ChangesLoaded { conversation_id: CHAT, since: Rev(1_001), changes });
    assert_eq!(body(&ana, 106).as_deref(), Some("missed"));
}

#[test]
fn it_grows_at_both_ends_until_it_meets_the_newest() {
    let mut ana = at_the_newest();
    for seqs in [951..=960, 941..=950, 961..=985] {
        ana.does(visits(seqs));
    }
    assert_eq!(ana.chat().history().apart, Some(Apart { from: Seq(941), to: Seq(985), has_older: true }));
    ana.does(visits(986..=990));
    let history = ana.chat().history();
    assert_eq!((history.apart, history.loaded_from, history.has_older), (None, Some(Seq(941)), true));
    assert_eq!(ana.sees().len(), 60);
    // A page that was under way for what was loaded before leaves no hole.
    let page = MessagePage { messages: run(981..=990), has_more: true };
    ana.does(Input::HistoryLoaded { conversation_id: CHAT, before: Some(Seq(991)), page });
    assert_eq!((ana.sees().len(), ana.chat().history().loading), (60, false));
}

#[test]
fn the_newest_part_can_come_down_to_it_and_another_jump_leaves_it_behind() {
    let mut ana = at_the_newest();
    ana.does(visits(1..=10));
    ana.does(visits(981..=985));
    assert_eq!(ana.chat().history().apart.map(|apart| apart.from), Some(Seq(981)));
    let page = MessagePage { messages: run(986..=990), has_more: true };
    ana.does(Input::HistoryLoaded { conversation_id: CHAT, before: Some(Seq(991)), page });
    let history = ana.chat().history();
    assert_eq!((history.apart, history.loaded_from, history.has_older), (None, Some(Seq(981)), true));
}

#[test]
fn nothing_lies_apart_from_nothing() {
    let mut ana = Device::online(vec![direct(CHAT, BO, 20, 20)]);
    ana.does(visits(1..=10));
    assert_eq!(ana.chat().history().apart, None);
    ana.does(Input::Visited { conversation_id: CHAT, run: Vec::new(), has_older: false });
    assert_eq!(seqs(ana.chat().messages()), [0_i64; 0]);
}
