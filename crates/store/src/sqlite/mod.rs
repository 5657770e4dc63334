//! What only SQLite has: its pools, and writes of many rows in one visit to its thread.

pub(crate) mod bulk;
mod checkpoints;
mod pool;
mod work;

pub(crate) use checkpoints::Checkpoints;
pub(crate) use pool::{Opened, open, open_as_it_is, open_in_memory};
pub(crate) use work::{immediate_transaction, this_thread_may_wait, visit};

pub(crate) type Conn =
    diesel_async::sync_connection_wrapper::SyncConnectionWrapper<diesel::SqliteConnection, work::Work>;

#[path = "../ops/mod.rs"]
pub(crate) mod ops;
