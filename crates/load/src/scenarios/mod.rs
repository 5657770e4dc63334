//! What is measured, one scenario a file.

pub mod pairs;
