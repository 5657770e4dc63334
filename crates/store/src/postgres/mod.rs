//! What only PostgreSQL has: its pool, and writes of many rows in one statement.

pub(crate) mod bulk;
mod pool;
mod tls;

pub(crate) use pool::{open, open_as_it_is};

pub(crate) type Conn = diesel_async::AsyncPgConnection;

#[path = "../ops/mod.rs"]
pub(crate) mod ops;
