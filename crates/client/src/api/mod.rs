//! The REST calls, one method each.

mod account;
mod conversations;
mod export;
mod groups;
mod people;

pub use conversations::Page;
pub use export::Download;
