//! A server of its own for each story, with an empty database and a clock that the story moves.

use crate::answer::Answer;
use crate::person::{PASSWORD, Person};
use std::net::SocketAddr;
use tempfile::TempDir;
use umbrachat::app::{self, Running};
use umbrachat::config::Config;
use umbrachat::export::Exports;
use umbrachat::keys::SecretKey;
use umbrachat::realtime::Hub;
use umbrachat_client::reqwest::{self, Method, RequestBuilder};
use umbrachat_client::{Client, ClientBuilder};
use umbrachat_protocol::{Epoch, Register, Timestamp};
use umbrachat_store::{Clock, ManualClock};
use umbrachat_testing::TestDatabase;

/// When every story begins.
const BEGINNING: Timestamp = Timestamp(1_795_468_245_000_000);

pub(crate) struct TestApp {
    pub(crate) time: ManualClock,
    running: Running,
    http: reqwest::Client,
    config: Config,
    data: TempDir,
    // Last, so that the server is gone before its database is.
    pub(crate) database: TestDatabase,
}

/// A server beside the first one.
pub(crate) struct Replica {
    running: Running,
    _data: TempDir,
}

impl Replica {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.running.address())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address()
    }

    pub(crate) async fn stops(self) {
        self.running.stop().await;
    }
}

impl TestApp {
    /// Without limits, because stories are told faster than people live.
    pub(crate) async fn on(database: TestDatabase) -> Self {
        Self::configured(database, |_| {}).await
    }

    /// With the usual limits, and behind a proxy that is believed.
    pub(crate) async fn with_limits(database: TestDatabase) -> Self {
        Self::configured(database, |config| {
            config.rate_limits = true;
            config.trusted_proxies = "127.0.0.1".parse().unwrap();
        })
        .await
    }

    pub(crate) async fn configured(database: TestDatabase, change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config {
            database: database.database().clone(),
            secret_key: Some(SecretKey::generate()),
            rate_limits: false,
            ..Config::quiet(data.path())
        };
        change(&mut config);
        Self::with(config, data, database).await
    }

    async fn with(config: Config, data: TempDir, database: TestDatabase) -> Self {
        let (clock, time) = Clock::manual(BEGINNING);
        let running = app::start(config.clone(), clock).await.unwrap();
        let http = umbrachat_client::http_client().unwrap();
        Self { time, running, http, config, data, database }
    }

    /// Another server on the same database, as behind a load balancer.
    pub(crate) async fn another_replica(&self) -> Replica {
        let data = tempfile::tempdir().unwrap();
        let config = Config { data_dir: data.path().to_owned(), ..self.config.clone() };
        let running = app::start(config, self.running.state().store.clock().clone()).await.unwrap();
        Replica { running, _data: data }
    }

    /// The same server again, and its database as it was in between.
    pub(crate) async fn restarts_with_a_backup(self) -> (Self, TestDatabase) {
        let Self { running, config, data, database, .. } = self;
        running.stop().await;
        let backup = database.copy().await;
        (Self::with(config, data, database).await, backup)
    }

    /// The same server with another database, as after a disaster.
    pub(crate) async fn restored_from(self, backup: TestDatabase) -> Self {
        let Self { running, config, data, .. } = self;
        running.stop().await;
        let config = Config { database: backup.database().clone(), ..config };
        Self::with(config, data, backup).await
    }

    /// By the clock that stories move.
    pub(crate) fn now(&self) -> Timestamp {
        self.running.state().store.clock().now()
    }

    pub(crate) fn exports(&self) -> &Exports {
        &self.running.state().exports
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.running.state().hub
    }

    /// Somebody who has just signed up.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let registration = self.sdk().register(&self.registration(name)).await.unwrap();
        Person::new(self.url(""), registration.client, registration.recovery_codes).await
    }

    /// People who are all friends with each other.
    pub(crate) async fn friends<const N: usize>(&self, names: [&str; N]) -> [Person; N] {
        let mut people = Vec::with_capacity(N);
        for name in names {
            let newcomer = self.person(name).await;
            for friend in &people {
                newcomer.befriends(friend).await;
            }
            people.push(newcomer);
        }
        people.try_into().ok().unwrap()
    }

    /// What a newcomer of this name would send.
    pub(crate) fn registration(&self, name: &str) -> Register {
        Register {
            username: name.to_owned(),
            password: PASSWORD.to_owned(),
            display_name: None,
            privacy_policy_version: self.running.state().policy().version.clone(),
            device_name: None,
            refresh_in_cookie: false,
        }
    }

    /// The SDK, aimed at this server.
    pub(crate) fn sdk(&self) -> ClientBuilder {
        Client::builder(self.url(""))
    }

    /// The SDK with nobody signed in.
    pub(crate) fn anonymous(&self) -> Client {
        self.sdk().anonymous().unwrap()
    }

    /// Where metrics are, if they are served.
    pub(crate) fn metrics_url(&self) -> Option<String> {
        self.running.metrics_address().map(|address| format!("http://{address}/metrics"))
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address())
    }

    /// The origin that browsers use for this server.
    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.running.address().port())
    }

    /// A bare request, to send what the SDK would not.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    pub(crate) async fn stops(self) {
        self.running.stop().await;
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// The history of the database, as the server tells it.
    pub(crate) fn epoch(&self) -> Option<Epoch> {
        self.running.state().store.epoch()
    }

    /// As the operator does by `umbrachat restored`.
    pub(crate) async fn says_that_it_was_restored(&self) {
        self.running.state().store.begin_epoch().await.unwrap();
    }

    /// What it does first when it is told to stop.
    pub(crate) fn begins_to_stop(&self) {
        self.running.state().begin_draining();
    }

    /// The same from somewhere else: behind a proxy that says so.
    pub(crate) async fn post_from(&self, address: &str, path: &str, body: &serde_json::Value) -> Answer {
        Answer::to(self.request(Method::POST, path).header("x-forwarded-for", address).json(body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &serde_json::Value) -> Answer {
        Answer::to(self.request(Method::POST, path).json(body)).await
    }
}
