//! Forgetting people, and not forgetting that they were to be forgotten.

use super::{Store, write};
use crate::backend::read;
use crate::departure::{Departure, Piece};
use crate::error::{Result, StoreError};
use crate::inventory::Kind;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use umbrachat_protocol::{
    ConversationId, DataKind, ErasedMessages, ErasureCounts, MyData, Timestamp, UserId,
};

/// How long to wait before trying again with a database that does not answer; twice as long each time,
const RETRY: Duration = Duration::from_secs(1);
/// up to this.
const RETRY_MAX: Duration = Duration::from_mins(1);

/// One line of the ledger of erasures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Of the erased person's id, under a key of the server's.
    pub digest: [u8; 32],
    pub messages: ErasedMessages,
    pub erased_at: Timestamp,
}

/// How far an erasure has come.
#[derive(Clone, Copy, Debug)]
pub struct Erasure {
    /// When the account ended.
    pub erased_at: Timestamp,
    /// When the last trace was gone; none while there are some.
    pub completed_at: Option<Timestamp>,
    /// What is gone.
    pub counts: ErasureCounts,
    pub remaining_messages: i64,
}

#[derive(Clone, Copy, Default)]
struct Progress {
    counts: ErasureCounts,
    completed_at: Option<Timestamp>,
}

impl Store {
    /// Ends an account at once and for good, and then removes its traces, piece by piece, whatever becomes of the caller
    /// and also after a restart. Waits for the last piece no longer than `patience`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the account has ended already; [`crate::Refusal::WrongPassword`] where the verified
    /// hash is not the person's any more.
    pub async fn erase_account(
        &self,
        user: UserId,
        verified_hash: Option<String>,
        entry: LedgerEntry,
        patience: Duration,
    ) -> Result<Erasure> {
        let counts = write!(self, |ops, conn| {
            let ledger = (&entry.digest[..], entry.messages);
            ops::erasure::begin(conn, user.into(), verified_hash.as_deref(), ledger, entry.erased_at).await
        })?;
        let (progress, mut watched) = watch::channel(Progress { counts, completed_at: None });
        tokio::spawn(self.clone().remove_traces(user, entry.messages, progress));
        // What is not done by then is told by the progress itself.
        let _ = timeout(patience, watched.wait_for(|progress| progress.completed_at.is_some())).await;

        let Progress { counts, completed_at } = *watched.borrow();
        let remaining_messages = match completed_at {
            Some(_) => 0,
            None => read!(&self.backend, |ops, conn| {
                ops::erasure::remaining_messages(conn, user.into()).await
            })?,
        };
        Ok(Erasure { erased_at: entry.erased_at, completed_at, counts, remaining_messages })
    }

    /// Goes on with what a restart interrupted, in the background; of how many people.
    pub async fn resume_erasures(&self) -> Result<usize> {
        let unfinished = read!(&self.backend, |ops, conn| ops::erasure::unfinished(conn).await)?;
        let count = unfinished.len();
        let store = self.clone();
        tokio::spawn(async move {
            for (user, fate) in unfinished {
                store.clone().remove_traces(user, fate, watch::channel(Progress::default()).0).await;
            }
        });
        Ok(count)
    }

    /// Everybody who was erased, as far as this database knows.
    pub async fn erasure_ledger(&self) -> Result<Vec<LedgerEntry>> {
        let rows = read!(&self.backend, |ops, conn| ops::erasure::ledger(conn).await)?;
        rows.into_iter()
            .map(|(digest, messages, erased_at)| {
                let digest = digest
                    .try_into()
                    .map_err(|_| StoreError::Internal("a digest of the wrong length".to_owned()))?;
                Ok(LedgerEntry { digest, messages, erased_at })
            })
            .collect()
    }

    /// Writes entries that this database does not know into its ledger.
    pub async fn note_erasures(&self, entries: Vec<LedgerEntry>) -> Result<()> {
        write!(self, |ops, conn| {
            for entry in &entries {
                ops::erasure::note(conn, &entry.digest, entry.messages, entry.erased_at).await?;
            }
            Ok(((), Vec::new()))
        })
    }

    /// Every kind of data that is held about a person, and how much of each.
    pub async fn my_data(&self, user: UserId) -> Result<MyData> {
        let mut kinds = Vec::with_capacity(Kind::ALL.len());
        for kind in Kind::ALL {
            let count =
                read!(&self.backend, |ops, conn| { ops::inventory::count(conn, user.into(), *kind).await })?;
            kinds.push(DataKind {
                kind: kind.name().to_owned(),
                title: kind.title().to_owned(),
                count,
                why: kind.why().to_owned(),
                kept: kind.kept().to_owned(),
            });
        }
        Ok(MyData { kinds })
    }

    /// The accounts that there are, in the order of their ids: at most `limit` after the given one.
    pub async fn user_ids(&self, after: UserId, limit: i64) -> Result<Vec<UserId>> {
        read!(&self.backend, |ops, conn| ops::erasure::user_ids(conn, after.into(), limit).await)
    }

    /// Goes on until nothing is left, however often the database fails meanwhile.
    async fn remove_traces(self, user: UserId, fate: ErasedMessages, progress: watch::Sender<Progress>) {
        let mut wait = RETRY;
        while let Err(error) = self.remove_traces_once(user, fate, &progress).await {
            tracing::warn!(%error, "an erasure waits for the database");
            sleep(wait).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
        progress.send_modify(|progress| progress.completed_at = Some(self.clock.now()));
    }

    async fn remove_traces_once(
        &self,
        user: UserId,
        fate: ErasedMessages,
        progress: &watch::Sender<Progress>,
    ) -> Result<()> {
        loop {
            let places: Vec<ConversationId> =
                read!(&self.backend, |ops, conn| ops::erasure::places(conn, user.into()).await)?;
            // Everywhere first, so that the name is gone before the long work begins.
            let mut alone = Vec::new();
            for id in &places {
                alone.push(self.leave_for_good(user, *id, progress).await?);
            }
            for (id, is_alone) in places.into_iter().zip(alone) {
                let traces = Traces { store: self, user, id, fate, progress };
                if is_alone { traces.end_conversation().await? } else { traces.remove().await? }
            }
            if write!(self, |ops, conn| ops::erasure::finish(conn, user.into()).await)? {
                return self.backend.forget_deleted().await;
            }
        }
    }

    /// Whether nobody is left.
    async fn leave_for_good(
        &self,
        user: UserId,
        id: ConversationId,
        progress: &watch::Sender<Progress>,
    ) -> Result<bool> {
        let clock = self.clock.clone();
        let departure = write!(self, |ops, conn| ops::erasure::leave(conn, &clock, user.into(), id).await)?;
        progress.send_modify(|progress| match departure {
            Departure::None => {}
            Departure::LeftGroup => progress.counts.groups_left += 1,
            Departure::AloneInGroup => progress.counts.groups_ended += 1,
            Departure::LeftDirect | Departure::AloneInDirect => progress.counts.direct_conversations += 1,
        });
        Ok(matches!(departure, Departure::AloneInGroup | Departure::AloneInDirect))
    }
}

/// What one person left in one conversation.
struct Traces<'a> {
    store: &'a Store,
    user: UserId,
    id: ConversationId,
    fate: ErasedMessages,
    progress: &'a watch::Sender<Progress>,
}

/// Repeats a piece until nothing is left. After each it rests as long as the piece took, so that others, who may have
/// waited for the same lock or the same disk, get their turn.
macro_rules! piecewise {
    ($traces:expr, |$ops:ident, $conn:ident, $user:ident, $after:ident, $now:ident| $piece:expr) => {{
        let (store, $user) = ($traces.store, $crate::types::Id::from($traces.user));
        let mut $after = 0;
        loop {
            let (started, $now) = (Instant::now(), store.clock.now());
            let piece = write!(store, |$ops, $conn| $piece.await)?;
            $traces.note(piece);
            let Some(next) = piece.next else { break };
            $after = next;
            sleep(started.elapsed()).await;
        }
    }};
}

impl Traces<'_> {
    async fn remove(&self) -> Result<()> {
        let (id, fate) = (self.id, self.fate);
        piecewise!(self, |ops, conn, user, after, now| {
            ops::erasure::clear_messages(conn, user, id, after, fate, now)
        });
        piecewise!(self, |ops, conn, user, after, now| {
            ops::erasure::clear_notices(conn, user, id, after, now)
        });
        piecewise!(self, |ops, conn, user, after, now| {
            ops::erasure::clear_reactions(conn, user, id, after, now)
        });
        piecewise!(self, |ops, conn, user, after, now| {
            ops::erasure::clear_mentions(conn, user, id, after, now)
        });
        let (store, user) = (self.store, self.user);
        write!(store, |ops, conn| {
            Ok((ops::erasure::forget_membership(conn, user.into(), id).await?, Vec::new()))
        })
    }

    async fn end_conversation(&self) -> Result<()> {
        let id = self.id;
        piecewise!(self, |ops, conn, user, after, now| ops::erasure::empty(conn, user, id, after, now));
        Ok(())
    }

    fn note(&self, piece: Piece) {
        self.progress.send_modify(|progress| {
            progress.counts.messages += piece.messages;
            progress.counts.notices += piece.notices;
            progress.counts.reactions += piece.reactions;
            progress.counts.mentions += piece.mentions;
        });
    }
}
