//! Reading from the database what did not arrive by itself.

use super::hub::{Hub, Shared};
use super::state::Item;
use std::sync::Weak;
use std::time::Duration;
use umbrachat_protocol::ConversationId;
use umbrachat_store::Change;

/// How long to wait before asking a database again that did not answer.
const RETRY: Duration = Duration::from_millis(500);
/// Changes that one question to the database brings.
const FILL: usize = 500;

/// Goes on until nothing is missing, or nobody follows any more. With no time to wait it asks at least once: a new room
/// may lack something without knowing it.
pub(super) async fn fill(hub: Weak<Shared>, id: ConversationId, mut wait: Duration) {
    let mut must_ask = wait.is_zero();
    loop {
        tokio::time::sleep(wait).await;
        let Some(hub) = hub.upgrade().map(Hub) else { return };
        let since = hub.state().missing_since(id, must_ask);
        let (Some(since), Some(store)) = (since, hub.0.store.get()) else { return };
        match store.changes_to_publish(id, since, FILL).await {
            Ok((rev, changes)) => {
                let items = changes.into_iter().filter_map(|change| match change {
                    Change::Numbered { rev, what, .. } => Some((rev, Item::encode(what))),
                    _ => None,
                });
                hub.state().fill(id, rev, items.collect());
                must_ask = false;
                wait = Duration::ZERO;
            }
            // The conversation has been deleted; its room goes with that change.
            Err(umbrachat_store::StoreError::NotFound) => return,
            Err(error) => {
                tracing::warn!(%error, "a gap could not be filled yet");
                wait = RETRY;
            }
        }
    }
}
