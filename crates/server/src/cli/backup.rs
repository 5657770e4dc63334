//! `umbrachat backup`: a copy of the embedded database, which no copying of files gives while the server writes.

use crate::config::Config;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use umbrachat_store::{Clock, Database, Store};

/// # Errors
/// One line that says why there is no copy.
pub async fn run(config: &Config, file: &Path) -> Result<(), String> {
    if matches!(config.database, Database::Postgres(_)) {
        return Err(
            "DATABASE_URL: PostgreSQL has a tool of its own for this: pg_dump --format=custom".to_owned()
        );
    }
    let shown = file.display();
    let path = file.to_str().ok_or_else(|| format!("the path {shown} is not UTF-8"))?;
    let store = Store::open_beside(&config.database, Clock::system(), Arc::new(drop))
        .await
        .map_err(|error| format!("DATABASE_URL: {error}"))?;
    // Made beforehand, because SQLite would let everybody read it.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    made.map_err(|error| format!("{shown}: {error}"))?;
    let copied = store.copy_into(path).await.map_err(|error| error.to_string());
    let kept = copied.and_then(|()| on_disk(file).map_err(|error| error.to_string()));
    kept.map_err(|error| {
        // Half a copy is worse than none.
        let _ = fs::remove_file(file);
        format!("{shown}: {error}")
    })
}

fn on_disk(file: &Path) -> io::Result<()> {
    File::open(file)?.sync_all()
}
