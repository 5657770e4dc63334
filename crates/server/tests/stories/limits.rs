//! Whoever asks too often has to wait, and whoever guesses most of all; but nobody can be locked out of their own account.

use crate::answer::{Answer, refusal};
use crate::app::TestApp;
use crate::person::PASSWORD;
use serde_json::json;
use umbrachat_client::reqwest::Method;
use umbrachat_protocol::{CloseCode, ErrorCode, paths};
use umbrachat_testing::databases;

const BURGLAR: &str = "198.51.100.66";
const STRANGER: &str = "198.51.100.77";

databases! {
    async fn guessing_is_slowed_down_and_does_not_lock_the_owner_out(database: TestDatabase) {
        let app = TestApp::with_limits(database).await;
        let ana = app.person("ana").await;

        let refused = guesses_until_refused(&app, BURGLAR).await;

        assert_eq!(refused.code(), ErrorCode::RateLimited);
        let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=20).contains(&wait), "{wait}");
        // From another new address the account is just as closed, even for the right password.
        assert_eq!(sign_in(&app, STRANGER, "ana", PASSWORD).await.code(), ErrorCode::RateLimited);
        // Where the owner has been before, and with a recovery code anywhere, it is open.
        app.sdk().sign_in("ana", PASSWORD).await.expect("the owner is at home");
        ana.client.me().await.expect("their sessions go on");
        let recovery = json!({"username": "ana", "recovery_code": ana.recovery_codes[0], "new_password": PASSWORD});
        assert_eq!(app.post_from(STRANGER, paths::RECOVER, &recovery).await.status, 200);
        assert_eq!(sign_in(&app, STRANGER, "ana", PASSWORD).await.status, 200, "now they have been there too");
        // And after the wait one more guess is heard.
        app.time.advance_seconds(wait);
        assert_eq!(sign_in(&app, BURGLAR, "ana", "guess").await.code(), ErrorCode::InvalidCredentials);
    }

    async fn a_name_that_nobody_has_is_throttled_in_the_same_way(database: TestDatabase) {
        let app = TestApp::with_limits(database).await;
        app.person("ana").await;
        let mut answers = Vec::new();
        for name in ["ana", "nobody"] {
            let mut of_name = Vec::new();
            for _ in 0..12 {
                of_name.push(sign_in(&app, BURGLAR, name, "guess").await.code());
            }
            answers.push(of_name);
        }
        assert_eq!(answers[0], answers[1]);
    }

    async fn an_address_that_tries_many_names_is_slowed_down(database: TestDatabase) {
        let app = TestApp::with_limits(database).await;
        let mut answer = None;
        for number in 0..201 {
            // What cannot be a recovery code costs no hashing, and counts all the same.
            let body = json!({"username": format!("name{number}"), "recovery_code": "", "new_password": "1234567890"});
            answer = Some(app.post_from(BURGLAR, paths::RECOVER, &body).await);
        }
        assert_eq!(answer.unwrap().code(), ErrorCode::RateLimited);
        assert_eq!(sign_in(&app, BURGLAR, "ana", "guess").await.code(), ErrorCode::RateLimited);
        assert_eq!(sign_in(&app, STRANGER, "ana", "guess").await.code(), ErrorCode::InvalidCredentials);
    }

    async fn who_stole_a_token_cannot_guess_the_password_with_it(database: TestDatabase) {
        let app = TestApp::with_limits(database).await;
        let ana = app.person("ana").await;
        for _ in 0..10 {
            let refused = ana.client.change_password("guess", "seven-owls-and-a-comet").await;
            assert_eq!(refusal(refused), ErrorCode::WrongPassword);
        }
        let refused = ana.client.renew_recovery_codes(PASSWORD).await;
        assert_eq!(refusal(refused), ErrorCode::RateLimited);
    }

    async fn one_person_cannot_keep_the_server_busy(database: TestDatabase) {
        let app = TestApp::with_limits(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let token = ana.access_token().await;
        let mut refused = None;
        for _ in 0..2_100 {
            let request = app.request(Method::GET, "/api/v1/no-such-thing").bearer_auth(&token);
            let answer = Answer::to(request).await;
            if answer.status == 429 {
                refused = Some(answer);
                break;
            }
        }
        let refused = refused.expect("nobody may ask without end");
        assert_eq!(refused.header("retry-after"), Some("1"));
        bo.client.me().await.expect("others are not concerned");
        app.time.advance_seconds(1);
        ana.client.me().await.expect("a second later there is room again");
    }

    async fn one_person_has_only_so_many_sockets(database: TestDatabase) {
        let app = TestApp::with_limits(database).await;
        let ana = app.person("ana").await;
        let mut open = Vec::new();
        for _ in 0..50 {
            open.push(ana.connects().await);
        }
        let mut superfluous = ana.client.socket().await.unwrap();
        let code = superfluous.close_code(crate::socket::SOON).await.unwrap();
        assert_eq!(code, Some(CloseCode::TooMany.code()));
        drop(open.pop());
        // The server hears of the end a little later than we do.
        let mut reconnected = false;
        for _ in 0..200 {
            let mut again = ana.client.socket().await.unwrap();
            let first = again.receive_within(crate::socket::SOON).await.unwrap();
            if matches!(first, umbrachat_client::Received::Event(_)) {
                reconnected = true;
                break;
            }
        }
        assert!(reconnected, "a place that was given up can be taken");
    }
}

async fn sign_in(app: &TestApp, from: &str, username: &str, password: &str) -> Answer {
    app.post_from(from, paths::LOGIN, &json!({"username": username, "password": password})).await
}

async fn guesses_until_refused(app: &TestApp, from: &str) -> Answer {
    for number in 0..20 {
        let answer = sign_in(app, from, "ana", &format!("guess {number}")).await;
        if answer.code() != ErrorCode::InvalidCredentials {
            return answer;
        }
    }
    panic!("twenty guesses in a row were heard");
}
