//! The edges of UmbraChat and their wiring: configuration, routes, authentication, socket, hub, and the web client's files.
//!
//! `main → app → routes, socket → store, realtime`. Nothing imports `routes`, and only `config` reads the environment.

#![expect(
    clippy::missing_panics_doc,
    reason = "each `expect` says why it cannot fail; none is part of a contract"
)]

pub mod address;
pub mod app;
pub mod assets;
pub mod asyncapi;
pub mod auth;
pub mod backup_watch;
pub mod bus;
pub mod cli;
pub mod config;
pub mod cookie;
pub mod erasure_ledger;
pub mod export;
pub mod export_schema;
pub mod headers;
pub mod hex;
pub mod housekeeping;
pub mod json;
pub mod keys;
pub mod limits;
pub mod logging;
pub mod metrics;
pub mod openapi;
pub mod passwords;
pub mod policy;
pub mod problem;
pub mod public_url;
pub mod realtime;
pub mod receipt;
pub mod recovery_codes;
pub mod routes;
mod sealing;
pub mod second_factors;
pub mod shared_limits;
pub mod signals;
pub mod socket;
pub mod tokens;
pub mod workers;
