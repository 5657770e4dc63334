//! The scripts that back the database up and put it back, run as they are.

use crate::answer::refusal;
use crate::person::PASSWORD;
use crate::process::{Folder, KEY, assert_one_line, newcomer, run, serving};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output};
use umbrachat_client::{Client, Page};
use umbrachat_protocol::{ErasedMessages, ErrorCode};
use umbrachat_testing::databases;

databases! {
    async fn what_was_backed_up_comes_back_and_who_was_erased_since_does_not(database: TestDatabase) {
        let folder = Folder::new();
        let url = database.url();
        let settings = [("DATABASE_URL", &*url), ("SECRET_KEY", KEY)];
        let backup = folder.0.path().join("umbrachat.backup");
        let (server, log, address) = serving(&folder, &settings);
        let (ana, bob) = (newcomer(&address, "ana", None).await, newcomer(&address, "bob", None).await);
        ana.ask_friend("bob").await.unwrap();
        let ana_id = ana.me().await.unwrap().user.id;
        bob.accept_friend(ana_id).await.unwrap();
        let chat = bob.direct(ana_id).await.unwrap().id;
        ana.write(chat, "before the backup").await.unwrap();

        // While the server runs.
        assert_done(&script("backup.sh", &folder, &settings, &backup));
        let others_may = backup.metadata().unwrap().permissions().mode() & 0o077;
        assert_eq!(others_may, 0, "others may read the backup");
        assert!(!script("backup.sh", &folder, &settings, &backup).status.success(), "it was overwritten");
        ana.write(chat, "after the backup").await.unwrap();
        bob.erase_me(PASSWORD, ErasedMessages::Erase).await.unwrap();
        stop(server);
        drop(log);
        // On PostgreSQL the database's own ledger is enough, as for replicas that have no disk.
        if url.starts_with("postgres") {
            std::fs::remove_file(folder.data().join("erasures.ledger")).unwrap();
        }
        assert_done(&script("restore.sh", &folder, &settings, &backup));

        let (server, _log, address) = serving(&folder, &settings);
        let ana = Client::sign_in(&address, "ana", PASSWORD).await.unwrap();
        let messages = ana.messages(chat, Page::default()).await.unwrap().messages;
        let bodies: Vec<&str> = messages.iter().map(|message| message.body.as_str()).collect();
        assert_eq!(bodies, ["before the backup"]);
        assert_eq!(refusal(Client::sign_in(&address, "bob", PASSWORD).await), ErrorCode::InvalidCredentials);
        stop(server);
    }
}

#[tokio::test]
async fn nothing_is_restored_under_a_running_server() {
    let folder = Folder::new();
    let (server, _log, address) = serving(&folder, &[]);
    let backup = folder.0.path().join("umbrachat.backup");
    assert_done(&script("backup.sh", &folder, &[], &backup));

    let port = address.rsplit(':').next().unwrap();
    let refused = script("restore.sh", &folder, &[("PORT", port)], &backup);

    assert!(String::from_utf8_lossy(&refused.stderr).contains("stop it first"), "{refused:?}");
    assert!(!refused.status.success());
    stop(server);
}

#[test]
fn a_backup_that_cannot_be_made_leaves_nothing_behind() {
    let folder = Folder::new();
    let file = folder.0.path().join("umbrachat.backup");
    let path = file.to_str().unwrap();
    assert_one_line(&run(&folder, &["backup", path], &[]), &["DATABASE_URL", "there is no file"]);
    let postgres = [("DATABASE_URL", "postgres://127.0.0.1:1/x")];
    assert_one_line(&run(&folder, &["backup", path], &postgres), &["pg_dump"]);
    assert!(run(&folder, &["migrate"], &[]).status.success());
    assert_one_line(&run(&folder, &["backup", "/no/such/folder/x"], &[]), &["/no/such/folder/x"]);
    assert!(!file.exists());
    assert!(run(&folder, &["backup", path], &[]).status.success());
    assert_one_line(&run(&folder, &["backup", path], &[]), &["exists"]);
}

fn script(name: &str, folder: &Folder, settings: &[(&str, &str)], file: &Path) -> Output {
    let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy")).join(name);
    let mut command = Command::new("bash");
    command.arg(script).arg(file).env("DATA_DIR", folder.data()).env("PORT", "1");
    command.env("UMBRACHAT_BINARY", env!("CARGO_BIN_EXE_umbrachat")).envs(settings.iter().copied());
    command.output().unwrap()
}

fn assert_done(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

fn stop(mut server: Child) {
    Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(server.wait().unwrap().success());
}
