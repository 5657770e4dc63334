//! The socket: how it begins, what it takes, and how it ends.

use crate::answer::refusal;
use crate::app::TestApp;
use crate::socket::{SOON, TestSocket};
use serde_json::json;
use umbrachat_client::Received;
use umbrachat_client::protocol::socket::Authenticate;
use umbrachat_protocol::{ClientCommand, CloseCode, ErrorCode, Reference, ServerEvent, limits};
use umbrachat_testing::databases;

databases! {
    async fn ready_carries_what_the_snapshot_says(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let cem = app.person("cem").await;
        cem.asks(&ana).await;
        ana.creates_group("stargazers", &[&bo]).await;
        bo.sends(chat, "hello").await;

        let socket = ana.connects().await;
        let mut ready = socket.ready.snapshot.clone();

        assert_eq!(socket.ready.heartbeat_seconds, limits::HEARTBEAT_SECONDS);
        let mut snapshot = ana.snapshot().await;
        // Who is here right now, only the socket knows for certain.
        ready.presence.clear();
        snapshot.presence.clear();
        assert_eq!(ready, snapshot);
        assert_eq!(ready.conversations.len(), 2);
    }

    async fn the_first_frame_authenticates_as_well_as_the_handshake(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;

        let mut bare = app.anonymous().unauthenticated_socket().await.unwrap();
        bare.authenticate(&ana.access_token().await).await.unwrap();
        let mut socket = TestSocket::begun(&ana, bare).await;

        assert_eq!(socket.ready.session_id, ana.connects().await.ready.session_id);
        let message = bo.sends(chat, "hello").await;
        assert_eq!(socket.next_message().await, message);
    }

    async fn before_authentication_there_are_no_commands_and_no_events(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let mut bare = app.anonymous().unauthenticated_socket().await.unwrap();

        bare.send(&crate::socket::text(chat, umbrachat_protocol::ClientId(uuid::Uuid::now_v7()), "boo"))
            .await
            .unwrap();
        bare.send_text(json!({"type": "mark_read", "ref": "r", "conversation_id": chat, "seq": 1}).to_string())
            .await
            .unwrap();
        bo.sends(chat, "not for strangers").await;
        bare.send_text("?").await.unwrap();

        for (reference, code) in [
            (None, ErrorCode::Unauthenticated),
            (Some(Reference::Text("r".into())), ErrorCode::Unauthenticated),
            (None, ErrorCode::Malformed),
        ] {
            match bare.next_event(SOON).await.unwrap() {
                ServerEvent::Error { reference: given, code: said, .. } => {
                    assert_eq!((given, said), (reference, code));
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(ana.reads_history(chat).await.len(), 1);
    }

    async fn who_does_not_authenticate_in_time_is_let_go(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let mut bare = app.anonymous().unauthenticated_socket().await.unwrap();

        assert_eq!(bare.close_code(SOON).await.unwrap(), Some(CloseCode::AuthenticationTimeout.code()));
    }

    async fn a_first_frame_with_a_bad_token_closes(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        for token in ["", "nonsense", &ana.refresh_token()] {
            let mut bare = app.anonymous().unauthenticated_socket().await.unwrap();
            bare.authenticate(token).await.unwrap();
            match bare.next_event(SOON).await.unwrap() {
                ServerEvent::Error { code, .. } => assert_eq!(code, ErrorCode::Unauthenticated),
                other => panic!("{other:?}"),
            }
            assert_eq!(bare.close_code(SOON).await.unwrap(), Some(CloseCode::Unauthenticated.code()));
        }
    }

    async fn a_foreign_page_is_refused_at_the_handshake(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let bearer = format!("Bearer {}", ana.access_token().await);
        let (ours, evil) = (app.origin(), app.origin().replace("localhost", "localhost.evil.test"));
        for origin in ["https://evil.test", "null", "", &evil] {
            let headers = [("origin", origin), ("authorization", bearer.as_str())];
            let refused = app.anonymous().socket_with_headers(&headers).await;
            assert_eq!(refusal(refused), ErrorCode::Forbidden, "{origin}");
        }

        let headers = [("origin", ours.as_str()), ("authorization", bearer.as_str())];
        let socket = app.anonymous().socket_with_headers(&headers).await.unwrap();
        TestSocket::begun(&ana, socket).await.expects_nothing().await;
    }

    async fn a_frame_that_makes_no_sense_is_answered_and_forgiven(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, _, chat) = app.chat().await;
        let mut socket = ana.connects().await;
        let id = uuid::Uuid::now_v7();
        let seven = Some(Reference::Number(7));
        for (frame, expected) in [
            (String::new(), (None, ErrorCode::Malformed)),
            ("{".into(), (None, ErrorCode::Malformed)),
            ("[]".into(), (None, ErrorCode::Malformed)),
            ("null".into(), (None, ErrorCode::Malformed)),
            ("\"\\ud800\"".into(), (None, ErrorCode::Malformed)),
            (json!({"ref": 7}).to_string(), (seven.clone(), ErrorCode::Invalid)),
            (json!({"type": "dance", "ref": 7}).to_string(), (seven.clone(), ErrorCode::Invalid)),
            (json!({"type": ["send_message"], "ref": 7}).to_string(), (seven.clone(), ErrorCode::Invalid)),
            (json!({"type": "send_message", "ref": 7}).to_string(), (seven.clone(), ErrorCode::Invalid)),
            (
                json!({"type": "set_typing", "ref": 7, "conversation_id": chat, "typing": true, "x": 1}).to_string(),
                (seven.clone(), ErrorCode::UnknownField),
            ),
            (
                json!({"type": "send_message", "ref": 7, "conversation_id": id, "client_id": id, "body": "x"})
                    .to_string(),
                (seven.clone(), ErrorCode::NotFound),
            ),
            (
                json!({"type": "send_message", "ref": 7, "conversation_id": chat, "client_id": id, "body": " "})
                    .to_string(),
                (seven.clone(), ErrorCode::Invalid),
            ),
            (
                json!({"type": "send_message", "ref": 7, "conversation_id": chat, "client_id": id, "body": "\0x"})
                    .to_string(),
                (seven.clone(), ErrorCode::Invalid),
            ),
            (
                json!({"type": "send_message", "ref": 7, "conversation_id": chat, "client_id": id,
                    "body": "x".repeat(limits::BODY_MAX + 1)})
                .to_string(),
                (seven.clone(), ErrorCode::Invalid),
            ),
            (
                json!({"type": "mark_read", "ref": 7, "conversation_id": chat, "seq": 9}).to_string(),
                (seven.clone(), ErrorCode::Invalid),
            ),
            (
                json!({"type": "mark_delivered", "ref": 7, "conversation_id": id, "seq": 1}).to_string(),
                (seven.clone(), ErrorCode::NotFound),
            ),
            (
                json!({"type": "set_typing", "ref": 7, "conversation_id": id, "typing": true}).to_string(),
                (seven.clone(), ErrorCode::NotFound),
            ),
        ] {
            socket.says(frame.clone()).await;
            assert_eq!(socket.next_error().await, expected, "{frame}");
        }

        assert_eq!(socket.sends(chat, "still here").await.seq.0, 1);
        assert_eq!(ana.reads_history(chat).await.len(), 1, "nothing else was written");
    }

    async fn what_is_no_text_of_a_sensible_size_closes(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;

        let mut socket = ana.connects().await;
        socket.bare().send_binary(b"{}".to_vec()).await.unwrap();
        assert_eq!(socket.close_code().await, Some(CloseCode::Unsupported.code()));

        let mut socket = ana.connects().await;
        socket.bare().send_text_bytes(vec![b'"', 0xc3, 0x28, b'"']).await.unwrap();
        assert_eq!(socket.close_code().await, Some(CloseCode::InvalidText.code()));

        let mut socket = ana.connects().await;
        // It may be cut before all of it is sent.
        let _ = socket.bare().send_text("x".repeat(limits::FRAME_BYTES_MAX + 1)).await;
        assert_eq!(socket.close_code().await, Some(CloseCode::TooBig.code()));

        let mut socket = ana.connects().await;
        socket.says("x".repeat(limits::FRAME_BYTES_MAX)).await;
        assert_eq!(socket.next_error().await, (None, ErrorCode::Malformed), "the largest that is allowed");
    }

    async fn a_socket_ends_with_its_token_unless_it_is_renewed(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let (mut renewed, mut forgotten) = (ana.connects().await, ana.connects().await);
        app.time.advance_seconds(9 * 60);
        let access_token = ana.client.refresh().await.unwrap().token;
        renewed.commands(&ClientCommand::Authenticate(Authenticate { reference: None, access_token })).await;
        renewed.expects_nothing().await;

        app.time.advance_seconds(2 * 60);

        for socket in [&mut renewed, &mut forgotten] {
            socket.says("?").await;
        }
        assert_eq!(forgotten.close_code().await, Some(CloseCode::Unauthenticated.code()));
        assert_eq!(renewed.next_error().await, (None, ErrorCode::Malformed));
    }

    async fn a_socket_does_not_change_hands(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo) = (app.person("ana").await, app.person("bob").await);
        let mut socket = ana.connects().await;

        let access_token = bo.access_token().await;
        socket.commands(&ClientCommand::Authenticate(Authenticate { reference: None, access_token })).await;

        assert_eq!(socket.receive().await, Received::Closed(Some(CloseCode::Unauthenticated.code())));
    }

    async fn a_server_that_stops_tells_its_sockets_to_come_back(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let mut socket = ana.connects().await;

        let ((), code) = tokio::join!(app.stops(), socket.close_code());

        assert_eq!(code, Some(CloseCode::Restarting.code()));
    }
}
