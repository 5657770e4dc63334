//! Every rule that must hold together with a write, and every query.
//!
//! Only this crate knows the tables. Each public operation is one transaction; what it changed is handed to the
//! [`Publish`] callback after the commit and before the caller learns of it.

#![expect(clippy::duplicate_mod, reason = "`ops` is compiled once per backend, on purpose")]

mod backend;
mod change;
mod clock;
mod database;
mod departure;
mod error;
mod examination;
mod face;
pub mod inventory;
mod lane;
mod metrics;
mod postgres;
mod rows;
mod schema;
mod sqlite;
mod types;
mod write;

pub use change::{Change, Numbered};
pub use clock::{Clock, ManualClock};
pub use database::{Database, OpenError};
pub use error::{Refusal, Result, StoreError};
pub use examination::{Examination, Tables, examine};
pub use face::{
    Account, Asked, Authenticated, ConversationPart, EXPORT_PAGE, Erasure, Exporter, Knowledge, LedgerEntry,
    NewAccount, NewSession, OpenBesideError, Opened, Page, PolicyReference, Publish, Relation, Rotation,
    Secrets, SessionStarted, Sighting, Store, Successor, TokenHash,
};
pub use metrics::{Connections, WriteMetrics};
pub use write::SentMessage;
