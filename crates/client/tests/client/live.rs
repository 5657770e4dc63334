//! A connection that keeps itself up to date.

use crate::scripted::{Answer, Call, PATIENCE, Server, ServerSocket, chat, code, refreshed, snapshot};
use tokio::time::timeout;
use umbrachat_client::core::{CatchUp, Change, Config, Connection};
use umbrachat_client::protocol::{Changes, CloseCode, ErrorCode, Member, MessagePage, Rev, Seq, ServerEvent};
use umbrachat_client::{Error, Live, Update};

/// Knows nothing newer than the snapshot.
fn nothing_new(call: &Call) -> Answer {
    let line = call.line.as_str();
    match line {
        "POST /api/v1/auth/refresh" => refreshed(call),
        "GET /api/v1/snapshot" => Answer::json(200, &snapshot()),
        _ if line.contains("/messages") => Answer::json(200, &MessagePage::default()),
        _ if line.contains("/members") => Answer::json(200, &Vec::<Member>::new()),
        _ if line.contains("/changes") => Answer::json(
            200,
            &Changes {
                rev: Rev(1),
                has_more: false,
                conversation: None,
                members: Vec::new(),
                messages: Vec::new(),
                receipts: Vec::new(),
                epoch: None,
            },
        ),
        other => panic!("nobody asks for {other}"),
    }
}

/// Waits for nothing that takes long, so that no test does.
fn quick() -> Config {
    Config {
        catch_up: CatchUp::All,
        retry_first: 1,
        retry_cap: 20,
        restart_spread: 1,
        ..Config::with_seed(1)
    }
}

async fn online() -> (Server, Live, ServerSocket) {
    let mut server = Server::start(nothing_new).await;
    let live = server.ana().await.live_with(quick());
    let mut socket = server.socket().await;
    socket.is_ready().await;
    until(&live, Connection::Online).await;
    (server, live, socket)
}

async fn until(live: &Live, expected: Connection) {
    let reached = live.wait_until(|state| (state.connection == expected).then_some(()));
    timeout(PATIENCE, reached).await.expect("the connection gets there").unwrap();
}

#[tokio::test]
async fn what_is_written_shows_at_once_and_is_sent() {
    let (_server, live, mut socket) = online().await;
    let client_id = live.send(chat(), "good night");
    assert_eq!(live.state(|state| state.timeline(chat()).count()), 1);

    let command = socket.hears_message().await;
    assert_eq!((command.client_id, command.body.as_str()), (client_id, "good night"));
    socket.acknowledges(&command, 1).await;
    assert_eq!(live.sent(client_id).await.unwrap(), Seq(1));
    assert_eq!(live.sent(client_id).await.unwrap(), Seq(1), "also for those who ask late");
    assert!(live.unsent().is_empty());
}

#[tokio::test]
async fn a_message_that_is_refused_says_why() {
    let (_server, live, mut socket) = online().await;
    let client_id = live.send(chat(), "good night");
    let reference = socket.hears_message().await.reference;
    let refusal = ServerEvent::Error { reference, code: ErrorCode::NotFriends, detail: "no".into() };
    socket.says(&refusal).await;
    assert_eq!(code(live.sent(client_id).await), ErrorCode::NotFriends);

    live.retry(client_id);
    let command = socket.hears_message().await;
    assert_eq!(command.client_id, client_id);
    live.discard(client_id);
    assert!(matches!(live.sent(client_id).await, Err(Error::Discarded)));
}

#[tokio::test]
async fn a_lost_connection_comes_back_and_sends_what_was_not_acknowledged() {
    let (mut server, live, mut socket) = online().await;
    let client_id = live.send(chat(), "good night");
    assert_eq!(socket.hears_message().await.client_id, client_id);
    drop(socket);

    let mut again = server.socket().await;
    again.is_ready().await;
    let command = again.hears_message().await;
    assert_eq!(command.client_id, client_id, "the same name: the server knows it if it has it");
    again.acknowledges(&command, 1).await;
    assert_eq!(live.sent(client_id).await.unwrap(), Seq(1));
}

#[tokio::test]
async fn an_ended_token_is_refreshed_for_the_next_socket() {
    let (mut server, live, mut socket) = online().await;
    assert_eq!(socket.token, "access-1");
    socket.closes(CloseCode::Unauthenticated).await;
    let mut again = server.socket().await;
    assert_eq!(again.token, "access-2");
    again.is_ready().await;
    until(&live, Connection::Online).await;
}

#[tokio::test]
async fn an_ended_session_is_not_knocked_at_again() {
    let (_server, live, mut socket) = online().await;
    socket.closes(CloseCode::SessionEnded).await;
    until(&live, Connection::SignedOut).await;
}

#[tokio::test]
async fn a_session_that_cannot_be_refreshed_has_ended() {
    let mut server = Server::start(|_| Answer::problem(ErrorCode::RefreshExpired)).await;
    let live = server.ana().await.live_with(quick());
    let mut socket = server.socket().await;
    socket.closes(CloseCode::Unauthenticated).await;
    until(&live, Connection::SignedOut).await;
}

#[tokio::test]
async fn changes_come_by_from_the_very_start() {
    let (_server, live, mut socket) = online().await;
    let mut updates = live.updates();
    assert_eq!(updates.next().await, Some(Update::Changed(Change::Connection)));

    live.send(chat(), "good night");
    let command = socket.hears_message().await;
    socket.acknowledges(&command, 1).await;
    let new = async {
        loop {
            match updates.next().await.expect("it is not stopped") {
                Update::Changed(Change::Message { message, is_new: true }) => return message.body,
                Update::Changed(_) => {}
                Update::Missed(count) => panic!("{count} missed"),
            }
        }
    };
    assert_eq!(timeout(PATIENCE, new).await.unwrap(), "good night");
}

#[tokio::test]
async fn a_reader_that_falls_behind_is_told_how_far() {
    let (_server, live, _socket) = online().await;
    let mut updates = live.updates();
    for number in 0..5_000 {
        live.send(chat(), format!("message {number}"));
    }
    let Some(Update::Missed(count)) = updates.next().await else { panic!("it missed something") };
    assert!(count >= 900, "missed {count}");
    assert_eq!(live.state(|state| state.timeline(chat()).count()), 5_000, "the state has them all");
}

#[tokio::test]
async fn history_and_members_load_on_demand() {
    let (_server, live, _socket) = online().await;
    live.load(chat());
    live.load_members(chat());
    let loaded = live.wait_until(|state| {
        let chat = state.conversation(chat())?;
        (chat.history().loaded_from.is_some() && chat.members().is_some()).then_some(())
    });
    timeout(PATIENCE, loaded).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_resync_fetches_the_snapshot() {
    let (server, live, mut socket) = online().await;
    socket.says(&ServerEvent::ConversationRemoved { conversation_id: chat() }).await;
    let gone = live.wait_until(|state| state.conversation(chat()).is_none().then_some(()));
    timeout(PATIENCE, gone).await.unwrap().unwrap();
    socket.says(&ServerEvent::Resync {}).await;
    let back = live.wait_until(|state| state.conversation(chat()).map(drop));
    timeout(PATIENCE, back).await.unwrap().unwrap();
    assert_eq!(server.count("GET /api/v1/snapshot"), 1);
}

#[tokio::test]
async fn stopping_says_goodbye_and_ends_every_wait() {
    let (_server, live, mut socket) = online().await;
    let client_id = live.send(chat(), "good night");
    let mut updates = live.updates();
    let waiting = tokio::spawn({
        let live = live.clone();
        async move { live.sent(client_id).await }
    });
    socket.hears_message().await;
    timeout(PATIENCE, async { tokio::join!(live.stop(), socket.hears_text()) }).await.unwrap();

    assert!(matches!(waiting.await.unwrap(), Err(Error::Stopped)));
    assert!(matches!(live.sent(client_id).await, Err(Error::Stopped)));
    assert!(matches!(live.wait_until(|_| None::<()>).await, Err(Error::Stopped)));
    while updates.next().await.is_some() {}
    assert_eq!(live.unsent().len(), 1, "what was not sent can be kept");

    let mut server = Server::start(nothing_new).await;
    let next_life = server.ana().await.live_with(quick());
    next_life.restore(live.unsent());
    let mut socket = server.socket().await;
    socket.is_ready().await;
    assert_eq!(socket.hears_message().await.client_id, client_id);
}
