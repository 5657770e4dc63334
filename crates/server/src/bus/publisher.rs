//! Sends what this replica has to tell, in the order in which it was told.

use super::Shared;
use super::message::{Envelope, Posted};
use crate::realtime::Hub;
use deadpool_redis::{Pool, redis};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Messages that go out together.
const BATCH: usize = 256;
/// How long Redis may take. What is late is not repeated: the others will have looked at the database by then.
const PATIENCE: Duration = Duration::from_millis(1_500);

pub(super) async fn run(bus: Arc<Shared>, pool: Pool, mut waiting: mpsc::Receiver<Posted>, hub: Hub) {
    let mut has_failed = false;
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let (mut pipeline, count) = (redis::pipe(), batch.len());
        for Posted { channel, message } in batch.drain(..) {
            let name = bus.seal.name(channel);
            let sealed = bus.seal.seal(&name, &Envelope { from: bus.replica, message });
            pipeline.publish(name, sealed).ignore();
        }
        let sending = async {
            let mut connection = pool.get().await.map_err(|error| error.to_string())?;
            pipeline.query_async::<()>(&mut connection).await.map_err(|error| error.to_string())
        };
        let sent = timeout(PATIENCE, sending).await.unwrap_or_else(|_| Err("no answer in time".into()));
        bus.unsent.fetch_sub(count, Ordering::SeqCst);
        match sent {
            // Who comes and goes is in no database: who is here is told once more.
            Ok(()) if std::mem::take(&mut has_failed) => bus.begin_to_tell_who_is_here(hub.everybody_here()),
            Ok(()) => {}
            Err(error) => {
                has_failed = true;
                bus.lost.fetch_add(count as u64, Ordering::Relaxed);
                bus.health.complain(&error);
            }
        }
    }
}
