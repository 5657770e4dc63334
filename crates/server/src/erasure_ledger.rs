//! Who was erased, remembered outside of the database too: a backup that is restored has forgotten its newest erasures, and
//! this brings them back. It holds digests alone, which only this server's secret can compare with an id.

use crate::hex;
use crate::keys::{Purpose, SecretKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use umbrachat_protocol::{ErasedMessages, Timestamp, UserId};
use umbrachat_store::{LedgerEntry, Store, StoreError};
use uuid::Uuid;

/// Accounts that are compared with the ledger at a time.
const PAGE: i64 = 1_000;

pub struct ErasureLedger {
    key: [u8; 32],
    /// One line for each entry, only ever appended to. Without it a restored backup forgets no more than it knew.
    file: Option<PathBuf>,
}

impl ErasureLedger {
    /// Opens the file, and makes it where it is missing, for this user's eyes alone.
    pub fn open(secret: &SecretKey, file: Option<PathBuf>) -> io::Result<Self> {
        if let Some(path) = &file {
            appending(path)?;
        }
        Ok(Self { key: secret.derive(Purpose::Erasures), file })
    }

    pub fn entry(&self, user: UserId, messages: ErasedMessages, erased_at: Timestamp) -> LedgerEntry {
        LedgerEntry { digest: self.digest(user), messages, erased_at }
    }

    /// Appends entries to the file. Where that fails the database has them, and the next start tries again.
    pub async fn keep(&self, entries: &[LedgerEntry]) {
        let Some(path) = self.file.clone() else { return };
        let lines: String = entries.iter().map(line).collect();
        let written = tokio::task::spawn_blocking(move || append(&path, &lines)).await;
        if let Err(error) = written.map_err(io::Error::other).flatten() {
            tracing::error!(%error, "the ledger of erasures could not be written to its file");
        }
    }

    /// Brings the file up to what the database knows: somebody else may have erased people.
    pub async fn catch_up(&self, store: &Store) -> Result<(), ReplayError> {
        let in_database = store.erasure_ledger().await?;
        self.keep(&missing_in(&self.read()?, &in_database)).await;
        Ok(())
    }

    /// Makes file and database know the same, and erases again whoever is in the ledger and in the database: a backup that
    /// was restored has brought them back. Nobody is served before this has ended their accounts.
    pub async fn replay(&self, store: &Store) -> Result<usize, ReplayError> {
        let in_file = self.read()?;
        let in_database = store.erasure_ledger().await?;
        self.keep(&missing_in(&in_file, &in_database)).await;
        let only_in_file = missing_in(&in_database, &in_file);
        if !only_in_file.is_empty() {
            store.note_erasures(only_in_file.clone()).await?;
        }
        let all = in_database.into_iter().chain(only_in_file);
        let erased: HashMap<[u8; 32], LedgerEntry> = all.map(|entry| (entry.digest, entry)).collect();
        let mut again = 0;
        let mut after = UserId(Uuid::nil());
        while !erased.is_empty() {
            let users = store.user_ids(after, PAGE).await?;
            let Some(last) = users.last() else { break };
            after = *last;
            for user in users {
                if let Some(entry) = erased.get(&self.digest(user)) {
                    store.erase_account(user, None, *entry, Duration::ZERO).await?;
                    again += 1;
                }
            }
        }
        Ok(again)
    }

    /// HMAC-SHA256 (RFC 2104), so that nobody without the key can try ids.
    fn digest(&self, user: UserId) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(user.0.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn read(&self) -> io::Result<Vec<LedgerEntry>> {
        let Some(path) = &self.file else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        for (number, text) in BufReader::new(File::open(path)?).lines().enumerate() {
            let text = text?;
            // A crash may have cut a line short. What it said is in the database, or was never acknowledged.
            match parse(&text) {
                Some(entry) => entries.push(entry),
                None => {
                    tracing::warn!(line = number + 1, "the ledger of erasures has a line that says nothing");
                }
            }
        }
        Ok(entries)
    }
}

/// Why the ledger could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("{0}")]
    Store(#[from] StoreError),
}

fn missing_in(known: &[LedgerEntry], entries: &[LedgerEntry]) -> Vec<LedgerEntry> {
    let known: HashSet<[u8; 32]> = known.iter().map(|entry| entry.digest).collect();
    entries.iter().filter(|entry| !known.contains(&entry.digest)).copied().collect()
}

fn appending(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

fn append(path: &Path, lines: &str) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut file = appending(path)?;
    // A line that a crash cut short must not swallow the next.
    if file.metadata()?.len() > 0 && !ends_with_newline(path)? {
        file.write_all(b"\n")?;
    }
    file.write_all(lines.as_bytes())?;
    file.sync_all()
}

fn ends_with_newline(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// `digest messages time`
fn line(entry: &LedgerEntry) -> String {
    let messages = match entry.messages {
        ErasedMessages::Erase => "erase",
        ErasedMessages::Anonymise => "anonymise",
    };
    format!("{} {messages} {}\n", hex::encode(&entry.digest), entry.erased_at.0)
}

fn parse(line: &str) -> Option<LedgerEntry> {
    let mut words = line.split(' ');
    let (digest, messages, time) = (words.next()?, words.next()?, words.next()?);
    let messages = match messages {
        "erase" => ErasedMessages::Erase,
        "anonymise" => ErasedMessages::Anonymise,
        _ => return None,
    };
    Some(LedgerEntry {
        digest: hex::decode(digest)?.try_into().ok()?,
        messages,
        erased_at: Timestamp(time.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(byte: u8) -> LedgerEntry {
        LedgerEntry { digest: [byte; 32], messages: ErasedMessages::Anonymise, erased_at: Timestamp(7) }
    }

    #[tokio::test]
    async fn entries_come_back_as_they_were_kept_and_nobody_else_reads_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("erasures.ledger");
        let ledger = ErasureLedger::open(&SecretKey::generate(), Some(path.clone())).unwrap();
        ledger.keep(&[entry(1), entry(2)]).await;
        // A crash in the middle of a line.
        append(&path, "0303").unwrap();
        ledger.keep(&[entry(4)]).await;

        assert_eq!(ledger.read().unwrap(), [entry(1), entry(2), entry(4)]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn only_the_same_secret_finds_a_person_again() {
        let (one, other) = (SecretKey::generate(), SecretKey::generate());
        let open = |secret| ErasureLedger::open(secret, None).unwrap();
        let (ana, bo) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        assert_eq!(open(&one).digest(ana), open(&one).digest(ana));
        assert_ne!(open(&one).digest(ana), open(&one).digest(bo));
        assert_ne!(open(&one).digest(ana), open(&other).digest(ana));
    }
}
