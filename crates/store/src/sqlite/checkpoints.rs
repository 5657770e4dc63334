//! Takes what SQLite's log has gathered into the file, beside the writer: left to the writer, that is what every few
//! hundred messages would wait for.

use super::Conn;
use crate::error::Result;
use diesel_async::SimpleAsyncConnection;
use diesel_async::pooled_connection::deadpool::Pool;
use tokio::sync::mpsc;

/// Writes after which it is time. One takes some five pages of 4 KiB, many of them the same as the next one's: the more
/// are gathered, the fewer reach the file.
const EVERY: usize = 512;

pub(crate) struct Checkpoints {
    /// Since it was last asked for.
    writes: usize,
    due: mpsc::Sender<()>,
}

impl Checkpoints {
    /// They end when this is dropped.
    pub(crate) fn start(readers: Pool<Conn>) -> Self {
        let (due, mut asked) = mpsc::channel(1);
        tokio::spawn(async move {
            while asked.recv().await.is_some() {
                // The writer does it by itself where the log grows long: see the pragma.
                if let Err(error) = checkpoint(&readers).await {
                    tracing::warn!(%error, "the log was not taken into the file");
                }
            }
        });
        Self { writes: 0, due }
    }

    pub(crate) fn count(&mut self, writes: usize) {
        self.writes += writes;
        if self.writes >= EVERY && self.due.try_send(()).is_ok() {
            self.writes = 0;
        }
    }
}

/// As much as can be taken without waiting for anybody or being waited for.
async fn checkpoint(readers: &Pool<Conn>) -> Result<()> {
    Ok(readers.get().await?.batch_execute("PRAGMA wal_checkpoint(PASSIVE)").await?)
}
