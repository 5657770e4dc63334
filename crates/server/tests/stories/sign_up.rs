//! Signing up: who may, under which name, with which password, and what the recovery codes are good for.

use crate::answer::{Answer, refusal};
use crate::app::TestApp;
use crate::person::PASSWORD;
use umbrachat_protocol::{CloseCode, ErrorCode, Recover, Register, Registered, limits, paths};
use umbrachat_testing::databases;

const NEW_PASSWORD: &str = "seven-owls-and-a-comet";

databases! {
    async fn a_newcomer_is_signed_in_and_has_consented(database: TestDatabase) {
        let app = TestApp::on(database).await;

        let answer = register(&app, &app.registration("ana")).await;

        assert_eq!(answer.status, 201);
        let registered: Registered = answer.json();
        assert_eq!(registered.recovery_codes.len(), limits::RECOVERY_CODES);
        let client = app.sdk().resume(&registered.signed_in.refresh_token.unwrap()).await.unwrap();
        let consents = client.consents().await.unwrap();
        let policy = client.privacy_policy().await.unwrap();
        assert_eq!(consents.len(), 1);
        assert_eq!((&consents[0].policy_version, &consents[0].policy_sha256), (&policy.version, &policy.sha256));
        assert_eq!(client.me().await.unwrap().user.display_name, "ana");
    }

    async fn without_consent_to_the_current_policy_nobody_gets_in(database: TestDatabase) {
        let app = TestApp::on(database).await;
        for version in ["", "1999-01-01"] {
            let old = Register { privacy_policy_version: version.into(), ..app.registration("ana") };
            assert_eq!(register(&app, &old).await.code(), ErrorCode::ConsentRequired);
        }
        app.person("ana").await;
    }

    async fn a_name_belongs_to_one_person_in_any_case(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("Ana").await;
        assert_eq!(ana.name(), "ana");
        for name in ["ana", "ANA", "aNa"] {
            assert_eq!(register(&app, &app.registration(name)).await.code(), ErrorCode::UsernameTaken);
        }
        assert_eq!(app.sdk().sign_in("ANA", PASSWORD).await.unwrap().me().await.unwrap().user, ana.user);
    }

    async fn of_two_who_want_a_name_at_once_one_gets_it(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let registration = app.registration("ana");
        let (one, other) = tokio::join!(register(&app, &registration), register(&app, &registration));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
    }

    async fn names_with_dots_and_dashes_sign_up_and_talk(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [dotted, dashed] = app.friends(["a.n.a", "-_b-o_."]).await;
        let chat = dotted.opens_chat_with(&dashed).await;
        let mut socket = dashed.connects().await;
        let message = dotted.sends(chat, "hello").await;
        assert_eq!(socket.next_message().await, message);
        assert_eq!(dotted.client.user("-_b-o_.").await.unwrap(), dashed.user);
    }

    async fn names_that_could_not_talk_cannot_sign_up(database: TestDatabase) {
        let app = TestApp::on(database).await;
        for name in ["añа", "josé", "a na", "ana!", "ana/bo", "ana\u{202e}", "an\0a", "😀😀😀", "ab", &"a".repeat(33)] {
            let problem = register(&app, &app.registration(name)).await.problem();
            assert_eq!((problem.code, &*problem.fields[0].field), (ErrorCode::Invalid, "username"), "{name}");
        }
        let accented = Register { display_name: Some("José Ñandú 🌙".into()), ..app.registration("jose") };
        let registered: Registered = register(&app, &accented).await.json();
        assert_eq!(registered.signed_in.user.user.display_name, "José Ñandú 🌙");
    }

    async fn a_password_that_is_easily_guessed_is_refused_with_a_reason(database: TestDatabase) {
        let app = TestApp::on(database).await;
        for (name, password, code) in [
            ("ana", "1", "too_short"),
            ("ana", "123456789", "too_short"),
            ("ana", "1234567890", "too_predictable"),
            ("ana", "passwordpassword", "too_predictable"),
            ("ana", "qwertyuiop", "too_predictable"),
            ("moonlightowl", "moonlightowl", "too_predictable"),
            ("ana", &"x".repeat(limits::PASSWORD_MAX + 1), "too_long"),
        ] {
            let weak = Register { password: password.into(), ..app.registration(name) };
            let problem = register(&app, &weak).await.problem();
            let field = &problem.fields[0];
            assert_eq!((&*field.field, &*field.code), ("password", code), "{problem:?}");
            assert!(field.detail.len() > 10 && !problem.detail.contains("passwordpassword"), "{problem:?}");
        }
        let strange = Register { password: "  ñ🌙 \u{7} of any kind ".into(), ..app.registration("ana") };
        assert_eq!(register(&app, &strange).await.status, 201);
        app.sdk().sign_in("ana", &strange.password).await.unwrap();
        assert_eq!(refusal(app.sdk().sign_in("ana", strange.password.trim()).await), ErrorCode::InvalidCredentials);
    }

    async fn everything_that_is_wrong_is_told_at_once(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let wrong = Register {
            password: "short".into(),
            display_name: Some(" ".into()),
            device_name: Some("x".repeat(65)),
            ..app.registration("!")
        };
        let problem = register(&app, &wrong).await.problem();
        let fields: Vec<&str> = problem.fields.iter().map(|field| &*field.field).collect();
        assert_eq!(fields, ["username", "password", "display_name", "device_name"]);
    }

    async fn a_recovery_code_opens_the_account_once_and_ends_what_was_open(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let mut socket = ana.connects().await;

        let recovered = app.sdk().recover(&recover(&ana.recovery_codes[0], NEW_PASSWORD)).await.unwrap();

        assert_eq!(recovered.me().await.unwrap().user, ana.user);
        assert_eq!(socket.close_code().await, Some(CloseCode::SessionEnded.code()));
        assert_eq!(refusal(ana.client.me().await), ErrorCode::Unauthenticated);
        assert_eq!(refusal(app.sdk().sign_in("ana", PASSWORD).await), ErrorCode::InvalidCredentials);
        app.sdk().sign_in("ana", NEW_PASSWORD).await.unwrap();

        let again = app.sdk().recover(&recover(&ana.recovery_codes[0], PASSWORD)).await;
        assert_eq!(refusal(again), ErrorCode::InvalidCredentials);
        app.sdk().recover(&recover(&ana.recovery_codes[1].to_uppercase(), PASSWORD)).await.unwrap();
    }

    async fn a_recovery_code_is_good_for_its_owner_alone(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo) = (app.person("ana").await, app.person("bob").await);
        for code in [bo.recovery_codes[0].as_str(), "", "k3vq-7m2p-x9rt-h4wd", "🌙"] {
            let refused = app.sdk().recover(&recover(code, NEW_PASSWORD)).await;
            assert_eq!(refusal(refused), ErrorCode::InvalidCredentials, "{code}");
        }
        let weak = app.sdk().recover(&recover(&ana.recovery_codes[0], "1234567890")).await;
        assert_eq!(refusal(weak), ErrorCode::Invalid);
        app.sdk().recover(&recover(&ana.recovery_codes[0], NEW_PASSWORD)).await.expect("the code is not spent yet");
        bo.client.me().await.expect("nobody else has lost a session");
    }
}

async fn register(app: &TestApp, registration: &Register) -> Answer {
    app.post(paths::REGISTER, &serde_json::to_value(registration).unwrap()).await
}

fn recover(code: &str, new_password: &str) -> Recover {
    Recover {
        username: "ana".into(),
        recovery_code: code.into(),
        new_password: new_password.into(),
        device_name: None,
        refresh_in_cookie: false,
    }
}
