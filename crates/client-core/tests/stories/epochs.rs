//! The server's database was restored from a backup: the client forgets what is not so any more, and keeps what is unsent.

use crate::device::{
    ANA, BO, CHAT, Device, arrives, asks_for_snapshot, changes, client_id, direct, message, ready, sends,
    snapshot,
};
use umbrachat_client_core::Input;
use umbrachat_protocol::{CloseCode, Conversation, Epoch, Rev, Seq, Snapshot};
use uuid::Uuid;

fn conversation(rev: i64, last_seq: i64) -> Conversation {
    direct(CHAT, BO, rev, last_seq)
}

fn restarts(ana: &mut Device) {
    ana.does(Input::SocketClosed { code: Some(CloseCode::Restarting.code()) });
    ana.waits(1_000);
}

fn of(epoch: u128, snapshot: Snapshot) -> Snapshot {
    Snapshot { epoch: Some(Epoch(Uuid::from_u128(epoch))), ..snapshot }
}

/// Ana, who holds five messages and a few revs more.
fn begun(epoch: u128) -> Device {
    let mut ana = Device::talking();
    restarts(&mut ana);
    ana.does(ready(of(epoch, snapshot(ANA, vec![conversation(5, 5)]))));
    for number in 6..=8 {
        ana.does(arrives(message(CHAT, BO, number, number)));
    }
    assert_eq!((ana.chat().rev(), ana.chat().info().last_seq), (Rev(8), Seq(8)));
    ana
}

#[test]
fn another_epoch_takes_the_place_of_everything_but_what_is_unsent() {
    let mut ana = begun(1);
    restarts(&mut ana);
    ana.does(sends(1));

    // It has got further than what Ana had, in another way.
    ana.does(ready(of(2, snapshot(ANA, vec![conversation(9, 9)]))));

    assert_eq!(ana.chat().rev(), Rev(9), "it begins anew there");
    assert!(ana.chat().messages().next().is_none(), "what was held is of another history");
    assert!(ana.core.state().outgoing(CHAT).any(|unsent| unsent.client_id == client_id(1)));
}

#[test]
fn a_server_that_knows_less_than_before_was_restored_whatever_it_says() {
    let mut ana = begun(1);
    restarts(&mut ana);
    ana.does(ready(of(1, snapshot(ANA, vec![conversation(6, 6)]))));
    assert_eq!((ana.chat().rev(), ana.chat().info().last_seq), (Rev(6), Seq(6)));
    ana.does(arrives(message(CHAT, BO, 7, 7)));
    assert_eq!(ana.chat().rev(), Rev(7), "and goes on from there");
}

#[test]
fn a_snapshot_that_an_answer_has_overtaken_is_not_taken_for_a_restored_backup() {
    let mut ana = begun(1);
    ana.does(Input::SocketClosed { code: Some(CloseCode::Restarting.code()) });
    // It was read before number 9, which an answer to an earlier question brings meanwhile.
    let newer = Box::new(changes(9, vec![message(CHAT, BO, 9, 9)]));
    ana.does(Input::ChangesLoaded { conversation_id: CHAT, since: Rev(8), changes: newer });
    ana.waits(1_000);
    let effects = ana.does(ready(of(1, snapshot(ANA, vec![conversation(8, 8)]))));
    assert_eq!((ana.chat().rev(), ana.sees().len()), (Rev(9), 9), "nothing is forgotten");
    assert!(
        asks_for_snapshot(&effects).is_some() || asks_for_snapshot(&ana.waits(1_000)).is_some(),
        "it asks again"
    );
}

#[test]
fn the_same_epoch_and_none_change_nothing() {
    let mut ana = begun(1);
    for epoch in [Some(1), None] {
        restarts(&mut ana);
        let plain = snapshot(ANA, vec![conversation(8, 8)]);
        ana.does(ready(epoch.map_or(plain.clone(), |epoch| of(epoch, plain))));
        assert!(ana.chat().messages().next().is_some(), "{epoch:?}");
    }
}

#[test]
fn changes_of_another_epoch_are_not_taken_for_the_next_ones() {
    let mut ana = begun(1);
    let mut other = changes(9, vec![message(CHAT, BO, 9, 9)]);
    other.epoch = Some(Epoch(Uuid::from_u128(2)));
    let changes = Box::new(other);
    let effects = ana.does(Input::ChangesLoaded { conversation_id: CHAT, since: Rev(8), changes });
    assert_eq!(ana.chat().rev(), Rev(8));
    let ticket = asks_for_snapshot(&effects).expect("it asks for the snapshot");
    let fresh = Box::new(of(2, snapshot(ANA, vec![conversation(3, 3)])));
    ana.does(Input::SnapshotLoaded { ticket, snapshot: fresh });
    assert_eq!(ana.chat().rev(), Rev(3));
}
