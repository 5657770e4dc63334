//! What is not there for anybody: default accounts, other sites' scripts, and views into the machine.

use crate::answer::Answer;
use crate::app::TestApp;
use serde_json::json;
use umbrachat_client::reqwest::{Method, header};
use umbrachat_protocol::{ErrorCode, paths};
use umbrachat_testing::databases;

databases! {
    async fn a_new_server_knows_nobody(database: TestDatabase) {
        let app = TestApp::on(database).await;
        for name in ["admin", "root", "umbrachat", "test", "guest"] {
            for password in [name, "password", "umbrachat", "the-lamp-hums-at-3"] {
                let answer = app.post(paths::LOGIN, &json!({"username": name, "password": password})).await;
                assert_eq!(answer.code(), ErrorCode::InvalidCredentials, "{name} {password}");
            }
        }
        let ana = app.person("ana").await;
        assert_eq!(ana.snapshot().await.friends, []);
    }

    async fn other_sites_scripts_may_read_nothing(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        for path in [paths::ME, paths::PRIVACY_POLICY, "/api/openapi.yaml", "/"] {
            let request = app.request(Method::GET, path).header(header::ORIGIN, "https://elsewhere.example");
            let answer = Answer::to(request.bearer_auth(ana.access_token().await)).await;
            let asking = app
                .request(Method::OPTIONS, path)
                .header(header::ORIGIN, "https://elsewhere.example")
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
            for answer in [answer, Answer::to(asking).await] {
                let allows = answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
                assert!(!allows, "{path}: {answer:?}");
            }
        }
    }

    async fn the_machine_cannot_be_looked_into(database: TestDatabase) {
        let app = TestApp::on(database).await;
        for path in ["/metrics", "/debug", "/debug/pprof", "/api/metrics", "/api/v1/metrics", "/.env", "/.git/config", "/data/secret.key"] {
            let answer = Answer::to(app.request(Method::GET, path)).await;
            assert!([401, 404].contains(&answer.status.as_u16()), "{path}: {answer:?}");
        }
    }

    async fn frames_are_never_compressed(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let request = app
            .request(Method::GET, paths::SOCKET)
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==")
            .header(header::SEC_WEBSOCKET_EXTENSIONS, "permessage-deflate; client_max_window_bits");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 101);
        assert_eq!(response.headers().get(header::SEC_WEBSOCKET_EXTENSIONS), None);
    }
}
