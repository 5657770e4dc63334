//! What changes while one watches.

use tokio::sync::broadcast::{self, error::RecvError};
use umbrachat_client_core::Change;

/// Changes that may wait for a slow reader. When it falls further behind, the oldest are dropped, and it is told how
/// many ([`Update::Missed`]); the connection itself never waits for a reader.
pub(crate) const UPDATES_MAX: usize = 4_096;

/// Every change of a [`Live`](crate::Live) connection's state, from when this was asked for.
#[derive(Debug)]
pub struct Updates(pub(crate) broadcast::Receiver<Change>);

#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// This part of the state is different now.
    Changed(Change),
    /// So many changes were dropped because they were not read in time. The state itself has them all.
    Missed(u64),
}

impl Updates {
    /// The next one; none once the connection has been stopped. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Update> {
        match self.0.recv().await {
            Ok(change) => Some(Update::Changed(change)),
            Err(RecvError::Lagged(count)) => Some(Update::Missed(count)),
            Err(RecvError::Closed) => None,
        }
    }
}
