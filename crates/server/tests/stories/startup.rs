//! What keeps the server from starting: one clear line, and an exit code that says so. And how it ends.

use crate::person::PASSWORD;
use crate::process::{Folder, KEY, assert_one_line, newcomer, run, serving};
use crate::socket::SOON;
use std::io::Read;
use std::process::{Command, Output};
use tokio::net::TcpListener;
use umbrachat_client::Client;
use umbrachat_protocol::{CloseCode, ErasedMessages, ServerEvent};
use umbrachat_testing::TestDatabase;

#[tokio::test]
async fn a_port_in_use_stops_the_start_before_any_data_is_touched() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    assert_refused(&folder, &[("PORT", &port)], &["HOST, PORT", &port]);

    assert!(!folder.data().exists(), "data was touched");
}

#[test]
fn a_host_that_is_not_ours_stops_the_start() {
    assert_refused(&Folder::new(), &[("HOST", "192.0.2.1")], &["HOST, PORT", "192.0.2.1"]);
}

#[test]
fn a_data_folder_that_cannot_be_written_stops_the_start() {
    let folder = Folder::new();
    let file = folder.0.path().join("a-file");
    std::fs::write(&file, "not a folder").unwrap();
    for place in [file.clone(), file.join("below"), "/proc/umbrachat".into()] {
        let place = place.to_str().unwrap();
        assert_refused(&folder, &[("DATA_DIR", place)], &["DATA_DIR", place]);
        let command = ["migrate", "--data-dir", place];
        assert_one_line(&run(&folder, &command, &[]), &["DATA_DIR", place]);
    }
}

#[test]
fn a_database_that_is_no_database_stops_the_start() {
    let folder = Folder::new();
    let file = folder.0.path().join("letters.db");
    std::fs::write(&file, "these are letters, not tables".repeat(1_000)).unwrap();
    let url = format!("sqlite://{}", file.display());
    assert_refused(&folder, &[("DATABASE_URL", &url)], &["DATABASE_URL"]);
    for url in ["mysql://localhost/x", "nonsense", "postgres://", "sqlite://"] {
        assert_refused(&folder, &[("DATABASE_URL", url), ("SECRET_KEY", KEY)], &["DATABASE_URL"]);
    }
}

#[tokio::test]
async fn a_postgresql_that_is_not_there_or_not_ours_stops_the_start() {
    let folder = Folder::new();
    let ours = TestDatabase::postgres().await.url();
    let (server, _) = ours.rsplit_once('/').unwrap();
    let without_database = format!("{server}/no_such_database");
    let somebody_else = format!("{server}/postgres").replacen("postgres@", "nobody-we-know:hunter2@", 1);
    for url in [&without_database, &somebody_else, "postgres://127.0.0.1:1/x"] {
        let output = refused(&folder, &[("DATABASE_URL", url), ("SECRET_KEY", KEY)]);
        assert_one_line(&output, &["DATABASE_URL"]);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"), "a password was shown");
    }
}

#[test]
fn a_secret_that_is_missing_or_weak_stops_the_start() {
    let folder = Folder::new();
    let postgres = ("DATABASE_URL", "postgres://127.0.0.1:1/x");
    assert_refused(&folder, &[postgres], &["SECRET_KEY"]);
    let same = "00".repeat(32);
    for weak in ["hunter2", "c2hvcnQ=", &same] {
        let output = refused(&folder, &[postgres, ("SECRET_KEY", weak)]);
        assert_one_line(&output, &["SECRET_KEY"]);
        assert!(!String::from_utf8_lossy(&output.stderr).contains(weak), "the secret was shown");
    }
}

#[test]
fn settings_that_make_no_sense_stop_the_start() {
    let folder = Folder::new();
    assert_refused(&folder, &[("REDIS_URL", "localhost")], &["REDIS_URL"]);
    assert_refused(&folder, &[("PORT", "http")], &["PORT"]);
    assert_refused(&folder, &[("PUBLIC_URL", "chat.example")], &["PUBLIC_URL"]);
    assert_refused(&folder, &[("LOG_FORMAT", "xml")], &["LOG_FORMAT"]);
    assert_one_line(&run(&folder, &["sreve"], &[]), &["sreve"]);
}

#[tokio::test]
async fn a_server_that_is_asked_to_end_tells_its_sockets_to_come_back_and_ends_well() {
    for signal in ["-TERM", "-INT"] {
        let folder = Folder::new();
        let (mut server, log, url) = serving(&folder, &[]);
        let client = newcomer(&url, "ana", None).await;
        let mut socket = client.socket().await.unwrap();
        assert!(matches!(socket.next_event(SOON).await.unwrap(), ServerEvent::Ready(_)));

        Command::new("kill").args([signal, &server.id().to_string()]).status().unwrap();

        assert_eq!(socket.close_code(SOON).await.unwrap(), Some(CloseCode::Restarting.code()));
        drop((socket, client, log));
        assert!(server.wait().unwrap().success(), "{signal}");
    }
}

#[tokio::test]
async fn no_log_line_names_an_erased_person() {
    let folder = Folder::new();
    let everything = [("RUST_LOG", "info,umbrachat=trace,umbrachat_store=trace,umbrachat_protocol=trace")];
    let (mut server, mut log, url) = serving(&folder, &everything);
    let ana = newcomer(&url, "ana-the-erased", Some("Ana Luz Marisol")).await;
    let bo = newcomer(&url, "bob", None).await;
    let id = ana.me().await.unwrap().user.id;
    ana.ask_friend("bob").await.unwrap();
    bo.accept_friend(id).await.unwrap();
    let chat = bo.direct(id).await.unwrap().id;
    let socket = ana.socket().await.unwrap();
    ana.write(chat, "a falling star").await.unwrap();
    Client::sign_in(&url, "ana-the-erased", "not-the-password").await.unwrap_err();
    bo.user("ana-the-erased").await.unwrap();
    let mut export = ana.export().await.unwrap();
    while export.chunk().await.unwrap().is_some() {}

    let receipt = ana.erase_me(PASSWORD, ErasedMessages::Erase).await.unwrap();

    drop((socket, ana, bo));
    Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    let mut lines = String::new();
    log.read_to_string(&mut lines).unwrap();
    assert!(server.wait().unwrap().success());
    assert!(lines.lines().count() > 10 && lines.contains(&receipt.digest), "{lines}");
    for word in ["ana-the-erased", "Ana Luz", "falling star", &id.to_string(), &id.0.simple().to_string()] {
        assert!(!lines.contains(word), "{word} is in {lines}");
    }
}

fn refused(folder: &Folder, settings: &[(&str, &str)]) -> Output {
    run(folder, &[], settings)
}

fn assert_refused(folder: &Folder, settings: &[(&str, &str)], says: &[&str]) {
    assert_one_line(&refused(folder, settings), says);
}
