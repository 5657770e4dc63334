//! The REST calls, one method each.

mod account;
mod conversations;
mod groups;
mod people;

pub use conversations::Page;
