//! People see where they are signed in, and end what they do not want.

use crate::answer::refusal;
use crate::app::TestApp;
use crate::person::{PASSWORD, Person};
use umbrachat_client::Client;
use umbrachat_protocol::{CloseCode, ErrorCode, SecurityEventKind, SessionId};
use umbrachat_testing::databases;
use uuid::Uuid;

const NEW_PASSWORD: &str = "seven-owls-and-a-comet";

databases! {
    async fn people_see_where_they_are_signed_in(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        app.person("bob").await;
        app.time.advance_seconds(60);
        let kitchen = app.sdk().device_name("Kitchen laptop").sign_in("ana", PASSWORD).await.unwrap();

        let sessions = kitchen.sessions().await.unwrap();

        let seen: Vec<_> = sessions.iter().map(|session| (&*session.device_name, session.current)).collect();
        assert_eq!(seen, [("Kitchen laptop", true), ("Unnamed device", false)]);
        assert!(sessions[0].created_at > sessions[1].created_at);
        let elsewhere = ana.client.sessions().await.unwrap();
        assert_eq!(elsewhere.iter().map(|session| session.current).collect::<Vec<_>>(), [false, true]);
    }

    async fn ending_a_session_cuts_it_off_at_once_and_no_other(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let lost = ana.on_another_device().await;
        let (mut here, mut there) = (ana.connects().await, lost.connects().await);

        ana.client.end_session(other_session(&ana).await).await.unwrap();

        assert_eq!(there.close_code().await, Some(CloseCode::SessionEnded.code()));
        assert_eq!(refusal(lost.client.me().await), ErrorCode::Unauthenticated);
        here.expects_nothing().await;
        assert_eq!(ana.client.sessions().await.unwrap().len(), 1);
    }

    async fn what_is_ended_can_be_ended_again(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        ana.on_another_device().await;
        let other = other_session(&ana).await;
        ana.client.end_session(other).await.unwrap();
        let story = story_of(&ana).await;

        ana.client.end_session(other).await.expect("repeating it changes nothing");

        assert_eq!(story_of(&ana).await, story);
        assert_eq!(refusal(bo.client.end_session(other).await), ErrorCode::NotFound);
    }

    async fn all_other_sessions_end_at_once(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let others = [ana.on_another_device().await, ana.on_another_device().await];
        let mut sockets = [others[0].connects().await, others[1].connects().await];

        ana.client.end_other_sessions().await.unwrap();
        ana.client.end_other_sessions().await.expect("there is nothing left to end");

        for socket in &mut sockets {
            assert_eq!(socket.close_code().await, Some(CloseCode::SessionEnded.code()));
        }
        for other in others {
            assert_eq!(refusal(other.client.me().await), ErrorCode::Unauthenticated);
        }
        ana.client.me().await.unwrap();
    }

    async fn nobody_sees_or_ends_somebody_elses_session(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let of_ana = ana.client.sessions().await.unwrap()[0].id;
        for foreign in [of_ana, SessionId(Uuid::nil())] {
            assert_eq!(refusal(bo.client.end_session(foreign).await), ErrorCode::NotFound);
        }
        ana.client.me().await.unwrap();
    }

    async fn a_new_password_takes_the_current_one_and_ends_every_other_session(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let other = ana.on_another_device().await;
        let (mut here, mut there) = (ana.connects().await, other.connects().await);

        assert_eq!(refusal(ana.client.change_password("not-the-password", NEW_PASSWORD).await), ErrorCode::WrongPassword);
        for weak in ["1", "1234567890", "anaanaanaana"] {
            assert_eq!(refusal(ana.client.change_password(PASSWORD, weak).await), ErrorCode::Invalid, "{weak}");
        }
        app.sdk().sign_in("ana", PASSWORD).await.expect("what was refused has changed nothing");
        ana.client.change_password(PASSWORD, NEW_PASSWORD).await.unwrap();

        assert_eq!(there.close_code().await, Some(CloseCode::SessionEnded.code()));
        here.expects_nothing().await;
        assert_eq!(refusal(app.sdk().sign_in("ana", PASSWORD).await), ErrorCode::InvalidCredentials);
        app.sdk().sign_in("ana", NEW_PASSWORD).await.unwrap();
    }

    async fn of_two_who_change_the_password_at_once_one_succeeds(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let other = ana.on_another_device().await;
        let (one, two) = tokio::join!(
            ana.client.change_password(PASSWORD, NEW_PASSWORD),
            other.client.change_password(PASSWORD, "a-comet-and-seven-owls"),
        );
        // Whoever loses is told that the password is another one now, or finds that their session has ended.
        assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
        let (winner, password) = if one.is_ok() { (&ana, NEW_PASSWORD) } else { (&other, "a-comet-and-seven-owls") };
        winner.client.me().await.unwrap();
        app.sdk().sign_in("ana", password).await.unwrap();
    }

    async fn new_recovery_codes_take_the_place_of_the_old_ones(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        assert_eq!(refusal(ana.client.renew_recovery_codes("not-the-password").await), ErrorCode::WrongPassword);

        let codes = ana.client.renew_recovery_codes(PASSWORD).await.unwrap();

        assert_eq!(codes.len(), 10);
        let old = recovers(&app, &ana.recovery_codes[0]).await;
        assert_eq!(refusal(old), ErrorCode::InvalidCredentials);
        recovers(&app, &codes[0]).await.unwrap();
    }

    async fn the_security_log_tells_what_happened_to_the_account_and_nobody_elses(database: TestDatabase) {
        use SecurityEventKind as Kind;
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        app.time.advance_seconds(1);
        app.sdk().sign_in("ana", "a wrong password").await.unwrap_err();
        app.time.advance_seconds(1);
        let kitchen = app.sdk().device_name("Kitchen laptop").sign_in("ana", PASSWORD).await.unwrap();
        app.time.advance_seconds(1);
        kitchen.change_password("a wrong password", NEW_PASSWORD).await.unwrap_err();
        app.time.advance_seconds(1);
        ana.client.renew_recovery_codes(PASSWORD).await.unwrap();
        app.time.advance_seconds(1);
        ana.client.end_session(other_session(&ana).await).await.unwrap();
        app.time.advance_seconds(1);
        let visit = app.sdk().sign_in("ana", PASSWORD).await.unwrap();
        app.time.advance_seconds(1);
        visit.sign_out().await.unwrap();
        app.time.advance_seconds(1);
        ana.client.change_password(PASSWORD, NEW_PASSWORD).await.unwrap();

        let mut seen = story_of(&ana).await;

        // Failures are written beside the answer, so that nobody learns from its time whether there is such a person.
        let failure = seen.iter().position(|kind| *kind == Kind::SignInFailed).expect("the failure is in the log");
        seen.remove(failure);
        assert_eq!(seen, [
            Kind::PasswordChanged, Kind::SignedOut, Kind::SignedIn, Kind::SessionEnded, Kind::RecoveryCodesRenewed,
            Kind::PasswordRefused, Kind::SignedIn, Kind::SignedUp,
        ]);
        let ended = ana.client.security_log().await.unwrap();
        let ended = ended.iter().find(|event| event.kind == Kind::SessionEnded).unwrap();
        assert_eq!(ended.device_name.as_deref(), Some("Kitchen laptop"));
        assert!(ended.session_id.is_some());
        assert_eq!(story_of(&bo).await, [Kind::SignedUp]);

        app.time.advance_seconds(29 * 86_400);
        ana.client.me().await.unwrap();
        app.time.advance_seconds(29 * 86_400);
        ana.client.me().await.unwrap();
        app.time.advance_seconds(29 * 86_400);
        assert!(!story_of(&ana).await.is_empty(), "87 days are within 90");
        app.time.advance_seconds(4 * 86_400);
        assert!(story_of(&ana).await.is_empty(), "after 90 days it is forgotten");
    }
}

async fn story_of(person: &Person) -> Vec<SecurityEventKind> {
    person.client.security_log().await.unwrap().into_iter().map(|event| event.kind).collect()
}

async fn other_session(person: &Person) -> SessionId {
    let sessions = person.client.sessions().await.unwrap();
    sessions.into_iter().find(|session| !session.current).unwrap().id
}

async fn recovers(app: &TestApp, code: &str) -> Result<Client, umbrachat_client::Error> {
    let recover = umbrachat_protocol::Recover {
        username: "ana".into(),
        recovery_code: code.into(),
        new_password: NEW_PASSWORD.into(),
        device_name: None,
        refresh_in_cookie: false,
    };
    app.sdk().recover(&recover).await
}
