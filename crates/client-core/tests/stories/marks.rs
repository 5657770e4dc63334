//! Telling the server what has been received and read: seldom, and never backwards.

use crate::device::{
    ANA, BO, CHAT, Device, arrives, delivered_marks, direct, message, read_marks, ready, snapshot,
};
use umbrachat_client_core::{Effect, Input};
use umbrachat_protocol::{Conversation, ErrorCode, Seq, ServerEvent};

fn reads(seq: i64) -> Input {
    Input::MarkRead { conversation_id: CHAT, seq: Seq(seq) }
}

fn read_seqs(effects: &[Effect]) -> Vec<i64> {
    read_marks(effects).iter().map(|mark| mark.seq.0).collect()
}

/// Bo has written, Ana has read up to here.
fn unread(last_seq: i64, read_seq: i64) -> Conversation {
    Conversation { read_seq: Seq(read_seq), ..direct(CHAT, BO, last_seq, last_seq) }
}

#[test]
fn what_arrives_is_marked_delivered_once_for_many() {
    let mut ana = Device::talking();
    let mut marks = Vec::new();
    for number in 6..=20 {
        marks.extend(delivered_marks(&ana.does(arrives(message(CHAT, BO, number, number)))));
    }
    marks.extend(delivered_marks(&ana.waits(1_000)));
    assert_eq!(marks, [20]);
}

#[test]
fn nothing_behind_a_gap_is_marked() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, BO, 6, 6)));
    ana.does(arrives(message(CHAT, BO, 8, 8)));
    assert_eq!(delivered_marks(&ana.waits(1_000)), [6]);
    ana.does(arrives(message(CHAT, BO, 7, 7)));
    assert_eq!(delivered_marks(&ana.waits(1_000)), [8]);
}

#[test]
fn ones_own_messages_are_not_marked() {
    let mut ana = Device::talking();
    ana.does(arrives(message(CHAT, ANA, 6, 6)));
    let effects = ana.waits(1_000);
    assert_eq!(delivered_marks(&effects), [0; 0]);
    assert_eq!(read_seqs(&effects), [0; 0]);
}

#[test]
fn coming_online_marks_what_waited() {
    let mut ana = Device::new();
    ana.does(Input::Start);
    ana.does(ready(snapshot(ANA, vec![unread(9, 4)])));
    assert_eq!(delivered_marks(&ana.waits(1_000)), [9]);

    let mut nothing_new = Device::new();
    nothing_new.does(Input::Start);
    nothing_new.does(ready(snapshot(ANA, vec![unread(9, 9)])));
    assert_eq!(delivered_marks(&nothing_new.waits(1_000)), [0; 0]);
}

#[test]
fn reading_is_told_gathered_and_shows_at_once() {
    let mut ana = Device::online(vec![unread(9, 4)]);
    for seq in 5..=8 {
        assert_eq!(read_seqs(&ana.does(reads(seq))), [0; 0]);
    }
    assert_eq!(ana.chat().info().unread, 1);
    assert_eq!(read_seqs(&ana.waits(1_000)), [8]);
}

#[test]
fn a_mark_never_moves_backwards_nor_beyond_what_there_is() {
    let mut ana = Device::online(vec![unread(9, 4)]);
    ana.does(reads(8));
    ana.does(reads(6));
    assert_eq!(ana.chat().info().read_seq, Seq(8));
    ana.does(reads(1_000));
    assert_eq!(ana.chat().info().read_seq, Seq(9));
    assert_eq!(read_seqs(&ana.waits(1_000)), [9]);
    ana.does(reads(3));
    assert_eq!(read_seqs(&ana.waits(1_000)), [0; 0]);
}

#[test]
fn what_was_read_offline_is_told_after_ready() {
    let mut ana = Device::online(vec![unread(9, 4)]);
    ana.does(Input::NetworkChanged { online: false });
    ana.does(reads(9));
    assert_eq!(read_seqs(&ana.waits(60_000)), [0; 0]);
    ana.does(Input::NetworkChanged { online: true });
    ana.does(ready(snapshot(ANA, vec![unread(9, 4)])));
    assert_eq!(ana.chat().info().unread, 0, "the older snapshot does not take it back");
    assert_eq!(read_seqs(&ana.waits(1_000)), [9]);
}

#[test]
fn a_mark_that_was_lost_with_the_connection_is_told_again() {
    let mut ana = Device::online(vec![unread(9, 4)]);
    ana.does(reads(9));
    assert_eq!(read_seqs(&ana.waits(1_000)), [9]);
    ana.reconnects(vec![unread(9, 4)]);
    assert_eq!(read_seqs(&ana.waits(1_000)), [9]);
    ana.reconnects(vec![unread(9, 9)]);
    assert_eq!(read_seqs(&ana.waits(1_000)), [0; 0], "until the server knows");
}

#[test]
fn what_another_device_has_read_is_read_here_too() {
    let mut ana = Device::online(vec![unread(9, 4)]);
    ana.waits(1_000);
    let (conversation_id, user_id) = (CHAT, ANA);
    let (delivered_seq, read_seq) = (Seq(9), Seq(9));
    ana.does(Input::Event(ServerEvent::Receipt { conversation_id, user_id, delivered_seq, read_seq }));
    assert_eq!(ana.chat().info().unread, 0);
    assert_eq!(read_seqs(&ana.waits(1_000)), [0; 0]);
}

#[test]
fn a_mark_that_a_busy_server_refused_is_told_again() {
    let mut ana = Device::online(vec![unread(9, 4)]);
    ana.does(reads(9));
    let reference = read_marks(&ana.waits(1_000)).remove(0).reference;
    let (code, detail) = (ErrorCode::RateLimited, String::new());
    ana.does(Input::Event(ServerEvent::Error { reference, code, detail }));
    assert_eq!(read_seqs(&ana.waits(5_000)), [9]);
}
