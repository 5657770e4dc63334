//! Hears that an operator's command has changed the database beside this server.

use crate::app::AppState;
use crate::erasure_ledger::ReplayError;
use actix_web::web::Data;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use umbrachat_store::Change;

/// How often to look: a session that was ended by a command is cut off within a second.
const EVERY: Duration = Duration::from_millis(300);

/// Goes on for as long as the task does.
pub async fn listen(state: Data<AppState>) {
    let mut rounds = interval(EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = None;
    loop {
        rounds.tick().await;
        // A database that does not answer now is asked again, and by everybody else too.
        let Ok(count) = state.store.signals().await else { continue };
        if heard == Some(count) {
            continue;
        }
        let is_first = heard.is_none();
        match look(&state, is_first).await {
            Ok(()) => heard = Some(count),
            Err(error) => tracing::warn!(%error, "what an operator changed could not be looked at yet"),
        }
    }
}

/// Sessions that have ended are cut off first; then everybody looks again, and the ledger of erasures is brought up to date.
async fn look(state: &AppState, is_first: bool) -> Result<(), ReplayError> {
    state.hub.compare().await.map_err(ReplayError::Store)?;
    if is_first {
        return Ok(());
    }
    tracing::info!("an operator's command has changed something");
    state.hub.publish(vec![Change::Unknown]);
    state.erasure_ledger.catch_up(&state.store).await
}
