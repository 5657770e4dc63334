//! Sockets while much is happening: nothing falls between the snapshot and the events, and nobody slows the others.

use crate::app::TestApp;
use crate::person::Person;
use crate::socket::{SOON, TestSocket};
use std::time::Duration;
use tokio::task::JoinHandle;
use umbrachat_client::{Received, Socket};
use umbrachat_protocol::{CloseCode, ConversationId, Message, ServerEvent, limits};
use umbrachat_testing::databases;

/// Enough to fill the queue of a socket and every buffer on the way to it.
const TOO_MUCH: usize = 6_000;

databases! {
    async fn a_socket_that_connects_during_a_flood_misses_nothing_and_sees_nothing_twice(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let flood = flood(&ana, chat, 1_500).await;
        let mut late = Vec::new();
        while !flood.is_finished() && late.len() < 40 {
            late.push(bo.connects().await);
        }
        let last = flood.await.unwrap();
        assert!(late.len() > 3, "the flood was over too soon to tell anything");

        for socket in &mut late {
            follows_without_a_gap(socket, chat, &last).await;
        }
    }

    async fn after_a_break_changes_and_the_new_socket_make_everything_whole(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let mut seen: Vec<Message> = Vec::new();
        let mut socket = bo.connects().await;
        let mut rev = socket.ready.snapshot.conversations[0].rev;
        let flood = flood(&ana, chat, 600).await;

        for _ in 0..4 {
            for _ in 0..20 {
                let message = socket.next_message().await;
                rev = message.rev;
                seen.push(message);
            }
            drop(socket);
            socket = bo.connects().await;
            let snapshot = socket.ready.snapshot.conversations[0].rev;
            while rev < snapshot {
                let changes = bo.client.changes(chat, rev, Some(50)).await.unwrap();
                rev = changes.rev;
                seen.extend(changes.messages);
            }
            // Changes may have got further than the snapshot: what is known already comes again as events.
            while seen.len() < 600 {
                let message = socket.next_message().await;
                if message.rev > rev {
                    rev = message.rev;
                    seen.push(message);
                    break;
                }
            }
            if seen.len() == 600 {
                break;
            }
        }
        while seen.len() < 600 {
            let message = socket.next_message().await;
            rev = message.rev;
            seen.push(message);
        }

        flood.await.unwrap();
        assert_eq!(rev, bo.sees(chat).await.rev);
        assert!(seen.iter().map(|message| message.seq.0).eq(1..=600), "each once, in order");
    }

    async fn who_does_not_read_is_let_go_and_holds_up_nobody(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let mut deaf = bo.client.socket().await.unwrap();
        let mut attentive = bo.connects().await;
        let flood = flood_of(&ana, chat, TOO_MUCH, &"x".repeat(4_000)).await;

        let mut heard = 0;
        while heard < TOO_MUCH {
            attentive.next_message().await;
            heard += 1;
        }
        flood.await.unwrap();

        assert!(is_over_before(&mut deaf, TOO_MUCH).await, "a socket that nobody read got everything");
    }
}

/// Sends messages as fast as one socket takes them; gives the last.
async fn flood(author: &Person, chat: ConversationId, count: usize) -> JoinHandle<Message> {
    flood_of(author, chat, count, "").await
}

async fn flood_of(author: &Person, chat: ConversationId, count: usize, padding: &str) -> JoinHandle<Message> {
    let mut socket = author.connects().await;
    let (author, padding) = (author.clone(), padding.to_owned());
    tokio::spawn(async move {
        let mut last = None;
        for round in 0..count / 50 {
            for number in 0..50 {
                last = Some(socket.begins_to_send(chat, &format!("{} {padding}", round * 50 + number)).await);
            }
            // Each message comes back as an event and as an acknowledgement, and has to be read.
            socket.next_sent(last.unwrap()).await;
            socket.forgets_what_came();
        }
        let newest = author.sees(chat).await.last_message.unwrap();
        assert_eq!(Some(newest.client_id), last);
        newest
    })
}

/// Reads events up to the last message: every change after the snapshot comes once, in the order of revs.
async fn follows_without_a_gap(socket: &mut TestSocket, chat: ConversationId, last: &Message) {
    let conversation = socket.ready.snapshot.conversations.iter().find(|known| known.id == chat).unwrap();
    let mut rev = conversation.rev;
    while rev < last.rev {
        let message = socket.next_message().await;
        assert_eq!(message.rev, rev.next());
        rev = message.rev;
    }
    socket.expects_nothing().await;
}

/// Whether a socket ends before it has brought that many messages, by a close frame or by being cut.
async fn is_over_before(socket: &mut Socket, messages: usize) -> bool {
    let mut count = 0;
    loop {
        match socket.receive_within(SOON.max(Duration::from_secs(u64::from(limits::HEARTBEAT_SECONDS)))).await
        {
            Ok(Received::Event(ServerEvent::Message { .. })) => count += 1,
            Ok(Received::Event(_)) => {}
            Ok(Received::Closed(code)) => {
                assert!(code.is_none() || code == Some(CloseCode::SlowConsumer.code()), "{code:?}");
                return count < messages;
            }
            Err(_) => return false,
        }
    }
}
