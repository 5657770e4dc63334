use super::Everything;
use crate::app::{self, Running};
use crate::config::Config;
use crate::problem::CONTENT_TYPE;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;
use tempfile::TempDir;
use umbrachat_protocol::paths;
use umbrachat_store::Clock;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;

/// A server with a database of its own, and somebody to ask it.
struct Server {
    running: Running,
    client: Client,
    _folder: TempDir,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = app::start(config(folder.path(), 0), Clock::system()).await.unwrap();
        Self { running, client: umbrachat_client::http_client().unwrap(), _folder: folder }
    }

    async fn ask(&self, method: &str, path: &str, token: Option<&str>) -> Response {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.client.request(method, format!("http://{}{path}", self.running.address()));
        let request = request.header("x-request-id", "chosen-by-me");
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
        .send()
        .await
        .unwrap()
    }

    /// Signs somebody up and returns the access token.
    async fn signs_up(&self) -> String {
        let registration = json!({"username": "ana", "password": "the-lamp-hums-at-3",
            "privacy_policy_version": self.running.state().policy().version});
        let request = self.client.post(format!("http://{}{}", self.running.address(), paths::REGISTER));
        let response = request.json(&registration).send().await.unwrap();
        assert_eq!(response.status(), 201);
        let registered: Value = response.json().await.unwrap();
        registered["access_token"].as_str().unwrap().to_owned()
    }
}

fn config(data_dir: &Path, port: u16) -> Config {
    Config { port, ..Config::quiet(data_dir) }
}

fn documented() -> Vec<(String, &'static str, Operation)> {
    let operations = |(path, item): (String, utoipa::openapi::PathItem)| {
        let methods = [
            ("GET", item.get),
            ("PUT", item.put),
            ("POST", item.post),
            ("PATCH", item.patch),
            ("DELETE", item.delete),
        ];
        methods.into_iter().filter_map(move |(method, operation)| Some((path.clone(), method, operation?)))
    };
    Everything::openapi().paths.paths.into_iter().flat_map(operations).collect()
}

/// An address that the documented path stands for.
fn example(path: &str) -> String {
    let segment = |part: &str| match part {
        "{seq}" => "1".to_owned(),
        "{username}" => "ana".to_owned(),
        id if id.starts_with('{') => uuid::Uuid::nil().to_string(),
        other => other.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_documented_is_served_and_closed_unless_it_says_so() {
    let server = Server::start().await;
    let token = server.signs_up().await;
    for (path, method, operation) in documented() {
        let path = example(&path);
        // What is there refuses a method that it has not, and tells those that it has; what is not there does not.
        let refused = server.ask("OPTIONS", &path, Some(&token)).await;
        assert_eq!(refused.status(), 405, "{path}");
        let allowed = refused.headers()["allow"].to_str().unwrap();
        assert!(allowed.split(", ").any(|it| it == method), "{method} {path}: {allowed}");
        if operation.security.is_none() {
            assert_eq!(server.ask(method, &path, None).await.status(), 401, "{method} {path}");
        }
    }
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_a_problem_with_a_request_id_of_its_own() {
    let server = Server::start().await;
    let mut ids = HashSet::from(["chosen-by-me".to_owned()]);
    for (method, path, status) in [
        ("GET", "/api/v1/me", 401),
        ("GET", "/api/v1/no-such-thing", 401),
        ("GET", "/api/no-such-thing", 404),
        ("GET", "/no-such-file.js", 404),
        ("DELETE", "/api/v1/privacy-policy", 405),
        ("GET", "/api/v1/auth/login", 405),
        ("POST", "/api/v1/auth/login", 400),
        ("GET", "/api/v1/socket", 400),
        ("GET", "/api/docs/no-such-file.js", 404),
    ] {
        let response = server.ask(method, path, None).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["content-type"], CONTENT_TYPE, "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{path}");
        assert!(ids.insert(response.headers()["x-request-id"].to_str().unwrap().to_owned()), "{path}");
        assert_eq!(response.json::<Value>().await.unwrap()["status"], status, "{path}");
    }
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_none_leads_nowhere() {
    let server = Server::start().await;
    let token = server.signs_up().await;
    for path in ["/conversations/7", "/conversations/%00", "/conversations/null/messages", "/users/a%2fb"] {
        let response = server.ask("GET", &format!("{}{path}", paths::API), Some(&token)).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.json::<Value>().await.unwrap()["code"], "not_found", "{path}");
    }
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_docs_and_the_description_are_served() {
    let server = Server::start().await;
    let page = server.ask("GET", "/api/docs", None).await;
    assert_eq!((page.status().as_u16(), page.url().path()), (200, "/api/docs/"));
    assert!(page.text().await.unwrap().contains("swagger-ui-bundle.js"));
    let settings = server.ask("GET", "/api/docs/swagger-initializer.js", None).await;
    assert!(settings.text().await.unwrap().contains("/api/openapi.yaml"));
    let yaml = server.ask("GET", "/api/openapi.yaml", None).await;
    assert_eq!(yaml.text().await.unwrap(), *super::docs::OPENAPI);
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_does_not_take_the_port() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let config = config(&data, server.running.address().port());
    let Err(refused) = app::start(config, Clock::system()).await else { panic!("two servers on one port") };
    assert!(refused.to_string().starts_with("HOST, PORT: cannot listen on 127.0.0.1:"), "{refused}");
    assert!(!data.exists(), "no data was touched");
    server.running.stop().await;
}
