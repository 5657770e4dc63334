//! The bare socket.

use crate::scripted::{Answer, PATIENCE, Server, code, signed_in};
use std::time::Duration;
use umbrachat_client::protocol::socket::Mark;
use umbrachat_client::protocol::{ClientCommand, CloseCode, ErrorCode, Seq, ServerEvent};
use umbrachat_client::{Client, Error, Received};

#[tokio::test]
async fn it_carries_the_token_and_speaks_the_protocol() {
    let mut server = Server::start(|_| Answer::nothing()).await;
    let mut socket = server.ana().await.socket().await.unwrap();
    let mut other_end = server.socket().await;
    assert_eq!(other_end.token, "access-1");

    other_end.says(&ServerEvent::Heartbeat {}).await;
    other_end.is_ready().await;
    assert!(
        matches!(socket.next_event(PATIENCE).await, Ok(ServerEvent::Ready(_))),
        "heartbeats are passed over"
    );

    let mark = Mark { reference: None, conversation_id: crate::scripted::chat(), seq: Seq(7) };
    socket.send(&ClientCommand::MarkRead(mark)).await.unwrap();
    assert_eq!(
        other_end.hears_text().await.unwrap(),
        r#"{"type":"mark_read","conversation_id":"00000000-0000-0000-0000-000000000007","seq":7}"#
    );
    socket.send_text("no JSON").await.unwrap();
    assert_eq!(other_end.hears_text().await.unwrap(), "no JSON");
}

#[tokio::test]
async fn the_first_frame_can_authenticate() {
    let mut server = Server::start(|_| Answer::nothing()).await;
    let ana = server.ana().await;
    let mut socket = ana.unauthenticated_socket().await.unwrap();
    let mut other_end = server.socket().await;
    assert_eq!(other_end.token, "");
    socket.authenticate("access-1").await.unwrap();
    assert_eq!(other_end.hears_text().await.unwrap(), r#"{"type":"authenticate","access_token":"access-1"}"#);
}

#[tokio::test]
async fn it_tells_why_it_was_closed() {
    let mut server = Server::start(|_| Answer::nothing()).await;
    let mut socket = server.ana().await.socket().await.unwrap();
    let mut other_end = server.socket().await;
    other_end.is_ready().await;
    other_end.closes(CloseCode::SlowConsumer).await;
    assert_eq!(socket.close_code(PATIENCE).await.unwrap(), Some(4413));
    assert_eq!(socket.receive().await.unwrap(), Received::Closed(Some(4413)), "and stays closed");
    assert!(matches!(socket.next_event(PATIENCE).await, Err(Error::Stopped)));
}

#[tokio::test]
async fn a_connection_that_breaks_has_no_code() {
    let mut server = Server::start(|_| Answer::nothing()).await;
    let mut socket = server.ana().await.socket().await.unwrap();
    drop(server.socket().await);
    assert_eq!(socket.close_code(PATIENCE).await.unwrap(), None);
}

#[tokio::test]
async fn a_refused_handshake_is_a_problem() {
    let server = Server::start(|_| {
        let mut refused = signed_in(2, 600);
        refused.access_token = "refused".into();
        Answer::json(200, &refused)
    })
    .await;
    let ana = Client::resume(&server.url, "kept").await.unwrap();
    assert_eq!(code(ana.socket().await), ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_failed_socket() {
    let nowhere = Client::builder("http://127.0.0.1:1").anonymous().unwrap();
    assert!(matches!(nowhere.unauthenticated_socket().await, Err(Error::Socket(_))));
}

#[tokio::test]
async fn waiting_ends() {
    let mut server = Server::start(|_| Answer::nothing()).await;
    let mut socket = server.ana().await.socket().await.unwrap();
    let _other_end = server.socket().await;
    assert!(matches!(socket.next_event(Duration::from_millis(10)).await, Err(Error::TimedOut)));
}

#[tokio::test]
async fn an_event_of_a_newer_server_is_no_reason_to_give_up() {
    let mut server = Server::start(|_| Answer::nothing()).await;
    let mut socket = server.ana().await.socket().await.unwrap();
    let mut other_end = server.socket().await;
    other_end.says_text(r#"{"type":"aurora","seen":true}"#.into()).await;
    assert_eq!(socket.next_event(PATIENCE).await.unwrap(), ServerEvent::Unknown);
}
