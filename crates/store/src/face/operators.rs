//! What operators do from beside the servers, and how the servers hear of it.

use super::{Publish, Store, write};
use crate::backend::{Backend, read};
use crate::clock::Clock;
use crate::database::{Database, OpenError};
use crate::error::{Result, StoreError};
use crate::examination::{self, Tables};
use umbrachat_protocol::{Timestamp, UserId};

/// An account, as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub username: String,
    pub display_name: String,
    pub created_at: Timestamp,
    /// Sessions that go on.
    pub sessions: usize,
    /// When the one that was used last was; none where there is none.
    pub last_used_at: Option<Timestamp>,
}

/// Why a database cannot be worked on from beside.
#[derive(Debug, thiserror::Error)]
pub enum OpenBesideError {
    #[error("{0}")]
    Open(#[from] OpenError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("its tables are not up to date: `umbrachat migrate`, or a start of this version, sees to that")]
    Behind,
    #[error("its tables are newer than this umbrachat: use the version that serves it")]
    Ahead,
}

impl Store {
    /// Opens a database that a server may be running on. Nothing is brought up to date, so the tables must be as this
    /// version knows them.
    ///
    /// What is changed this way reaches nobody by itself: [`Store::signal`] tells the servers to look.
    pub async fn open_beside(
        database: &Database,
        clock: Clock,
        publish: Publish,
    ) -> Result<Self, OpenBesideError> {
        let backend = Backend::open_beside(database)?;
        match examination::tables(&backend).await? {
            Tables::UpToDate => {}
            Tables::Missing | Tables::Behind(_) => return Err(OpenBesideError::Behind),
            Tables::Ahead(_) => return Err(OpenBesideError::Ahead),
        }
        Ok(Self::over(backend, clock, publish))
    }

    /// Accounts in the order of their names: at most `limit` after the given one.
    pub async fn accounts(&self, after: &str, limit: i64) -> Result<Vec<Account>> {
        let (after, now) = (after.to_owned(), self.clock.now());
        read!(&self.backend, |ops, conn| ops::operators::accounts(conn, &after, limit, now).await)
    }

    /// Sets a new password without knowing the old one. Every session ends, and the recovery codes with them; how many
    /// sessions.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such account.
    pub async fn reset_password(&self, user: UserId, password_hash: String) -> Result<usize> {
        let stamp = self.stamp();
        write!(self, |ops, conn| {
            ops::operators::reset_password(conn, stamp, user.into(), password_hash).await
        })
    }

    /// Ends every session of a person; how many.
    pub async fn end_sessions(&self, user: UserId) -> Result<usize> {
        let stamp = self.stamp();
        write!(self, |ops, conn| ops::operators::end_sessions(conn, stamp, user.into()).await)
    }

    /// Writes a copy of a SQLite file, as it is at one moment, into another file, which must be empty.
    pub async fn copy_into(&self, path: &str) -> Result<()> {
        self.backend.copy_into(path).await
    }

    /// Tells the servers on this database that it was changed from beside.
    pub async fn signal(&self) -> Result<()> {
        write!(self, |ops, conn| Ok((ops::operators::signal(conn).await?, Vec::new())))
    }

    /// How often that was done: a number that only grows.
    pub async fn signals(&self) -> Result<i64> {
        read!(&self.backend, |ops, conn| ops::operators::signals(conn).await)
    }
}
