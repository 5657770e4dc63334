//! Who is connected here, and what reaches them: in order, without gaps, and never more than they may see.

mod fill;
mod hub;
mod missed;
mod outlet;
mod people;
mod room;
mod state;
mod subscription;

pub use hub::Hub;
pub use outlet::Outlet;
pub use people::Answer;
pub use state::Interest;
pub use subscription::Subscription;
