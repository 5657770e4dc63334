//! A privacy policy that changes is asked about again, and what an operator writes takes the place of the built-in one.

use crate::answer::{Answer, refusal};
use crate::app::TestApp;
use crate::description::operations;
use serde_json::json;
use umbrachat::policy::Policies;
use umbrachat_client::reqwest::Method;
use umbrachat_protocol::{CloseCode, ErrorCode, PrivacyPolicy, paths};
use umbrachat_testing::{TestDatabase, databases};

const OLD: &str = "# Privacy policy\n\nWe keep names.\n";
const NEW: &str = "# Privacy policy\n\nWe keep names and birthdays.\n";

/// What works without consent to the policy in force: knowing, agreeing, taking away, erasing, and ending sessions.
const ALWAYS: [&str; 11] = [
    "consents",
    "give_consent",
    "withdraw_consent",
    "security_log",
    "logout",
    "sessions",
    "end_session",
    "end_other_sessions",
    "export",
    "erase_me",
    "my_data",
];

databases! {
    async fn a_changed_policy_asks_again_and_shows_what_changed(database: TestDatabase) {
        let app = changing_tomorrow(database).await;
        let ana = app.person("ana").await;
        let old = ana.client.privacy_policy().await.unwrap();
        assert_eq!((&*old.version, &*old.markdown), ("2026-11-01", OLD));
        let too_early = ana.client.give_consent("2026-11-24").await;
        assert_eq!(refusal(too_early), ErrorCode::Invalid, "nobody agrees to what does not hold yet");

        app.time.advance_seconds(86_400);

        assert_eq!(refusal(ana.client.me().await), ErrorCode::ConsentRequired);
        let mut socket = ana.client.unauthenticated_socket().await.unwrap();
        socket.authenticate(&ana.access_token().await).await.unwrap();
        let code = socket.close_code(crate::socket::SOON).await.unwrap();
        assert_eq!(code, Some(CloseCode::Unauthenticated.code()));
        let history = ana.client.privacy_policies().await.unwrap();
        assert_eq!(history.iter().map(|version| &*version.version).collect::<Vec<_>>(), ["2026-11-24", "2026-11-01"]);
        let changes = history[0].changes.as_deref().unwrap();
        assert!(changes.contains("> We keep names.") && changes.contains("> We keep names and birthdays."), "{changes}");
        assert_eq!(refusal(ana.client.give_consent("2026-11-01").await), ErrorCode::Invalid);

        let consents = ana.client.give_consent("2026-11-24").await.unwrap();

        let given: Vec<_> = consents.iter().map(|consent| (&*consent.policy_version, &consent.policy_sha256)).collect();
        assert_eq!(given, [("2026-11-01", &old.sha256), ("2026-11-24", &history[0].sha256)]);
        ana.client.me().await.unwrap();
        ana.connects().await;
    }

    async fn older_versions_can_still_be_read(database: TestDatabase) {
        let app = changing_tomorrow(database).await;
        app.time.advance_seconds(86_400);
        let read = |version: &str| {
            Answer::to(app.request(Method::GET, &format!("{}?version={version}", paths::PRIVACY_POLICY)))
        };
        let old: PrivacyPolicy = read("2026-11-01").await.json();
        assert_eq!(old.markdown, OLD);
        for unknown in ["2026-11-02", "2027-01-01", "", "../secret.key"] {
            assert_eq!(read(unknown).await.code(), ErrorCode::NotFound, "{unknown}");
        }
        let odd = Answer::to(app.request(Method::GET, &format!("{}?v=1", paths::PRIVACY_POLICY))).await;
        assert_eq!(odd.code(), ErrorCode::UnknownField);
    }

    async fn without_consent_only_what_needs_none_works(database: TestDatabase) {
        let app = changing_tomorrow(database).await;
        let ana = app.person("ana").await;
        app.time.advance_seconds(86_400);
        ana.client.consents().await.expect("this refreshes the token");
        let token = ana.access_token().await;
        let mut refused = 0;
        for operation in operations() {
            if operation.is_public || !operation.path.starts_with(paths::API) || ALWAYS.contains(&&*operation.id) {
                continue;
            }
            let path = operation.path.replace("{id}", &ana.id().to_string()).replace("{user_id}", &ana.id().to_string());
            let path = path.replace("{seq}", "1").replace("{emoji}", "🌙").replace("{username}", "ana");
            let answer = Answer::to(app.request(operation.method, &path).bearer_auth(&token).json(&json!({}))).await;
            assert_eq!(answer.code(), ErrorCode::ConsentRequired, "{}", operation.id);
            refused += 1;
        }
        assert!(refused > 30, "only {refused} operations were tried");
        ana.client.consents().await.unwrap();
        ana.client.security_log().await.unwrap();
        ana.client.sessions().await.unwrap();
        ana.client.sign_out().await.unwrap();
    }
}

/// A server whose operator has announced a new policy.
async fn changing_tomorrow(database: TestDatabase) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("2026-11-01.md"), OLD).unwrap();
    std::fs::write(folder.path().join("2026-11-24.md"), NEW).unwrap();
    TestApp::configured(database, |config| config.policies = Policies::in_folder(folder.path()).unwrap())
        .await
}
