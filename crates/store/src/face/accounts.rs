//! Accounts, passwords and consent.

use super::sessions::{NewSession, SessionStarted};
use super::{Store, write};
use crate::backend::read;
use crate::change::Change;
use crate::error::Result;
use crate::types::Id;
use std::fmt;
use umbrachat_protocol::{Consent, Me, SecurityEvent, SecurityEventKind, SessionId, UpdateMe, UserId};

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
#[derive(Clone)]
pub struct PolicyReference {
    pub version: String,
    /// In hex.
    pub sha256: String,
}

/// What somebody who signs in must know.
pub struct Secrets {
    pub user: UserId,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// The sealed secret of a second factor that is on.
    pub second_factor: Option<Vec<u8>>,
}

/// What is known of a person whose password is asked for.
pub struct Knowledge {
    pub username: String,
    pub display_name: String,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
}

impl Store {
    /// # Errors
    /// [`crate::Refusal::UsernameTaken`]
    pub async fn register(&self, account: NewAccount) -> Result<SessionStarted> {
        let (stamp, ids) = (self.stamp(), (self.new_id(), self.new_id(), self.new_id()));
        write!(self, |ops, conn| Ok((ops::accounts::register(conn, stamp, ids, account).await?, Vec::new())))
    }

    /// What belongs to a (folded) username.
    pub async fn secrets_of(&self, username: &str) -> Result<Option<Secrets>> {
        let username = username.to_owned();
        read!(&self.backend, |ops, conn| ops::passwords::of_username(conn, &username).await)
    }

    /// What a signed-in person's password is checked with.
    pub async fn knowledge_of(&self, user: UserId) -> Result<Knowledge> {
        read!(&self.backend, |ops, conn| ops::passwords::of(conn, user.into()).await)
    }

    /// Sets a new password; every session but this one ends.
    ///
    /// # Errors
    /// [`crate::Refusal::WrongPassword`] where the verified hash is not the person's any more.
    pub async fn change_password(
        &self,
        user: UserId,
        session: SessionId,
        verified_hash: String,
        new_hash: String,
    ) -> Result<()> {
        let (stamp, asking) = (self.stamp(), (user.into(), session.into()));
        write!(self, |ops, conn| Ok((
            (),
            ops::passwords::change(conn, stamp, asking, &verified_hash, new_hash).await?
        )))
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
        let (stamp, ids) = (self.stamp(), (Id::from(user), self.new_id()));
        write!(self, |ops, conn| {
            ops::passwords::recover(conn, stamp, ids, code, password_hash, session).await
        })
    }

    /// Puts new recovery codes in place of the old ones.
    ///
    /// # Errors
    /// [`crate::Refusal::WrongPassword`] where the verified hash is not the person's any more.
    pub async fn renew_recovery_codes(
        &self,
        user: UserId,
        session: SessionId,
        verified_hash: String,
        codes: Vec<TokenHash>,
    ) -> Result<()> {
        let (stamp, asking) = (self.stamp(), (user.into(), session.into()));
        write!(self, |ops, conn| {
            ops::passwords::renew_recovery_codes(conn, stamp, asking, &verified_hash, codes).await?;
            Ok(((), Vec::new()))
        })
    }

    /// Notes something that happened to an account, of which there is no other trace.
    pub async fn note(
        &self,
        user: UserId,
        kind: SecurityEventKind,
        session: Option<SessionId>,
    ) -> Result<()> {
        let (stamp, user) = (self.stamp(), Id::from(user));
        write!(self, |ops, conn| {
            match session {
                Some(session) => {
                    ops::security::note_of_session(conn, stamp, (user, session.into()), kind).await?;
                }
                None => ops::security::note(conn, stamp, user, kind, None).await?,
            }
            Ok(((), Vec::new()))
        })
    }

    /// What happened to an account within the last 90 days, the newest first.
    pub async fn security_log(&self, user: UserId) -> Result<Vec<SecurityEvent>> {
        let now = self.clock.now();
        read!(&self.backend, |ops, conn| ops::security::all(conn, user.into(), now).await)
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
    pub async fn give_consent(
        &self,
        user: UserId,
        session: SessionId,
        policy: PolicyReference,
    ) -> Result<()> {
        let (stamp, id, asking) = (self.stamp(), self.new_id(), (user.into(), session.into()));
        write!(self, |ops, conn| Ok((
            ops::consents::give(conn, stamp, asking, id, policy).await?,
            Vec::new()
        )))
    }

    pub async fn withdraw_consent(&self, user: UserId, session: SessionId) -> Result<()> {
        let (stamp, asking) = (self.stamp(), (user.into(), session.into()));
        write!(self, |ops, conn| {
            let changes = vec![Change::ConsentWithdrawn { user }];
            Ok((ops::consents::withdraw(conn, stamp, asking).await?, changes))
        })
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}
