//! The queries, compiled once per backend: `Conn` is the concrete connection, `bulk` what only that backend can do.

use super::{Conn, bulk};

pub(crate) mod accounts;
pub(crate) mod batch;
pub(crate) mod blocks;
pub(crate) mod changes;
pub(crate) mod consents;
pub(crate) mod conversations;
pub(crate) mod epochs;
pub(crate) mod erasure;
pub(crate) mod examination;
pub(crate) mod export;
pub(crate) mod friendships;
pub(crate) mod groups;
pub(crate) mod inventory;
mod locked;
pub(crate) mod members;
mod membership;
pub(crate) mod messages;
pub(crate) mod operators;
pub(crate) mod passwords;
pub(crate) mod preferences;
pub(crate) mod second_factors;
pub(crate) mod security;
pub(crate) mod sessions;
pub(crate) mod snapshot;
pub(crate) mod versions;
