//! Sessions: how they begin, go on and end.

use super::accounts::{PolicyReference, TokenHash};
use super::{Store, write};
use crate::backend::read;
use crate::error::Result;
use crate::types::Id;
use std::collections::HashSet;
use umbrachat_protocol::{Me, Session, SessionId, Timestamp, UserId};

pub struct NewSession {
    pub device_name: String,
    pub refresh: TokenHash,
    /// The end, unless the session is used before; moves with each refresh.
    pub idle_until: Timestamp,
    /// The end in any case.
    pub expires_at: Timestamp,
}

pub struct SessionStarted {
    pub me: Me,
    pub session: SessionId,
}

/// Whom a session belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authenticated {
    pub user: UserId,
    pub session: SessionId,
    /// Whether they have agreed to the policy that was asked for, to the letter.
    pub consented: bool,
}

/// The next refresh token: its hash, and the token itself, sealed so that only a holder of the present one can read it.
pub struct Successor {
    pub hash: TokenHash,
    pub sealed: Vec<u8>,
    pub idle_until: Timestamp,
}

/// What became of a refresh.
pub enum Rotation {
    Rotated(Me),
    /// The token was replaced within the last 10 s: its holder gets the same successor again.
    Repeated {
        me: Me,
        sealed: Vec<u8>,
    },
    /// A token from before: somebody else may have it. The session has been ended.
    Superseded,
    Expired,
    /// There is no such session any more.
    Unknown,
}

impl Store {
    pub async fn start_session(&self, user: UserId, session: NewSession) -> Result<SessionStarted> {
        let (stamp, id) = (self.stamp(), self.new_id());
        write!(self, |ops, conn| Ok((
            ops::sessions::start(conn, stamp, id, user.into(), session).await?,
            Vec::new()
        )))
    }

    /// Who this session is; none where it has ended or expired.
    pub async fn session(
        &self,
        session: SessionId,
        policy: &PolicyReference,
    ) -> Result<Option<Authenticated>> {
        let (policy, now) = (policy.clone(), self.clock.now());
        read!(&self.backend, |ops, conn| ops::sessions::authenticated(conn, session, &policy, now).await)
    }

    /// Whether a session goes on, for whoever need not know whose it is.
    pub async fn is_alive(&self, session: SessionId) -> Result<bool> {
        Ok(self.those_alive(&[session]).await?.contains(&session))
    }

    /// Which of these sessions go on.
    pub async fn those_alive(&self, sessions: &[SessionId]) -> Result<HashSet<SessionId>> {
        let now = self.clock.now();
        let ids: Vec<Id> = sessions.iter().copied().map(Id::from).collect();
        read!(&self.backend, |ops, conn| ops::sessions::alive(conn, &ids, now).await)
    }

    pub async fn rotate_refresh(
        &self,
        session: SessionId,
        presented: TokenHash,
        successor: Successor,
    ) -> Result<Rotation> {
        let stamp = self.stamp();
        write!(self, |ops, conn| ops::sessions::rotate(conn, stamp, session, presented, successor).await)
    }

    /// A person's sessions, the last used first.
    pub async fn sessions(&self, user: UserId, current: SessionId) -> Result<Vec<Session>> {
        let now = self.clock.now();
        read!(&self.backend, |ops, conn| { ops::sessions::all(conn, user.into(), current.into(), now).await })
    }

    /// Ends a session of the person's: the one that asks, or another.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`] where this person has no such session.
    pub async fn end_session(&self, user: UserId, asking: SessionId, ended: SessionId) -> Result<()> {
        let (stamp, asking) = (self.stamp(), (user.into(), asking.into()));
        write!(self, |ops, conn| Ok(((), ops::sessions::end_one(conn, stamp, asking, ended.into()).await?)))
    }

    pub async fn end_other_sessions(&self, user: UserId, asking: SessionId) -> Result<()> {
        let (stamp, asking) = (self.stamp(), (user.into(), asking.into()));
        write!(self, |ops, conn| Ok(((), ops::sessions::end_others(conn, stamp, asking).await?)))
    }

    /// Clears away sessions that are over and security events that are too old; how many rows.
    pub async fn forget_what_is_over(&self) -> Result<usize> {
        let now = self.clock.now();
        write!(self, |ops, conn| Ok((ops::security::forget_what_is_over(conn, now).await?, Vec::new())))
    }
}
