//! What only SQLite has: its pools, and writes of many rows in one visit to its thread.

pub(crate) mod bulk;
mod pool;

pub(crate) use pool::{Opened, open};

pub(crate) type Conn = diesel_async::sync_connection_wrapper::SyncConnectionWrapper<diesel::SqliteConnection>;

#[path = "../ops/mod.rs"]
pub(crate) mod ops;
