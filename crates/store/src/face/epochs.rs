//! Which history the database has.

use super::{Store, write};
use crate::error::Result;
use std::sync::PoisonError;
use umbrachat_protocol::Epoch;

/// How far a database has been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub epoch: Epoch,
    pub beat: i64,
}

impl Store {
    /// Moves the database's counter on. Where it lies behind what was seen before, the database has been restored from a
    /// backup, and a new epoch begins.
    pub async fn beat(&self, seen: Option<i64>) -> Result<Sighting> {
        let fresh = self.new_id();
        let (epoch, beat) =
            write!(self, |ops, conn| Ok((ops::epochs::beat(conn, seen, fresh).await?, Vec::new())))?;
        Ok(self.note_epoch(epoch.into(), beat))
    }

    /// Begins a new epoch: somebody knows that the database was restored.
    pub async fn begin_epoch(&self) -> Result<Sighting> {
        let fresh = self.new_id();
        let (epoch, beat) = write!(self, |ops, conn| {
            let (_, beat) = ops::epochs::beat(conn, None, fresh).await?;
            Ok((ops::epochs::begin(conn, fresh, beat).await?, Vec::new()))
        })?;
        Ok(self.note_epoch(epoch.into(), beat))
    }

    /// As of the last beat; none before the first.
    pub fn epoch(&self) -> Option<Epoch> {
        *self.epoch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_epoch(&self, epoch: Epoch, beat: i64) -> Sighting {
        *self.epoch.lock().unwrap_or_else(PoisonError::into_inner) = Some(epoch);
        Sighting { epoch, beat }
    }
}
