//! `umbra-load`: how fast the server is, each figure beside what the bare machine does in the same run; and whether it keeps
//! its promise while what it needs is broken (`faults`).
//!
//! One file per scenario in `scenarios`. Each starts what it needs (`processes`), signs people up over the API
//! (`people`), drives them over bare sockets (`wire`) and reports figures (`report`). Nothing here knows the server's
//! code: it is a process like any other.

#![expect(
    clippy::missing_panics_doc,
    reason = "each `expect` says why it cannot fail; none is part of a contract"
)]

pub mod baselines;
pub mod bench;
pub mod budget;
pub mod crowd;
pub mod faults;
pub mod histogram;
pub mod lab;
pub mod machine;
pub mod pace;
pub mod people;
pub mod processes;
pub mod report;
pub mod scenarios;
pub mod wire;
pub mod wording;
