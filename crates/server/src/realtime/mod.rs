//! Who is connected here, and what reaches them: in order, without gaps, and never more than they may see.

mod fill;
mod hub;
mod outlet;
mod people;
mod room;
mod state;

pub use hub::{Connected, Hub};
pub use outlet::{Outgoing, Outlet, Position};
