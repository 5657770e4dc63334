//! Whoever dawdles is cut off, so that nobody can hold the server's connections for nothing.

use crate::app::TestApp;
use crate::person::Person;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use umbrachat_protocol::paths;
use umbrachat_testing::TestDatabase;

/// Longer than anything here may take.
const TOO_LONG: Duration = Duration::from_secs(75);

/// One story for all three, because each of them is spent waiting.
#[tokio::test]
async fn who_dawdles_is_cut() {
    let app = TestApp::on(TestDatabase::sqlite()).await;
    let ana = app.person("ana").await;

    let (head, body, socket) = tokio::join!(slow_head(&app), slow_body(&app), silent_socket(&app, &ana));

    assert!(
        head <= Duration::from_secs(30),
        "a head may take 30 s, and this one was left alone for {head:?}"
    );
    assert!(body <= Duration::from_mins(1), "a body may take 60 s, and this one was left alone for {body:?}");
    assert!(
        socket <= Duration::from_secs(45),
        "who is silent is gone after 45 s, and this one stayed for {socket:?}"
    );
    ana.client.me().await.expect("others are not concerned");
}

async fn slow_head(app: &TestApp) -> Duration {
    let mut connection = connect(app).await;
    connection.write_all(b"GET /api/v1/me HTTP/1.1\r\nhost: localhost\r\n").await.unwrap();
    until_cut(connection).await
}

async fn slow_body(app: &TestApp) -> Duration {
    let mut connection = connect(app).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        paths::LOGIN
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    until_answered(connection).await
}

/// A socket that hears the server's pings and never says a word, as behind a network that has gone.
async fn silent_socket(app: &TestApp, ana: &Person) -> Duration {
    let mut connection = connect(app).await;
    let head = format!(
        "GET {} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer {}\r\n\r\n",
        paths::SOCKET,
        ana.access_token().await
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let gone = until_cut(connection).await;
    assert!(gone > Duration::from_secs(20), "it was never open");
    gone
}

async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.url("").trim_start_matches("http://")).await.unwrap()
}

/// How long the server keeps the connection.
async fn until_cut(mut connection: TcpStream) -> Duration {
    let start = Instant::now();
    let mut heard = Vec::new();
    let end = timeout(TOO_LONG, connection.read_to_end(&mut heard)).await;
    assert!(end.is_ok(), "the connection was never cut; so far it heard {}", String::from_utf8_lossy(&heard));
    start.elapsed()
}

/// How long the server waits before it answers that it has waited enough.
async fn until_answered(mut connection: TcpStream) -> Duration {
    let start = Instant::now();
    let mut answer = [0; 64];
    let length = timeout(TOO_LONG, connection.read(&mut answer)).await.expect("it answers").unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer[..length]));
    start.elapsed()
}
