//! The browser's way: the refresh token travels in a cookie that scripts cannot read and other sites cannot use.

use crate::answer::Answer;
use crate::app::TestApp;
use crate::person::PASSWORD;
use serde_json::json;
use umbrachat_client::reqwest::{Method, RequestBuilder, header};
use umbrachat_protocol::{ErrorCode, SignedIn, paths};
use umbrachat_testing::databases;

databases! {
    async fn a_browser_gets_its_refresh_token_in_a_cookie_alone(database: TestDatabase) {
        let app = TestApp::on(database).await;
        app.person("ana").await;

        let answer = sign_in(&app).await;

        assert_eq!(answer.status, 200);
        let signed_in: SignedIn = answer.json();
        assert_eq!(signed_in.refresh_token, None);
        let cookie = answer.header("set-cookie").unwrap();
        assert!(cookie.starts_with("umbra_refresh="), "{cookie}");
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"] {
            assert!(cookie.split("; ").any(|part| part == attribute), "{attribute} is missing in {cookie}");
        }
        let value = value(&answer);
        assert!(value.len() > 60 && !answer.text.contains(&value));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }

    async fn the_cookie_refreshes_with_no_body_and_with_an_empty_one(database: TestDatabase) {
        let app = TestApp::on(database).await;
        app.person("ana").await;
        let first = value(&sign_in(&app).await);

        let with_nothing = Answer::to(refresh(&app, &first)).await;
        assert_eq!(with_nothing.status, 200, "{with_nothing:?}");
        assert_eq!(with_nothing.json::<SignedIn>().refresh_token, None);
        let second = value(&with_nothing);
        let with_braces = Answer::to(refresh(&app, &second).json(&json!({}))).await;
        assert_eq!(with_braces.status, 200, "{with_braces:?}");
        let third = value(&with_braces);

        assert!(first != second && second != third);
        let without = Answer::to(app.request(Method::POST, paths::REFRESH)).await;
        assert_eq!(without.code(), ErrorCode::Unauthenticated);
    }

    async fn another_site_cannot_use_the_cookie(database: TestDatabase) {
        let app = TestApp::on(database).await;
        app.person("ana").await;
        let cookie = value(&sign_in(&app).await);
        for (name, foreign) in [
            ("origin", "https://evil.test"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
        ] {
            let answer = Answer::to(refresh(&app, &cookie).header(name, foreign)).await;
            assert_eq!(answer.code(), ErrorCode::Forbidden, "{name}: {foreign}");
            assert_eq!(answer.header("set-cookie"), None);
            let credentials = json!({"username": "ana", "password": PASSWORD, "refresh_in_cookie": true});
            let login = app.request(Method::POST, paths::LOGIN).json(&credentials).header(name, foreign);
            assert_eq!(Answer::to(login).await.code(), ErrorCode::Forbidden, "{name}: {foreign}");
        }

        let ours = refresh(&app, &cookie).header("origin", app.origin()).header("sec-fetch-site", "same-origin");
        assert_eq!(Answer::to(ours).await.status, 200, "nothing was spent on the others");
    }

    async fn signing_out_takes_the_cookie_away(database: TestDatabase) {
        let app = TestApp::on(database).await;
        app.person("ana").await;
        let answer = sign_in(&app).await;
        let (cookie, token) = (value(&answer), answer.json::<SignedIn>().access_token);

        let logout = app.request(Method::POST, paths::LOGOUT).bearer_auth(token);
        let answer = Answer::to(logout).await;

        assert_eq!(answer.status, 204);
        let cleared = answer.header("set-cookie").unwrap();
        assert!(cleared.starts_with("umbra_refresh=;") && cleared.contains("Max-Age=0"), "{cleared}");
        assert_eq!(Answer::to(refresh(&app, &cookie)).await.code(), ErrorCode::Unauthenticated);
    }
}

async fn sign_in(app: &TestApp) -> Answer {
    app.post(paths::LOGIN, &json!({"username": "ana", "password": PASSWORD, "refresh_in_cookie": true})).await
}

fn refresh(app: &TestApp, cookie: &str) -> RequestBuilder {
    app.request(Method::POST, paths::REFRESH).header(header::COOKIE, format!("umbra_refresh={cookie}"))
}

/// The token in the cookie that an answer sets.
fn value(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie").unwrap();
    cookie.split(';').next().unwrap().trim_start_matches("umbra_refresh=").to_owned()
}
