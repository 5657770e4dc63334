//! Signing in takes a code from an authenticator app, for whoever wants that.

use crate::answer::{Answer, refusal};
use crate::app::TestApp;
use crate::person::{PASSWORD, Person};
use serde_json::json;
use totp_rs::{Builder, Secret, Totp};
use umbrachat_client::{Client, reqwest::Method};
use umbrachat_protocol::{ErrorCode, Recover, SecurityEventKind, paths};
use umbrachat_testing::databases;

databases! {
    async fn with_a_second_factor_the_password_alone_lets_nobody_in(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        assert_eq!(ana.client.second_factor().await.unwrap().since, None);
        assert_eq!(refusal(ana.client.begin_second_factor("not-the-password").await), ErrorCode::WrongPassword);
        assert_eq!(refusal(ana.client.confirm_second_factor("287082").await), ErrorCode::NotFound);

        let authenticator = set_up(&ana).await;
        app.sdk().sign_in("ana", PASSWORD).await.expect("nothing is asked for before a code has been right");
        assert_eq!(refusal(ana.client.confirm_second_factor("000000").await), ErrorCode::WrongCode);
        ana.client.confirm_second_factor(&authenticator.shows(&app)).await.unwrap();

        assert!(ana.client.second_factor().await.unwrap().since.is_some());
        assert_eq!(refusal(app.sdk().sign_in("ana", PASSWORD).await), ErrorCode::SecondFactorRequired);
        assert_eq!(refusal(signs_in(&app, "000000").await), ErrorCode::WrongCode);
        assert_eq!(refusal(app.sdk().code("000000").sign_in("ana", "guess").await), ErrorCode::InvalidCredentials);
        app.time.advance_seconds(30);
        signs_in(&app, &authenticator.shows(&app)).await.unwrap();
        ana.client.me().await.expect("sessions that were there go on");
        let begun_again = ana.client.begin_second_factor(PASSWORD).await;
        assert_eq!(refusal(begun_again), ErrorCode::Conflict, "nobody replaces it unnoticed");

        ana.client.remove_second_factor(PASSWORD).await.unwrap();
        ana.client.remove_second_factor(PASSWORD).await.expect("repeating it changes nothing");
        app.sdk().sign_in("ana", PASSWORD).await.unwrap();
        let told: Vec<_> = ana.client.security_log().await.unwrap().into_iter().map(|event| event.kind).collect();
        for kind in [SecurityEventKind::SecondFactorOn, SecurityEventKind::SecondFactorOff] {
            assert_eq!(told.iter().filter(|told| **told == kind).count(), 1, "{told:?}");
        }
    }

    async fn a_code_works_once_and_for_a_minute(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let authenticator = turn_on(&app, &ana).await;
        let confirmed_with = authenticator.shows(&app);
        assert_eq!(refusal(signs_in(&app, &confirmed_with).await), ErrorCode::WrongCode, "it was spent");
        app.time.advance_seconds(30);
        let code = authenticator.shows(&app);
        app.time.advance_seconds(30);
        signs_in(&app, &code).await.expect("a code that is half a minute old");
        assert_eq!(refusal(signs_in(&app, &code).await), ErrorCode::WrongCode);
        let late = authenticator.shows(&app);
        app.time.advance_seconds(90);
        assert_eq!(refusal(signs_in(&app, &late).await), ErrorCode::WrongCode);

        let code = authenticator.shows(&app);
        let (one, other) = tokio::join!(signs_in(&app, &code), signs_in(&app, &code));
        assert!(one.is_ok() != other.is_ok(), "of two at once with the same code, one gets in");
    }

    async fn who_has_lost_the_device_comes_in_with_a_recovery_code(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        turn_on(&app, &ana).await;
        let recover = Recover {
            username: "ana".into(),
            recovery_code: ana.recovery_codes[0].clone(),
            new_password: PASSWORD.into(),
            device_name: None,
            refresh_in_cookie: false,
        };

        let back = app.sdk().recover(&recover).await.unwrap();

        assert_eq!(back.second_factor().await.unwrap().since, None);
        app.sdk().sign_in("ana", PASSWORD).await.unwrap();
    }

    async fn codes_cannot_be_guessed(database: TestDatabase) {
        let app = TestApp::with_limits(database).await;
        let ana = app.person("ana").await;
        let authenticator = turn_on(&app, &ana).await;
        let mut wrong = 0;
        let refused = loop {
            let body = json!({"username": "ana", "password": PASSWORD, "code": "000000"});
            let answer = Answer::to(app.request(Method::POST, paths::LOGIN).json(&body)).await;
            match answer.code() {
                ErrorCode::WrongCode => wrong += 1,
                _ => break answer,
            }
        };
        assert_eq!(refused.code(), ErrorCode::RateLimited);
        assert_eq!(wrong, 10);
        let told = ana.client.security_log().await.unwrap();
        assert!(told.iter().any(|event| event.kind == SecurityEventKind::SecondFactorRefused), "the owner sees it");
        // What follows is the way that stays open.
        app.time.advance_seconds(600);
        signs_in(&app, &authenticator.shows(&app)).await.unwrap();
    }

    async fn what_is_set_up_twice_counts_as_it_was_last(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let first = set_up(&ana).await;
        let second = set_up(&ana).await;
        assert_eq!(refusal(ana.client.confirm_second_factor(&first.shows(&app)).await), ErrorCode::WrongCode);
        ana.client.confirm_second_factor(&second.shows(&app)).await.unwrap();
    }
}

/// The app on somebody's telephone.
struct Authenticator(Totp);

impl Authenticator {
    fn shows(&self, app: &TestApp) -> String {
        self.0.generate(u64::try_from(app.now().unix_seconds()).unwrap()).to_string()
    }
}

async fn set_up(person: &Person) -> Authenticator {
    let new = person.client.begin_second_factor(PASSWORD).await.unwrap();
    assert!(new.uri.contains(&new.secret) && new.qr_svg.contains("<svg"));
    let secret = Secret::try_from_base32(&new.secret).unwrap();
    Authenticator(Builder::new().with_secret(secret).build().unwrap())
}

async fn turn_on(app: &TestApp, person: &Person) -> Authenticator {
    let authenticator = set_up(person).await;
    person.client.confirm_second_factor(&authenticator.shows(app)).await.unwrap();
    authenticator
}

async fn signs_in(app: &TestApp, code: &str) -> umbrachat_client::Result<Client> {
    app.sdk().code(code).sign_in("ana", PASSWORD).await
}
