//! Opening a database: what is there stays, and nobody else comes in between.

use crate::community::Community;
use std::sync::Arc;
use umbrachat_store::{Clock, Store};
use umbrachat_testing::{TestDatabase, databases};

databases! {
    async fn several_may_bring_the_tables_up_to_date_at_once(database: TestDatabase) {
        let url = database.url();
        let attempts: Vec<_> = (0..4)
            .map(|_| {
                let database = database.database().clone();
                tokio::spawn(async move { Store::open(&database, Clock::system(), Arc::new(drop)).await.map(drop) })
            })
            .collect();
        let mut opened = 0;
        for attempt in attempts {
            opened += usize::from(attempt.await.unwrap().is_ok());
        }
        // On PostgreSQL they are replicas and wait for each other; a file has one server at a time.
        assert!(if url.starts_with("sqlite") { opened >= 1 } else { opened == 4 }, "{opened} of 4");
        Community::on(database).await.person("ana").await;
    }
}

#[tokio::test]
async fn a_second_server_on_one_file_is_told_so() {
    let database = TestDatabase::sqlite();
    let open = || Store::open(database.database(), Clock::system(), Arc::new(drop));
    let first = open().await.unwrap();
    let refused = open().await.err().expect("the file is in use");
    assert!(refused.to_string().ends_with("is in use by another umbrachat"), "{refused}");
    drop(first);
}

#[tokio::test]
async fn much_that_is_written_reaches_the_file_beside_the_writer() {
    let database = TestDatabase::sqlite();
    let umbrachat_store::Database::Sqlite(path) = database.database().clone() else { panic!("no file") };
    let community = Community::on(database).await;
    let (ana, _, chat) = community.friends().await;
    let size = || std::fs::metadata(&path).unwrap().len();
    let before = size();
    // Fewer than make the log so long that the writer would have to do it.
    for round in 0..1_500 {
        community.sends(ana, chat, &format!("{round}: the lamp hums")).await;
        if size() > before {
            return;
        }
    }
    panic!("the log is not taken into the file");
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let database = TestDatabase::sqlite();
    let umbrachat_store::Database::Sqlite(path) = database.database().clone() else { panic!("no file") };
    let community = Community::on(database).await;
    community.person("ana").await;
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let file = format!("{}{suffix}", path.display());
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file}");
    }
}
