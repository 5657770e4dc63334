//! A code from a second device at sign-in.

use super::{Store, write};
use crate::backend::read;
use crate::error::Result;
use umbrachat_protocol::{SessionId, Timestamp, UserId};

impl Store {
    /// Since when a code is asked for at sign-in.
    pub async fn second_factor_since(&self, user: UserId) -> Result<Option<Timestamp>> {
        read!(&self.backend, |ops, conn| ops::second_factors::since(conn, user.into()).await)
    }

    /// The sealed secret of one that is being set up.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`] where none is.
    pub async fn second_factor_being_set_up(&self, user: UserId) -> Result<Vec<u8>> {
        read!(&self.backend, |ops, conn| ops::second_factors::being_set_up(conn, user.into()).await)
    }

    /// # Errors
    /// [`crate::Refusal::WrongPassword`] where the verified hash is not the person's any more,
    /// [`crate::Refusal::Conflict`] where a second factor is on.
    pub async fn begin_second_factor(
        &self,
        user: UserId,
        verified_hash: String,
        secret_sealed: Vec<u8>,
    ) -> Result<()> {
        write!(self, |ops, conn| {
            ops::second_factors::begin(conn, user.into(), &verified_hash, secret_sealed).await?;
            Ok(((), Vec::new()))
        })
    }

    /// Turns on the one that is being set up. `step` is that of the code which was right.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`] where none with this secret is being set up any more.
    pub async fn confirm_second_factor(
        &self,
        user: UserId,
        session: SessionId,
        secret_sealed: Vec<u8>,
        step: i64,
    ) -> Result<()> {
        let (stamp, asking) = (self.stamp(), (user.into(), session.into()));
        write!(self, |ops, conn| {
            ops::second_factors::confirm(conn, stamp, asking, &secret_sealed, step).await?;
            Ok(((), Vec::new()))
        })
    }

    /// Spends the code of a step; false where it, or a newer one, has been used before.
    pub async fn spend_code(&self, user: UserId, step: i64) -> Result<bool> {
        write!(self, |ops, conn| Ok((ops::second_factors::spend(conn, user.into(), step).await?, Vec::new())))
    }

    /// # Errors
    /// [`crate::Refusal::WrongPassword`] where the verified hash is not the person's any more.
    pub async fn remove_second_factor(
        &self,
        user: UserId,
        session: SessionId,
        verified_hash: String,
    ) -> Result<()> {
        let (stamp, asking) = (self.stamp(), (user.into(), session.into()));
        write!(self, |ops, conn| {
            ops::second_factors::remove(conn, stamp, asking, &verified_hash).await?;
            Ok(((), Vec::new()))
        })
    }
}
