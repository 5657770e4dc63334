//! Paths, ids, queries and methods that lead nowhere, and doors that stay shut without a token.

use crate::answer::Answer;
use crate::description::operations;
use crate::scene::{MESSAGE, Scene};
use umbrachat_client::reqwest::Method;
use umbrachat_protocol::{ErrorCode, paths};
use umbrachat_testing::databases;
use uuid::Uuid;

databases! {
    async fn everything_private_needs_a_token(database: TestDatabase) {
        let scene = Scene::on(database).await;
        let before = scene.state().await;
        let private: Vec<_> = operations().into_iter().filter(|operation| !operation.is_public).collect();
        assert!(private.len() > 30, "only {} private operations were found", private.len());
        for operation in private {
            let path = scene.path(&operation);
            let bare = Answer::to(scene.app.request(operation.method.clone(), &path)).await;
            assert_eq!(bare.code(), ErrorCode::Unauthenticated, "{}", operation.id);
            let with_body = scene.app.request(operation.method.clone(), &path).body("x".repeat(500));
            assert_eq!(Answer::to(with_body).await.code(), ErrorCode::Unauthenticated, "{}", operation.id);
        }
        let nowhere = Answer::to(scene.app.request(Method::GET, "/api/v1/no-such-thing")).await;
        assert_eq!(nowhere.code(), ErrorCode::Unauthenticated, "what is not there is shut as well");
        assert!(scene.state().await == before, "something was written");
    }

    async fn what_does_not_exist_and_what_belongs_to_others_look_the_same(database: TestDatabase) {
        let scene = Scene::on(database).await;
        let cem = scene.app.person("cem").await;
        scene.eve.befriends(&cem).await;
        let foreign = scene.eve.opens_chat_with(&cem).await;
        scene.eve.sends(foreign, "a secret").await;
        scene.eve.sends(foreign, "another").await;
        let theirs = scene.eve.sends(foreign, "and another").await;
        let before = scene.state().await;
        let mut tried = 0;
        for operation in operations().iter().filter(|operation| operation.path.contains("{id}")) {
            for id in [foreign.to_string(), Uuid::now_v7().to_string(), Uuid::nil().to_string()]
                .into_iter()
                .chain(["7", "..", "%2e%2e", "'", "🌙", "%00", "null", "%ff"].map(str::to_owned))
            {
                let path = scene.path(operation).replace(&scene.group.to_string(), &id);
                let path = if path.contains("/changes") { path + "?since=0" } else { path };
                let request = scene.request(operation, &path);
                let request = match &operation.body {
                    Some(_) => request.json(&scene.body(operation)),
                    None => request,
                };
                assert_leads_nowhere(&Answer::to(request).await, &format!("{} {path}", operation.id));
                tried += 1;
            }
        }
        assert!(tried > 100, "only {tried} ids were tried");

        for operation in operations().iter().filter(|operation| operation.path.contains("{seq}")) {
            for seq in ["0", "-1", "999", "9223372036854775808", "1.5", "x", "%00"] {
                let path = scene.path(operation).replace(&format!("/{MESSAGE}"), &format!("/{seq}"));
                let request = scene.request(operation, &path);
                let request = match &operation.body {
                    Some(_) => request.json(&scene.body(operation)),
                    None => request,
                };
                assert_leads_nowhere(&Answer::to(request).await, &format!("{} {path}", operation.id));
            }
        }
        assert!(scene.state().await == before, "something was written");
        assert_eq!(scene.eve.reads_history(foreign).await.last(), Some(&theirs));
    }

    async fn people_who_do_not_exist_are_no_fault(database: TestDatabase) {
        let scene = Scene::on(database).await;
        let before = scene.state().await;
        for operation in operations().iter().filter(|operation| operation.path.contains("{user_id}")) {
            for (user, is_id) in [(Uuid::now_v7().to_string(), true), ("7".into(), false), ("%00".into(), false)] {
                let path = scene.path(operation).replace(&scene.bo.id().to_string(), &user);
                let request = scene.request(operation, &path);
                let request = match &operation.body {
                    Some(_) => request.json(&scene.body(operation)),
                    None => request,
                };
                let answer = Answer::to(request).await;
                if is_id && answer.status == 204 {
                    continue; // Repeating a delete changes nothing.
                }
                let allowed: &[_] = if is_id { &[ErrorCode::NotFound, ErrorCode::NotFriends] } else { &[ErrorCode::NotFound] };
                assert!(allowed.contains(&answer.code()), "{} {user}: {answer:?}", operation.id);
            }
        }
        for name in ["nobody", "%00", "a%2fb", "..", "%ff", "🌙"] {
            let path = format!("{}/users/{name}", paths::API);
            let answer = Answer::to(scene.app.request(Method::GET, &path).bearer_auth(scene.ana.access_token().await)).await;
            assert!(matches!(answer.code(), ErrorCode::NotFound | ErrorCode::Invalid), "{name}: {answer:?}");
        }
        assert!(scene.state().await == before, "something was written");
    }

    async fn only_a_single_emoji_is_a_reaction(database: TestDatabase) {
        let scene = Scene::on(database).await;
        let before = scene.state().await;
        let message = scene.ana.reads_history(scene.group).await.pop().unwrap();
        for emoji in ["x", "7", "%20", "🌙🌙", "🌙x", "%00", "<script>", &"🌙".repeat(500)] {
            let path = format!("{}/reactions/{emoji}", paths::message(scene.group, message.seq));
            let put = scene.app.request(Method::PUT, &path).bearer_auth(scene.ana.access_token().await);
            assert_eq!(Answer::to(put).await.code(), ErrorCode::Invalid, "{emoji}");
        }
        assert!(scene.state().await == before, "something was written");
    }

    async fn queries_are_checked_as_bodies_are(database: TestDatabase) {
        let scene = Scene::on(database).await;
        let (messages, changes) = (paths::messages(scene.group), paths::changes(scene.group));
        for (path, query, code) in [
            (&messages, "limit=0", ErrorCode::Invalid),
            (&messages, "limit=201", ErrorCode::Invalid),
            (&messages, "limit=-1", ErrorCode::Invalid),
            (&messages, "limit=many", ErrorCode::Invalid),
            (&messages, "limit=", ErrorCode::Invalid),
            (&messages, "limit=9223372036854775808", ErrorCode::Invalid),
            (&messages, "before=x", ErrorCode::Invalid),
            (&messages, "after=1.5", ErrorCode::Invalid),
            (&messages, "after=%00", ErrorCode::Invalid),
            (&messages, "colour=blue", ErrorCode::UnknownField),
            (&changes, "", ErrorCode::Invalid),
            (&changes, "since=-1", ErrorCode::Invalid),
            (&changes, "since=x", ErrorCode::Invalid),
            (&changes, "since=0&limit=0", ErrorCode::Invalid),
            (&changes, "since=0&limit=201", ErrorCode::Invalid),
        ] {
            let path = format!("{path}?{query}");
            let get = scene.app.request(Method::GET, &path).bearer_auth(scene.ana.access_token().await);
            assert_eq!(Answer::to(get).await.code(), code, "{path}");
        }
        for query in ["before=0", "after=999", "before=9223372036854775807", "after=-5&limit=200", "before=3&after=1"] {
            let path = format!("{messages}?{query}");
            let get = scene.app.request(Method::GET, &path).bearer_auth(scene.ana.access_token().await);
            assert_eq!(Answer::to(get).await.status, 200, "{path}");
        }
    }

    async fn a_method_that_a_path_does_not_have_is_refused(database: TestDatabase) {
        let scene = Scene::on(database).await;
        let token = scene.ana.access_token().await;
        for (method, path) in [
            (Method::GET, paths::LOGIN),
            (Method::DELETE, paths::REGISTER),
            (Method::PUT, paths::ME),
            (Method::PATCH, paths::FRIENDS),
            (Method::POST, paths::SNAPSHOT),
            (Method::POST, paths::PRIVACY_POLICY),
        ] {
            let answer = Answer::to(scene.app.request(method.clone(), path).bearer_auth(&token)).await;
            assert_eq!(answer.code(), ErrorCode::MethodNotAllowed, "{method} {path}");
        }
    }
}

fn assert_leads_nowhere(answer: &Answer, what: &str) {
    // The path of an id that is two dots, or none, is another path.
    let codes = [ErrorCode::NotFound, ErrorCode::MethodNotAllowed];
    assert!(codes.contains(&answer.code()), "{what}: {answer:?}");
    assert!(answer.code() == ErrorCode::NotFound || what.contains(".."), "{what}: {answer:?}");
}
