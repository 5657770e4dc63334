//! What the store promises, on both databases: numbers without gaps, retries without doubles, and one truth of who is
//! friends with whom, whatever happens at once.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod blocks;
mod community;
mod friendships;
mod groups;
mod inventory;
mod messages;
mod opening;
mod sessions;
mod versions;
