//! Staying connected.

use crate::device::{ANA, BO, CHAT, Device, connects, direct, ready, snapshot};
use umbrachat_client_core::{Change, Config, ConnectFailure, Connection, Effect, Input, Millis};
use umbrachat_protocol::{CloseCode, ServerEvent};

fn closes(code: CloseCode) -> Input {
    Input::SocketClosed { code: Some(code.code()) }
}

fn connection(device: &Device) -> Connection {
    device.core.state().connection
}

/// Milliseconds until it connects.
fn patience(device: &mut Device) -> u64 {
    let before = device.now;
    let at = device.core.next_deadline().expect("it wants to connect");
    device.now = at;
    assert!(connects(&device.does(Input::Tick)).is_some());
    at.since(before)
}

#[test]
fn it_connects_and_shows_what_ready_brings() {
    let mut ana = Device::new();
    assert_eq!(connection(&ana), Connection::Offline);

    assert_eq!(connects(&ana.does(Input::Start)), Some(false));
    assert_eq!(connection(&ana), Connection::Connecting);

    let effects = ana.does(ready(snapshot(ANA, vec![direct(CHAT, BO, 3, 2)])));
    assert!(effects.contains(&Effect::Changed(Change::Connection)));
    assert!(effects.contains(&Effect::Changed(Change::Conversations)));
    assert_eq!(connection(&ana), Connection::Online);
    assert_eq!(ana.core.state().my_id(), Some(ANA));
    assert_eq!(ana.core.state().conversations().len(), 1);
}

#[test]
fn the_first_retry_is_quick_and_the_waits_grow_to_a_cap() {
    let mut longest = [0; 12];
    for seed in 0..200 {
        let mut ana = Device::with(Config::with_seed(seed));
        ana.does(Input::Start);
        for wait in &mut longest {
            ana.does(Input::ConnectFailed(ConnectFailure::Unreachable));
            *wait = patience(&mut ana).max(*wait);
        }
    }
    for (wait, ceiling) in
        longest.iter().zip([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000, 15_000])
    {
        assert!(*wait <= ceiling && *wait > ceiling * 9 / 10, "{wait} of {ceiling}");
    }
}

#[test]
fn a_lost_connection_shows_since_when_and_comes_back() {
    let mut ana = Device::online(vec![]);
    ana.hears_heartbeats(10);
    let lost_at = ana.now;
    ana.does(Input::SocketClosed { code: None });
    assert_eq!(connection(&ana), Connection::Reconnecting { since: lost_at });
    assert!(patience(&mut ana) <= 500);
    ana.does(Input::ConnectFailed(ConnectFailure::Unreachable));
    patience(&mut ana);
    assert_eq!(connection(&ana), Connection::Reconnecting { since: lost_at });
    ana.does(ready(snapshot(ANA, vec![])));
    assert_eq!(connection(&ana), Connection::Online);
}

#[test]
fn a_connection_that_breaks_at_once_again_and_again_is_not_hammered() {
    let mut total = 0;
    let mut ana = Device::online(vec![]);
    for _ in 0..40 {
        ana.does(Input::SocketClosed { code: None });
        total += patience(&mut ana);
        ana.does(ready(snapshot(ANA, vec![])));
    }
    assert!(total > 60_000, "40 connections within {total} ms");
}

#[test]
fn two_missed_heartbeats_end_a_connection_that_looks_alive() {
    let mut ana = Device::online(vec![]);
    ana.hears_heartbeats(60);
    assert_eq!(connection(&ana), Connection::Online);

    let silent_for_two = ana.waits(40_000);
    assert!(!silent_for_two.contains(&Effect::Disconnect));
    let after = ana.waits(10_000);
    assert!(after.contains(&Effect::Disconnect));
    assert!(connects(&ana.waits(500)).or(connects(&after)).is_some());
}

#[test]
fn any_event_counts_as_a_heartbeat() {
    let mut ana = Device::online(vec![]);
    for _ in 0..10 {
        assert!(!ana.waits(30_000).contains(&Effect::Disconnect));
        ana.does(Input::Event(ServerEvent::Unknown));
    }
}

#[test]
fn a_device_that_slept_reconnects_as_soon_as_it_wakes() {
    let mut ana = Device::online(vec![]);
    ana.now = Millis(ana.now.0 + 8 * 3_600_000);
    assert!(ana.does(Input::Tick).contains(&Effect::Disconnect));
    assert!(patience(&mut ana) <= 500);
}

#[test]
fn connecting_does_not_take_for_ever() {
    let mut ana = Device::new();
    ana.does(Input::Start);
    assert!(ana.waits(15_000).contains(&Effect::Disconnect));
    assert!(patience(&mut ana) <= 500);
}

#[test]
fn after_a_restart_of_the_server_clients_come_back_spread() {
    let mut waits: Vec<u64> = (0..100)
        .map(|seed| {
            let mut ana = Device::with(Config::with_seed(seed));
            ana.does(Input::Start);
            ana.does(ready(snapshot(ANA, vec![])));
            ana.does(closes(CloseCode::Restarting));
            patience(&mut ana)
        })
        .collect();
    waits.sort_unstable();
    assert!(waits[99] <= 500, "nobody waits long");
    assert!(waits[99] - waits[0] > 400, "they do not come all at once");
}

#[test]
fn an_ended_token_is_refreshed_and_the_connection_resumed_at_once() {
    let mut ana = Device::online(vec![]);
    assert_eq!(connects(&ana.does(closes(CloseCode::Unauthenticated))), Some(true));
    // Until a fresh one is accepted, each further try asks for it, and not at once.
    assert_eq!(connects(&ana.does(closes(CloseCode::Unauthenticated))), None);
    assert_eq!(connects(&ana.waits(1_000)), Some(true));
    ana.does(ready(snapshot(ANA, vec![])));
    ana.hears_heartbeats(6);
    ana.does(Input::SocketClosed { code: None });
    assert_eq!(connects(&ana.waits(500)), Some(false));
}

#[test]
fn a_refused_handshake_refreshes_the_token_too() {
    let mut ana = Device::new();
    ana.does(Input::Start);
    assert_eq!(connects(&ana.does(Input::ConnectFailed(ConnectFailure::TokenRefused))), Some(true));
}

#[test]
fn an_ended_session_signs_out_for_good() {
    let mut ana = Device::online(vec![]);
    assert!(ana.does(closes(CloseCode::SessionEnded)).contains(&Effect::SignedOut));
    assert_eq!(connection(&ana), Connection::SignedOut);
    assert_eq!(ana.waits(3_600_000), vec![]);
    assert_eq!(ana.does(Input::NetworkChanged { online: true }), vec![]);

    assert_eq!(connects(&ana.does(Input::Start)), Some(false), "until somebody signs in again");
}

#[test]
fn a_refresh_that_is_refused_for_good_signs_out() {
    let mut ana = Device::new();
    ana.does(Input::Start);
    let effects = ana.does(Input::ConnectFailed(ConnectFailure::SessionEnded));
    assert!(effects.contains(&Effect::SignedOut));
}

#[test]
fn who_read_too_slowly_comes_back_at_once_but_not_in_a_loop() {
    let mut ana = Device::online(vec![]);
    ana.hears_heartbeats(10);
    assert_eq!(connects(&ana.does(closes(CloseCode::SlowConsumer))), Some(false));
    ana.does(ready(snapshot(ANA, vec![])));
    assert_eq!(connects(&ana.does(closes(CloseCode::SlowConsumer))), None);
}

#[test]
fn who_was_one_too_many_waits_longer() {
    let mut ana = Device::online(vec![]);
    ana.does(closes(CloseCode::TooMany));
    assert!((10_000..=20_000).contains(&patience(&mut ana)));
}

#[test]
fn a_network_that_comes_back_is_used_at_once() {
    let mut ana = Device::online(vec![]);
    assert!(ana.does(Input::NetworkChanged { online: false }).contains(&Effect::Disconnect));
    assert_eq!(connection(&ana), Connection::Offline);
    assert_eq!(ana.waits(3_600_000), vec![], "nothing is tried without a network");
    assert_eq!(connects(&ana.does(Input::NetworkChanged { online: true })), Some(false));

    ana.does(Input::ConnectFailed(ConnectFailure::Unreachable));
    assert_eq!(connects(&ana.does(Input::NetworkChanged { online: true })), Some(false), "nor is waited for");
}

#[test]
fn stop_means_stop() {
    let mut ana = Device::online(vec![direct(CHAT, BO, 1, 1)]);
    assert!(ana.does(Input::Stop).contains(&Effect::Disconnect));
    assert_eq!(connection(&ana), Connection::Offline);
    assert_eq!(ana.waits(3_600_000), vec![]);
    assert_eq!(ana.core.state().conversations().len(), 1, "what is known is kept");
}

#[test]
fn the_token_is_renewed_before_it_ends() {
    let mut ana = Device::online(vec![]);
    ana.does(Input::TokenExpires { at: ana.now.plus(200_000) });
    ana.hears_heartbeats(139);
    assert!(!ana.waits(900).contains(&Effect::RenewToken));
    assert_eq!(ana.waits(200), vec![Effect::RenewToken]);
    ana.does(Input::TokenExpires { at: ana.now.plus(4_000) });
    assert_eq!(ana.waits(2_000), vec![Effect::RenewToken], "a short-lived one half-way");
}

#[test]
fn nothing_is_ever_due_in_the_past() {
    // `Device::does` checks it at every step; here the clock starts where a careless subtraction would wrap.
    let mut ana = Device::with(Config { gap_wait: 0, mark_delay: 0, ..Config::with_seed(0) });
    ana.now = Millis(0);
    ana.does(Input::Start);
    ana.does(ready(snapshot(ANA, vec![direct(CHAT, BO, 3, 2)])));
    ana.does(Input::TokenExpires { at: Millis(0) });
    ana.waits(1);
}
