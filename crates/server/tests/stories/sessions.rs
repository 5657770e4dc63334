//! Sessions: how they begin, go on and end, over REST and on the socket alike.

use crate::answer::{Answer, refusal};
use crate::app::TestApp;
use crate::person::PASSWORD;
use serde_json::json;
use umbrachat_client::reqwest::Method;
use umbrachat_protocol::{CloseCode, ErrorCode, SignedIn, paths};
use umbrachat_testing::databases;

databases! {
    async fn an_unknown_name_and_a_wrong_password_look_the_same(database: TestDatabase) {
        let app = TestApp::on(database).await;
        app.person("ana").await;
        let mut answers = Vec::new();
        for (username, password) in [("ana", "not-the-password"), ("nobody", PASSWORD), ("no such name!", PASSWORD)] {
            let answer = app.post(paths::LOGIN, &json!({"username": username, "password": password})).await;
            assert_eq!(answer.code(), ErrorCode::InvalidCredentials);
            let mut headers = answer.headers.clone();
            for changing in ["x-request-id", "date"] {
                headers.remove(changing);
            }
            answers.push((answer.status, answer.text, headers));
        }
        assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:#?}");
    }

    async fn a_refresh_token_is_good_for_one_use(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let first = ana.refresh_token();

        let second: SignedIn = refresh(&app, &first).await.json();

        assert_ne!(second.refresh_token.as_ref(), Some(&first));
        assert_eq!(second.user.user, ana.user);
        assert_eq!(me(&app, &second.access_token).await.status, 200);
        let third: SignedIn = refresh(&app, &second.refresh_token.unwrap()).await.json();
        assert_eq!(third.session_id, second.session_id);
    }

    async fn for_ten_seconds_the_predecessor_is_answered_with_the_same_successor(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let first = app.person("ana").await.refresh_token();
        let successor: SignedIn = refresh(&app, &first).await.json();

        app.time.advance_seconds(9);
        let again: SignedIn = refresh(&app, &first).await.json();

        assert_eq!(again.refresh_token, successor.refresh_token);
        assert_eq!(refresh(&app, &successor.refresh_token.unwrap()).await.status, 200);
    }

    async fn a_replayed_token_ends_the_session_and_its_sockets_and_no_other(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let elsewhere = ana.on_another_device().await;
        let (mut stolen_socket, mut other_socket) = (ana.connects().await, elsewhere.connects().await);
        let first = ana.refresh_token();
        let successor: SignedIn = refresh(&app, &first).await.json();
        app.time.advance_seconds(11);

        assert_eq!(refresh(&app, &first).await.code(), ErrorCode::RefreshReused);

        assert_eq!(stolen_socket.close_code().await, Some(CloseCode::SessionEnded.code()));
        assert_eq!(me(&app, &successor.access_token).await.code(), ErrorCode::Unauthenticated);
        assert_eq!(refresh(&app, &successor.refresh_token.unwrap()).await.code(), ErrorCode::Unauthenticated);
        other_socket.expects_nothing().await;
    }

    async fn signing_out_ends_this_session_and_no_other(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let elsewhere = ana.on_another_device().await;
        let (mut here, mut there) = (ana.connects().await, elsewhere.connects().await);
        let (access, refresh_token) = (ana.access_token().await, ana.refresh_token());

        ana.client.sign_out().await.unwrap();

        assert_eq!(here.close_code().await, Some(CloseCode::SessionEnded.code()));
        assert_eq!(me(&app, &access).await.code(), ErrorCode::Unauthenticated);
        assert_eq!(refresh(&app, &refresh_token).await.code(), ErrorCode::Unauthenticated);
        let headers = [("authorization", &*format!("Bearer {access}"))];
        let refused = app.anonymous().socket_with_headers(&headers).await;
        assert_eq!(refusal(refused), ErrorCode::Unauthenticated);
        there.expects_nothing().await;
    }

    async fn an_access_token_ends_after_ten_minutes(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let token = ana.access_token().await;
        app.time.advance_seconds(9 * 60 + 59);
        assert_eq!(me(&app, &token).await.status, 200);

        app.time.advance_seconds(10);

        let answer = me(&app, &token).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, ErrorCode::TokenExpired));
        ana.client.me().await.expect("the SDK refreshes by itself");
    }

    async fn a_session_that_rests_for_too_long_ends(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let day = 24 * 60 * 60;
        app.time.advance_seconds(29 * day);
        let kept: SignedIn = refresh(&app, &ana.refresh_token()).await.json();

        app.time.advance_seconds(31 * day);

        let answer = refresh(&app, &kept.refresh_token.unwrap()).await;
        assert_eq!(answer.code(), ErrorCode::RefreshExpired);
    }

    async fn however_busy_a_session_ends_after_half_a_year(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let mut token = app.person("ana").await.refresh_token();
        for _ in 0..8 {
            app.time.advance_seconds(20 * 24 * 60 * 60);
            let next: SignedIn = refresh(&app, &token).await.json();
            token = next.refresh_token.unwrap();
        }
        app.time.advance_seconds(21 * 24 * 60 * 60);
        assert_eq!(refresh(&app, &token).await.code(), ErrorCode::RefreshExpired);
    }

    async fn tokens_that_were_tampered_with_or_are_of_another_kind_are_worth_nothing(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let (access, refresh_token) = (ana.access_token().await, ana.refresh_token());

        for tampered in every_tampering(&access).into_iter().chain([refresh_token.clone(), String::new()]) {
            let answer = me(&app, &tampered).await;
            assert_eq!(answer.code(), ErrorCode::Unauthenticated, "{tampered}");
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        }
        for tampered in every_tampering(&refresh_token).into_iter().chain([access.clone(), String::new()]) {
            assert_eq!(refresh(&app, &tampered).await.code(), ErrorCode::Unauthenticated, "{tampered}");
        }
        for scheme in ["Basic", "Token", ""] {
            let request = app.request(Method::GET, paths::ME).header("authorization", format!("{scheme} {access}"));
            assert_eq!(Answer::to(request).await.code(), ErrorCode::Unauthenticated);
        }
        let in_url = app.request(Method::GET, &format!("{}?access_token={access}", paths::ME));
        assert_eq!(Answer::to(in_url).await.code(), ErrorCode::Unauthenticated);

        assert_eq!(me(&app, &access).await.status, 200, "the true one still holds");
        assert_eq!(refresh(&app, &refresh_token).await.status, 200, "and so does this");
    }

    async fn without_consent_only_the_way_back_is_open(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let mut socket = ana.connects().await;

        ana.client.withdraw_consent().await.unwrap();

        assert_eq!(socket.close_code().await, Some(CloseCode::Unauthenticated.code()));
        assert_eq!(refusal(ana.client.me().await), ErrorCode::ConsentRequired);
        assert_eq!(refusal(ana.client.snapshot().await), ErrorCode::ConsentRequired);
        assert_eq!(refusal(ana.client.socket().await), ErrorCode::ConsentRequired);
        let version = ana.client.privacy_policy().await.unwrap().version;
        assert!(ana.client.consents().await.unwrap()[0].withdrawn_at.is_some());
        ana.client.give_consent(&version).await.unwrap();
        ana.client.me().await.unwrap();
    }
}

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post(paths::REFRESH, &json!({"refresh_token": token})).await
}

async fn me(app: &TestApp, token: &str) -> Answer {
    Answer::to(app.request(Method::GET, paths::ME).bearer_auth(token)).await
}

/// The token with one thing changed, added or left out.
fn every_tampering(token: &str) -> Vec<String> {
    let swapped = |at: usize| {
        let mut characters: Vec<char> = token.chars().collect();
        characters[at] = if characters[at] == 'A' { 'B' } else { 'A' };
        characters.into_iter().collect::<String>()
    };
    let mut all: Vec<String> = (0..token.len() - 1).step_by(token.len() / 8).map(swapped).collect();
    all.extend([token[1..].to_owned(), token[..token.len() - 2].to_owned(), format!("{token}AA")]);
    all.extend([token.to_lowercase(), format!("{token}.{token}")]);
    all
}
