//! The client's brain: one pure state machine that turns what happens into what a person sees.
//!
//! It keeps the connection, the resumption of every conversation without a gap, the outbox, the marks and the
//! state that a user interface shows. It does no IO and has no clock and no randomness of its own: a driver hands
//! in what happened together with the time ([`Input`]), and carries out what is to be done ([`Effect`]).
//! The browser client, the Rust SDK, the load tool and the simulation all drive this same machine.
//!
//! A driver is a loop:
//!
//! ```
//! use umbrachat_client_core::{Config, Core, Effect, Input, Millis};
//!
//! let mut core = Core::new(Config::with_seed(7));
//! for effect in core.handle(Millis(0), Input::Start) {
//!     match effect {
//!         Effect::Connect { refresh_token_first } => assert!(!refresh_token_first),
//!         Effect::Changed(change) => println!("draw again: {change:?}"),
//!         other => unreachable!("nothing else is due yet: {other:?}"),
//!     }
//! }
//! // … and when the clock reaches this, the driver calls `handle` with `Input::Tick`.
//! assert!(core.next_deadline().is_some());
//! ```

mod apart;
mod arranged;
mod catch_up;
mod config;
mod connection;
mod conversation;
mod core;
mod digest;
mod effect;
mod ephemeral;
mod events;
mod input;
mod keeping;
mod loading;
mod marks;
mod outbox;
pub mod promise;
mod rows;
mod run;
mod sending;
mod snapshot;
mod state;
mod time;
mod timeline;

pub use apart::Apart;
pub use arranged::Arranged;
pub use config::{CatchUp, Config};
pub use conversation::{ConversationState, History};
pub use core::Core;
pub use digest::{ConversationDigest, Digest};
pub use effect::{Change, Effect, Progress};
pub use input::{ConnectFailure, Input};
pub use keeping::{KEPT_CONVERSATIONS, KEPT_MESSAGES, KeptConversation};
pub use outbox::{Failure, Outgoing};
pub use state::{Connection, State};
pub use time::Millis;
pub use timeline::{Delivery, Entry};
