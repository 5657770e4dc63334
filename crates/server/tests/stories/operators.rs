//! What operators type beside a running server, and what people notice of it.

use crate::answer::refusal;
use crate::person::PASSWORD;
use crate::process::{Folder, KEY, assert_one_line, newcomer, run, serving};
use crate::socket::SOON;
use std::io::BufReader;
use std::process::{Child, ChildStderr, Output};
use std::time::{Duration, Instant};
use umbrachat_client::{Client, Page, Socket};
use umbrachat_protocol::{CloseCode, ErrorCode, SecurityEventKind, ServerEvent};
use umbrachat_testing::{TestDatabase, databases};

/// A session must be cut within a second; the rest is for a machine that is busy with other tests.
const CUT_WITHIN: Duration = Duration::from_secs(2);

/// A server on this database, and the settings that it has.
struct Place {
    folder: Folder,
    database: TestDatabase,
    server: Child,
    url: String,
    // Kept, so that the server can go on writing into it.
    _log: BufReader<ChildStderr>,
}

impl Place {
    fn on(database: TestDatabase) -> Self {
        let folder = Folder::new();
        let (server, log, url) = serving(&folder, &settings(&database.url()));
        Self { folder, database, server, url, _log: log }
    }

    fn types(&self, arguments: &[&str]) -> Output {
        run(&self.folder, arguments, &settings(&self.database.url()))
    }

    /// What is printed by a command that works.
    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.types(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn settings(url: &str) -> [(&str, &str); 2] {
    [("DATABASE_URL", url), ("SECRET_KEY", KEY)]
}

databases! {
    async fn a_password_that_is_reset_ends_every_session_and_opens_the_account_again(database: TestDatabase) {
        let place = Place::on(database);
        let ana = newcomer(&place.url, "ana", None).await;
        let bob = newcomer(&place.url, "bob", None).await;
        let (mut ana_socket, mut bob_socket) = (ready(&ana).await, ready(&bob).await);

        let said = place.prints(&["user", "reset-password", "Ana"]);

        assert_cut(&mut ana_socket).await;
        let password = said.lines().next().and_then(|line| line.rsplit(' ').next()).unwrap();
        assert!(said.contains("1 session was ended"), "{said}");
        assert_eq!(refusal(Client::sign_in(&place.url, "ana", PASSWORD).await), ErrorCode::InvalidCredentials);
        let ana = Client::sign_in(&place.url, "ana", password).await.unwrap();
        let newest = ana.security_log().await.unwrap().into_iter().map(|event| event.kind);
        assert!(newest.clone().any(|kind| kind == SecurityEventKind::PasswordResetByOperator), "{newest:?}");
        // Somebody else is asked to look again, and goes on.
        assert_eq!(bob_socket.next_event(SOON).await.unwrap(), ServerEvent::Resync {});
        bob.me().await.unwrap();
    }

    async fn sessions_that_an_operator_ends_are_cut_at_once(database: TestDatabase) {
        let place = Place::on(database);
        let here = newcomer(&place.url, "ana", None).await;
        let there = Client::sign_in(&place.url, "ana", PASSWORD).await.unwrap();
        let (mut here_socket, mut there_socket) = (ready(&here).await, ready(&there).await);

        assert_eq!(place.prints(&["user", "end-sessions", "ana"]), "ana: 2 sessions were ended.\n");

        assert_cut(&mut here_socket).await;
        assert_cut(&mut there_socket).await;
        let ana = Client::sign_in(&place.url, "ana", PASSWORD).await.unwrap();
        let kinds: Vec<_> = ana.security_log().await.unwrap().into_iter().map(|event| event.kind).collect();
        assert!(kinds.contains(&SecurityEventKind::SessionsEndedByOperator), "{kinds:?}");
    }

    async fn who_is_erased_by_an_operator_is_gone_for_everybody(database: TestDatabase) {
        let place = Place::on(database);
        let (ana, bob) = (newcomer(&place.url, "ana", None).await, newcomer(&place.url, "bob", None).await);
        ana.ask_friend("bob").await.unwrap();
        let ana_id = ana.me().await.unwrap().user.id;
        bob.accept_friend(ana_id).await.unwrap();
        let chat = bob.direct(ana_id).await.unwrap().id;
        ana.write(chat, "a falling star").await.unwrap();
        let (mut ana_socket, mut bob_socket) = (ready(&ana).await, ready(&bob).await);

        // Nobody is there to be asked, so nothing happens without the flag.
        assert_one_line(&place.types(&["user", "erase", "ana"]), &["--yes"]);
        ana.me().await.unwrap();
        let receipt = place.prints(&["user", "erase", "ana", "--yes"]);

        assert_cut(&mut ana_socket).await;
        let receipt: serde_json::Value = serde_json::from_str(&receipt).unwrap();
        assert_eq!((&receipt["counts"]["messages"], &receipt["remaining_messages"]), (&1.into(), &0.into()));
        while bob_socket.next_event(SOON).await.unwrap() != (ServerEvent::Resync {}) {}
        assert!(bob.friends().await.unwrap().is_empty());
        let messages = bob.messages(chat, Page::default()).await.unwrap().messages;
        assert!(messages.iter().all(|message| message.author_id.is_none() && message.body.is_empty()));
        assert_eq!(refusal(Client::sign_in(&place.url, "ana", PASSWORD).await), ErrorCode::InvalidCredentials);
        // The server's own ledger knows too: a restored backup forgets her again.
        let ledger = place.folder.data().join("erasures.ledger");
        assert!(!std::fs::read_to_string(ledger).unwrap().is_empty());
        assert!(!place.prints(&["user", "list"]).contains("ana"));
    }

    async fn an_operator_sees_who_is_there(database: TestDatabase) {
        let place = Place::on(database);
        newcomer(&place.url, "ana", Some("Ana Luz")).await;
        newcomer(&place.url, "bob", None).await;

        let table = place.prints(&["user", "list"]);
        let lines = place.prints(&["user", "list", "--json"]);

        assert_eq!(table.lines().count(), 3, "{table}");
        let ana: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        assert_eq!(
            (&ana["username"], &ana["display_name"], &ana["sessions"]),
            (&"ana".into(), &"Ana Luz".into(), &1.into())
        );
        assert!(table.lines().nth(1).unwrap().ends_with("1  Ana Luz"), "{table}");
        assert_one_line(&place.types(&["user", "end-sessions", "nobody"]), &["there is no account \"nobody\""]);
        assert_one_line(&place.types(&["user", "erase", "no name at all", "--yes"]), &["no account"]);
    }

    async fn the_doctor_finds_nothing_wrong_with_a_server_that_works(database: TestDatabase) {
        let place = Place::on(database);
        let address = place.url.trim_start_matches("http://");
        let (host, port) = address.rsplit_once(':').unwrap();

        let report = String::from_utf8(place.types(&["doctor", "--host", host, "--port", port]).stdout).unwrap();

        // The PostgreSQL of tests may forgo durability to be quick, of which the doctor then rightly complains.
        let mut others = report.lines().filter(|line| !line.starts_with("fail  durability      fsync = off"));
        assert!(others.all(|line| line.starts_with("ok ") || line.starts_with("warn ")), "{report}");
        for line in ["ok    tables          up to date", "ok    writing ", "ok    database ", "ok    server          one is ready"] {
            assert!(report.contains(line), "{line} is not in {report}");
        }
        assert!(report.contains("warn  public address  PUBLIC_URL is not set"), "{report}");
        assert!(!report.contains(KEY), "{report}");
        place.prints(&["health", "--host", host, "--port", port]);
    }
}

#[test]
fn commands_do_not_work_on_a_database_that_is_not_there_or_not_up_to_date() {
    let folder = Folder::new();
    assert_one_line(&run(&folder, &["user", "list"], &[]), &["DATABASE_URL", "there is no file"]);
    assert!(!folder.data().exists(), "something was made");

    let file = folder.0.path().join("empty.db");
    std::fs::write(&file, "").unwrap();
    let url = format!("sqlite://{}", file.display());
    assert_one_line(&run(&folder, &["user", "list"], &[("DATABASE_URL", &url)]), &["umbrachat migrate"]);

    assert!(run(&folder, &["migrate"], &[("DATABASE_URL", &url)]).status.success());
    let listed = run(&folder, &["user", "list"], &[("DATABASE_URL", &url)]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 1, "{listed:?}");
}

#[test]
fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let folder = Folder::new();
    let output = run(
        &folder,
        &["doctor"],
        &[
            ("DATABASE_URL", "postgres://127.0.0.1:1/x"),
            ("REDIS_URL", "redis://127.0.0.1:1"),
            ("PUBLIC_URL", "http://chat.example"),
            ("RATE_LIMITS", "off"),
            ("PORT", "1"),
        ],
    );

    let report = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report}");
    for line in [
        "fail  secret          SECRET_KEY is required",
        "fail  database        PostgreSQL at 127.0.0.1:1/x: ",
        "fail  redis           ",
        "warn  public address  http://chat.example is not encrypted",
        "warn  rate limits     off",
        "ok    server          none runs at 127.0.0.1:1 yet",
    ] {
        assert!(report.contains(line), "{line} is not in {report}");
    }
    assert!(String::from_utf8_lossy(&output.stderr).contains("3 of 11 checks failed"), "{output:?}");
    assert!(!folder.data().exists(), "something was made");
    assert_one_line(&run(&folder, &["health"], &[("PORT", "1")]), &["no server answers at 127.0.0.1:1"]);
}

#[test]
fn the_manual_and_the_completions_know_every_command() {
    let folder = Folder::new();
    let pages = folder.0.path().join("man");
    assert!(run(&folder, &["man", pages.to_str().unwrap()], &[]).status.success());
    let commands = [
        "serve",
        "migrate",
        "user",
        "backup",
        "doctor",
        "health",
        "openapi",
        "asyncapi",
        "completions",
        "man",
    ];
    for command in commands {
        assert!(pages.join(format!("umbrachat-{command}.1")).exists(), "{command}");
    }
    assert!(pages.join("umbrachat-user-erase.1").exists());
    let manual = run(&folder, &["man"], &[]).stdout;
    assert!(String::from_utf8_lossy(&manual).contains("ERASURE_LEDGER"));
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&folder, &["completions", shell], &[]);
        let script = String::from_utf8_lossy(&script.stdout).into_owned();
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}");
        assert!(script.contains("reset-password"), "{shell}");
    }
}

async fn ready(client: &Client) -> Socket {
    let mut socket = client.socket().await.unwrap();
    assert!(matches!(socket.next_event(SOON).await.unwrap(), ServerEvent::Ready(_)));
    socket
}

/// The command has just ended.
async fn assert_cut(socket: &mut Socket) {
    let ended = Instant::now();
    assert_eq!(socket.close_code(SOON).await.unwrap(), Some(CloseCode::SessionEnded.code()));
    assert!(ended.elapsed() < CUT_WITHIN, "it took {:?}", ended.elapsed());
}
