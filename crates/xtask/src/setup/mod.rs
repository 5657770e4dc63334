//! Getting what a build or a test needs, once.

pub(crate) mod packages;
pub(crate) mod wasm;
