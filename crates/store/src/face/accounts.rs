//! Accounts, sessions and consent.

use super::{Store, write};
use crate::backend::read;
use crate::change::Change;
use crate::error::Result;
use crate::types::Id;
use std::fmt;
use umbrachat_protocol::{Consent, Me, SessionId, Timestamp, UpdateMe, UserId};

/// SHA-256 of a secret: what the database keeps of refresh tokens and recovery codes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

pub struct NewAccount {
    /// Case folded.
    pub username: String,
    pub display_name: String,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    pub recovery_codes: Vec<TokenHash>,
    pub policy: PolicyReference,
    pub session: NewSession,
}

/// The text that a person agreed to.
pub struct PolicyReference {
    pub version: String,
    /// In hex.
    pub sha256: String,
}

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
    /// Whether they have agreed to the policy that was asked for.
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
    /// # Errors
    /// [`crate::Refusal::UsernameTaken`]
    pub async fn register(&self, account: NewAccount) -> Result<SessionStarted> {
        let ids = (self.new_id(), self.new_id(), self.new_id());
        let now = self.clock.now();
        write!(self, |ops, conn| Ok((ops::accounts::register(conn, ids, account, now).await?, Vec::new())))
    }

    /// The Argon2 hash that belongs to a (folded) username.
    pub async fn password_of(&self, username: &str) -> Result<Option<(UserId, String)>> {
        read!(&self.backend, |ops, conn| ops::accounts::password_of(conn, username).await)
    }

    pub async fn start_session(&self, user: UserId, session: NewSession) -> Result<SessionStarted> {
        let (id, now) = (self.new_id(), self.clock.now());
        write!(self, |ops, conn| Ok((
            ops::sessions::start(conn, id, user.into(), session, now).await?,
            Vec::new()
        )))
    }

    /// Who this session is; none where it has ended or expired.
    pub async fn session(&self, session: SessionId, policy_version: &str) -> Result<Option<Authenticated>> {
        let now = self.clock.now();
        read!(&self.backend, |ops, conn| {
            ops::sessions::authenticated(conn, session, policy_version, now).await
        })
    }

    /// Whether a session goes on, for whoever need not know whose it is.
    pub async fn is_alive(&self, session: SessionId) -> Result<bool> {
        Ok(self.session(session, "").await?.is_some())
    }

    pub async fn rotate_refresh(
        &self,
        session: SessionId,
        presented: TokenHash,
        successor: Successor,
    ) -> Result<Rotation> {
        let now = self.clock.now();
        write!(self, |ops, conn| ops::sessions::rotate(conn, session, presented, successor, now).await)
    }

    /// # Errors
    /// [`crate::StoreError::NotFound`] where this person has no such session.
    pub async fn end_session(&self, user: UserId, session: SessionId) -> Result<()> {
        write!(self, |ops, conn| Ok(((), ops::sessions::end(conn, user.into(), session.into()).await?)))
    }

    /// Spends a recovery code for a new password; every earlier session ends.
    ///
    /// # Errors
    /// [`crate::Refusal::InvalidCredentials`] where the code is unknown or spent.
    pub async fn recover(
        &self,
        user: UserId,
        code: TokenHash,
        password_hash: String,
        session: NewSession,
    ) -> Result<SessionStarted> {
        let ids = (Id::from(user), self.new_id());
        let now = self.clock.now();
        write!(self, |ops, conn| {
            ops::accounts::recover(conn, ids, code, password_hash, session, now).await
        })
    }

    pub async fn me(&self, user: UserId) -> Result<Me> {
        read!(&self.backend, |ops, conn| ops::accounts::me(conn, user.into()).await)
    }

    /// The fields must have been checked.
    pub async fn update_me(&self, user: UserId, update: UpdateMe) -> Result<Me> {
        write!(self, |ops, conn| ops::accounts::update_me(conn, user.into(), update).await)
    }

    pub async fn consents(&self, user: UserId) -> Result<Vec<Consent>> {
        read!(&self.backend, |ops, conn| ops::consents::all(conn, user.into()).await)
    }

    /// Agreeing again to what is already agreed to changes nothing.
    pub async fn give_consent(&self, user: UserId, policy: PolicyReference) -> Result<()> {
        let (id, now) = (self.new_id(), self.clock.now());
        write!(self, |ops, conn| Ok((
            ops::consents::give(conn, id, user.into(), policy, now).await?,
            Vec::new()
        )))
    }

    pub async fn withdraw_consent(&self, user: UserId) -> Result<()> {
        let now = self.clock.now();
        write!(self, |ops, conn| {
            let changes = vec![Change::ConsentWithdrawn { user }];
            Ok((ops::consents::withdraw(conn, user.into(), now).await?, changes))
        })
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}
