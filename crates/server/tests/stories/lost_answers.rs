//! A transaction commits, and its answer is lost: nobody can know what came of it until the database is back. Then
//! everybody is told all the same.

use crate::app::TestApp;
use crate::socket::TestSocket;
use umbrachat_client::Error;
use umbrachat_protocol::{CloseCode, ErrorCode, Message, ServerEvent};
use umbrachat_testing::TestDatabase;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ended_unheard_loses_its_socket() {
    let (database, network) = TestDatabase::postgres_behind_a_lossy_network().await;
    let app = TestApp::on(database).await;
    let ana = app.person("ana").await;
    let mut socket = ana.connects().await;

    network.loses_the_next_commit();
    assert_overloaded(ana.client.sign_out().await);
    network.recovers();

    assert_eq!(socket.close_code().await, Some(CloseCode::SessionEnded.code()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_was_committed_unheard_reaches_the_other() {
    let (database, network) = TestDatabase::postgres_behind_a_lossy_network().await;
    let app = TestApp::on(database).await;
    let (ana, bo, chat) = app.chat().await;
    let mut socket = bo.connects().await;

    network.loses_the_next_commit();
    assert_overloaded(ana.client.write(chat, "are you there?").await);
    network.recovers();

    assert_eq!(next_message(&mut socket).await.body, "are you there?");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_that_was_committed_unheard_reaches_the_other() {
    let (database, network) = TestDatabase::postgres_behind_a_lossy_network().await;
    let app = TestApp::on(database).await;
    let (ana, bo, chat) = app.chat().await;
    let said = ana.sends(chat, "oh no").await;
    let mut socket = bo.connects().await;

    network.loses_the_next_commit();
    assert_overloaded(ana.client.delete_message(chat, said.seq).await);
    network.recovers();

    assert!(next_message(&mut socket).await.deleted_at.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_friendship_that_ended_unheard_sends_both_to_their_snapshots() {
    let (database, network) = TestDatabase::postgres_behind_a_lossy_network().await;
    let app = TestApp::on(database).await;
    let [ana, bob] = app.friends(["ana", "bob"]).await;
    let mut socket = bob.connects().await;

    network.loses_the_next_commit();
    assert_overloaded(ana.client.unfriend(bob.id()).await);
    network.recovers();

    while socket.next_event().await != (ServerEvent::Resync {}) {}
    assert!(bob.snapshot().await.friends.is_empty());
}

/// The next message; that everybody is asked to look at their snapshot comes before or after it.
async fn next_message(socket: &mut TestSocket) -> Message {
    loop {
        match socket.next_event().await {
            ServerEvent::Message { message } => return message,
            ServerEvent::Resync {} => {}
            other => panic!("neither a message nor a resync: {other:?}"),
        }
    }
}

fn assert_overloaded<T: std::fmt::Debug>(result: Result<T, Error>) {
    assert!(
        matches!(&result, Err(Error::Problem { problem, .. }) if problem.code == ErrorCode::Overloaded),
        "{result:?}"
    );
}
