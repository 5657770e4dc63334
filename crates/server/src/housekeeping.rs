//! What has to be done from time to time, whether or not anybody asks for anything.

use crate::app::AppState;
use actix_web::web::Data;
use std::time::Duration;
use tokio::time::{Instant, interval_at};

const EVERY: Duration = Duration::from_secs(10);
/// Rounds between two looks for who has all of their allowance again,
const RESTED: u32 = 6;
/// and for rows that are over.
const CLEARING: u32 = 180;

/// Goes on for as long as the task does.
pub async fn keep(state: Data<AppState>) {
    let mut rounds = interval_at(Instant::now() + EVERY, EVERY);
    for round in 0_u32.. {
        rounds.tick().await;
        match state.backup_watch.look(&state.store).await {
            Ok(true) => state.hub.begins_anew(),
            Ok(false) => {}
            Err(error) => tracing::debug!(%error, "the database could not be looked at"),
        }
        if round % RESTED == 0 {
            state.limits.forget_the_rested();
        }
        if round % CLEARING == 0
            && let Err(error) = state.store.forget_what_is_over().await
        {
            tracing::warn!(%error, "what is over could not be cleared away; this is tried again");
        }
    }
}
