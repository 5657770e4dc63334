//! What the bare machine does, with nothing of a messenger around it.

pub mod hashing;
pub mod inserts;
pub mod redis;
pub mod relay;
