//! Who is connected here, and what reaches them: in order, without gaps, and never more than they may see.

mod hub;
mod outlet;
mod room;

pub use hub::{Connected, Hub};
pub use outlet::{Outgoing, Outlet};
