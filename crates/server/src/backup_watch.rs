//! Notices when the database has gone back: a counter in it is moved on, and a file outside of it remembers how far.

use crate::hex;
use crate::keys::random;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use umbrachat_protocol::Epoch;
use umbrachat_store::{Sighting, Store, StoreError};

/// What this server has seen of its database.
pub struct BackupWatch {
    /// None where nothing can be kept: then only what this process has seen itself counts.
    file: Option<PathBuf>,
    seen: Mutex<Option<Sighting>>,
}

impl BackupWatch {
    /// Reads what an earlier run has seen.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn open(file: PathBuf) -> io::Result<Self> {
        let seen = match fs::read_to_string(&file) {
            Ok(text) => parse(&text).or_else(|| {
                tracing::warn!(file = %file.display(), "what was seen of the database cannot be read and counts for nothing");
                None
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self { file: Some(file), seen: Mutex::new(seen) })
    }

    /// Knows and keeps nothing.
    pub fn unkept() -> Self {
        Self { file: None, seen: Mutex::default() }
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
fn keep(file: &PathBuf, mark: Sighting) -> io::Result<()> {
    // Replicas may share the folder: each writes to a file of its own.
    let aside = file.with_extension(format!("{}.new", hex::encode(&random::<8>())));
    let written = write(&aside, mark).and_then(|()| fs::rename(&aside, file));
    if written.is_err() {
        // Whether it is there or not, what went wrong is told.
        let _ = fs::remove_file(&aside);
    }
    written
}

fn write(file: &Path, mark: Sighting) -> io::Result<()> {
    let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(written, "{} {}", hex::encode(mark.epoch.0.as_bytes()), mark.beat)?;
    written.sync_all()
}

fn parse(text: &str) -> Option<Sighting> {
    let (epoch, beat) = text.trim().split_once(' ')?;
    let epoch: [u8; 16] = hex::decode(epoch)?.try_into().ok()?;
    Some(Sighting { epoch: Epoch(uuid::Uuid::from_bytes(epoch)), beat: beat.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_comes_back_as_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("database.seen");
        let mark = Sighting { epoch: Epoch(uuid::Uuid::from_u128(7)), beat: 42 };
        keep(&file, mark).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let watch = BackupWatch::open(file.clone()).unwrap();
        assert_eq!(*watch.seen.lock().unwrap(), Some(mark));
        fs::write(&file, "nonsense").unwrap();
        assert_eq!(*BackupWatch::open(file).unwrap().seen.lock().unwrap(), None);
    }
}
