//! Notices when the database has gone back: a counter in it is moved on, and a file outside of it remembers how far.

use crate::hex;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use umbrachat_protocol::Epoch;
use umbrachat_store::{Mark, Store, StoreError};

/// What this server has seen of its database.
pub struct BackupWatch {
    /// None where nothing can be kept: then only what this process has seen itself counts.
    file: Option<PathBuf>,
    seen: Mutex<Option<Mark>>,
}

impl BackupWatch {
    /// Reads what an earlier run has seen.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn open(file: Option<PathBuf>) -> io::Result<Self> {
        let seen = match file.as_deref().map(fs::read_to_string) {
            Some(Ok(text)) => parse(&text),
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => None,
        };
        Ok(Self { file, seen: Mutex::new(seen) })
    }

    /// Looks once, and remembers; whether the database's history is another one than before.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn look(&self, store: &Store) -> Result<bool, StoreError> {
        let before = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = store.beat(before.map(|mark| mark.beat)).await?;
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(mark);
        if let Some(file) = self.file.clone() {
            let kept = tokio::task::spawn_blocking(move || keep(&file, mark)).await;
            if let Err(error) = kept.map_err(io::Error::other).flatten() {
                tracing::warn!(%error, "a restored backup may not be noticed: what was seen of the database could not be kept");
            }
        }
        let is_another = before.is_some_and(|before| before.epoch != mark.epoch);
        if is_another {
            tracing::warn!(epoch = %mark.epoch, "the database was restored from a backup: clients are told to begin anew");
        }
        Ok(is_another)
    }
}

/// Written aside and then put in its place, so that a crash leaves the old one or the new one.
fn keep(file: &PathBuf, mark: Mark) -> io::Result<()> {
    let aside = file.with_extension("new");
    let mut written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    writeln!(written, "{} {}", hex::encode(mark.epoch.0.as_bytes()), mark.beat)?;
    written.sync_all()?;
    fs::rename(aside, file)
}

fn parse(text: &str) -> Option<Mark> {
    let (epoch, beat) = text.trim().split_once(' ')?;
    let epoch: [u8; 16] = hex::decode(epoch)?.try_into().ok()?;
    Some(Mark { epoch: Epoch(uuid::Uuid::from_bytes(epoch)), beat: beat.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_comes_back_as_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("database.seen");
        let mark = Mark { epoch: Epoch(uuid::Uuid::from_u128(7)), beat: 42 };
        keep(&file, mark).unwrap();
        let watch = BackupWatch::open(Some(file.clone())).unwrap();
        assert_eq!(*watch.seen.lock().unwrap(), Some(mark));
        fs::write(&file, "nonsense").unwrap();
        assert_eq!(*BackupWatch::open(Some(file)).unwrap().seen.lock().unwrap(), None);
    }
}
