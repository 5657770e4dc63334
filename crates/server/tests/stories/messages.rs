//! Messages: who gets them, in which order, how often, and what can still be done to them.

use crate::answer::refusal;
use crate::app::TestApp;
use crate::socket::text;
use umbrachat_protocol::{ClientId, ConversationId, ErrorCode, Message, NewMessage, Rev, Seq, ServerEvent};
use umbrachat_testing::databases;
use uuid::Uuid;

databases! {
    async fn a_message_reaches_both_and_nobody_else(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, eve] = app.friends(["ana", "bob", "eve"]).await;
        let chat = ana.opens_chat_with(&bo).await;
        let mut sockets = [ana.connects().await, bo.connects().await];
        let mut eves = eve.connects().await;

        let sent = ana.sends(chat, "hello").await;

        for socket in &mut sockets {
            assert_eq!(socket.next_message().await, sent);
            socket.expects_nothing().await;
        }
        eves.expects_nothing().await;
    }

    async fn a_message_by_socket_is_the_same_as_one_by_rest(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let (mut anas, mut bos) = (ana.connects().await, bo.connects().await);

        let sent = anas.sends(chat, "by socket").await;
        let message = bos.next_message().await;

        assert_eq!((message.seq, message.rev, message.created_at), (sent.seq, sent.rev, sent.created_at));
        assert_eq!((message.author_id, message.body.as_str()), (Some(ana.id()), "by socket"));
        assert_eq!(ana.reads_history(chat).await, std::slice::from_ref(&message));
        assert_eq!(anas.next_message().await, message);
    }

    async fn a_retried_message_is_answered_with_the_first_however_it_comes(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let (mut anas, mut bos) = (ana.connects().await, bo.connects().await);
        let client_id = ClientId(Uuid::now_v7());

        anas.commands(&text(chat, client_id, "once")).await;
        let first = anas.next_sent(client_id).await;
        anas.sends(chat, "something else").await;
        anas.commands(&text(chat, client_id, "once")).await;
        let again = anas.next_sent(client_id).await;
        let by_rest = ana.client.post_message(chat, &new_message(client_id, "once")).await.unwrap();

        assert_eq!((again.seq, again.rev, again.created_at), (first.seq, first.rev, first.created_at));
        assert_eq!((by_rest.seq, by_rest.rev), (first.seq, first.rev));
        assert_eq!(bos.next_message().await.body, "once");
        assert_eq!(bos.next_message().await.body, "something else");
        bos.expects_nothing().await;
        assert_eq!(ana.reads_history(chat).await.len(), 2);
    }

    async fn two_people_may_choose_the_same_client_id(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let message = new_message(ClientId(Uuid::now_v7()), "jinx");

        let anas = ana.client.post_message(chat, &message).await.unwrap();
        let bos = bo.client.post_message(chat, &message).await.unwrap();

        assert_eq!((anas.seq, bos.seq), (Seq(1), Seq(2)));
    }

    async fn what_one_socket_sends_in_a_row_keeps_its_order(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let (mut anas, mut bos) = (ana.connects().await, bo.connects().await);
        let bodies: Vec<String> = (1..=200).map(|number| format!("star {number}")).collect();

        for body in &bodies {
            anas.begins_to_send(chat, body).await;
        }

        for (seq, body) in (1..).zip(&bodies) {
            let message = bos.next_message().await;
            assert_eq!((message.seq, &message.body), (Seq(seq), body));
        }
        bos.expects_nothing().await;
        let history: Vec<String> = bo.reads_history(chat).await.into_iter().map(|message| message.body).collect();
        assert_eq!(history, bodies);
    }

    async fn every_socket_of_a_person_gets_everything_exactly_once(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let tablet = bo.on_another_device().await;
        let mut sockets = [bo.connects().await, bo.connects().await, tablet.connects().await];
        let mut expected = Vec::new();

        for number in 0..10 {
            expected.push(ana.sends(chat, &format!("to you {number}")).await);
            expected.push(tablet.sends(chat, &format!("from you {number}")).await);
        }

        for socket in &mut sockets {
            assert_eq!(messages(socket.events_so_far().await), expected);
        }
    }

    async fn a_deleted_message_leaves_a_tombstone(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        ana.sends(chat, "before").await;
        let regretted = ana.sends(chat, "oh no").await;
        ana.sends(chat, "after").await;
        let mut bos = bo.connects().await;

        assert_eq!(refusal(bo.client.delete_message(chat, regretted.seq).await), ErrorCode::Forbidden);
        let tombstone = ana.deletes(&regretted).await;

        assert!(tombstone.body.is_empty() && tombstone.deleted_at.is_some());
        assert_eq!((tombstone.seq, tombstone.rev > regretted.rev), (regretted.seq, true));
        assert_eq!(bos.next_message().await, tombstone);
        assert_eq!(ana.deletes(&regretted).await, tombstone, "the second time changes nothing");
        bos.expects_nothing().await;
        let history = bo.reads_history(chat).await;
        assert_eq!((history.len(), &history[1]), (3, &tombstone));
        assert_eq!(bo.sees(chat).await.unread, 3, "a tombstone counts");
    }

    async fn only_its_author_changes_what_a_message_says(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let message = ana.sends(chat, "helo").await;
        let mut bos = bo.connects().await;

        let edited = ana.edits(&message, "hello").await;

        assert_eq!((edited.body.as_str(), edited.edited_at.is_some()), ("hello", true));
        assert_eq!(bos.next_message().await, edited);
        let path = umbrachat_protocol::paths::message(chat, message.seq);
        let patch = serde_json::json!({"body": "I owe you money"});
        let refused = bo.call::<Message>("PATCH".parse().unwrap(), &path, Some(&patch)).await;
        assert_eq!(refusal(refused), ErrorCode::Forbidden);
        bos.expects_nothing().await;
    }

    async fn people_who_stopped_being_friends_can_read_but_not_write(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        ana.sends(chat, "hello").await;
        let mut anas = ana.connects().await;
        bo.unfriends(&ana).await;
        assert_eq!(anas.next_event().await, ServerEvent::FriendRemoved { user_id: bo.id() });

        assert_eq!(refusal(ana.client.write(chat, "why?").await), ErrorCode::NotFriends);
        anas.begins_to_send(chat, "why?").await;

        assert_eq!(anas.next_error().await, (None, ErrorCode::NotFriends));
        assert_eq!(ana.reads_history(chat).await.len(), 1);
        assert_eq!(bo.reads_history(chat).await.len(), 1);
    }

    async fn people_whose_names_join_to_the_same_word_do_not_read_each_other(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [tim, emily, time, mily] = app.friends(["tim", "emily", "time", "mily"]).await;
        let (one, other) = (tim.opens_chat_with(&emily).await, time.opens_chat_with(&mily).await);
        assert_ne!(one, other);
        let (mut times, mut milys) = (time.connects().await, mily.connects().await);

        tim.sends(one, "for emily alone").await;

        times.expects_nothing().await;
        milys.expects_nothing().await;
        assert!(time.reads_history(other).await.is_empty());
        for stranger in [&time, &mily] {
            assert_is_nowhere(stranger, one).await;
        }
    }

    async fn one_conversation_belongs_to_two_friends_whoever_opens_it(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let eve = app.person("eve").await;
        let mut bos = bo.connects().await;

        let (one, other) = tokio::join!(ana.opens_chat_with(&bo), bo.opens_chat_with(&ana));

        assert_eq!(one, other);
        match bos.next_event().await {
            ServerEvent::Conversation { conversation } => {
                assert_eq!((conversation.id, conversation.peer), (one, Some(ana.user.clone())));
            }
            event => panic!("{event:?}"),
        }
        bos.expects_nothing().await;
        assert_eq!(refusal(eve.client.direct(ana.id()).await), ErrorCode::NotFriends);
        assert_is_nowhere(&eve, one).await;
    }

    async fn changes_tell_everything_that_was_missed(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        ana.sends(chat, "seen").await;
        let since = bo.connects().await.ready.snapshot.conversations[0].rev;

        let missed = ana.sends(chat, "missed").await;
        let edited = ana.edits(&missed, "missed, and edited").await;
        bo.marks(chat, Some(1), Some(1)).await;

        let changes = bo.catches_up(chat, since).await;
        assert_eq!((changes.rev, &changes.messages[..]), (edited.rev, &[edited.clone()][..]));
        assert_eq!(changes.receipts.len(), 2);
        let nothing = bo.catches_up(chat, changes.rev).await;
        assert_eq!((nothing.rev, nothing.messages.len(), nothing.members.len()), (changes.rev, 0, 0));
        assert_eq!(bo.catches_up(chat, Rev::ZERO).await.messages.len(), 2);
    }
}

/// A conversation of others looks as one that does not exist.
async fn assert_is_nowhere(stranger: &crate::person::Person, chat: ConversationId) {
    let client = &stranger.client;
    assert_eq!(refusal(client.conversation(chat).await), ErrorCode::NotFound);
    assert_eq!(refusal(client.messages(chat, umbrachat_client::Page::default()).await), ErrorCode::NotFound);
    assert_eq!(refusal(client.members(chat).await), ErrorCode::NotFound);
    assert_eq!(refusal(client.changes(chat, Rev::ZERO, None).await), ErrorCode::NotFound);
    assert_eq!(refusal(client.write(chat, "boo").await), ErrorCode::NotFound);
    assert_eq!(refusal(client.delete_message(chat, Seq(1)).await), ErrorCode::NotFound);
    let marks = umbrachat_protocol::UpdateReceipts { delivered_seq: Some(Seq(1)), read_seq: None };
    assert_eq!(refusal(client.update_receipts(chat, marks).await), ErrorCode::NotFound);
}

fn new_message(client_id: ClientId, body: &str) -> NewMessage {
    NewMessage { client_id, body: body.to_owned(), reply_to: None, mentions: Vec::new() }
}

fn messages(events: Vec<ServerEvent>) -> Vec<Message> {
    events
        .into_iter()
        .map(|event| match event {
            ServerEvent::Message { message } => message,
            other => panic!("{other:?}"),
        })
        .collect()
}
