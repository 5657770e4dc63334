//! UmbraChat from Rust: typed calls, and a connection that stays up to date by itself.
//!
//! ```no_run
//! use umbrachat_client::core::Change;
//! use umbrachat_client::{Client, Update};
//!
//! # async fn example() -> Result<(), umbrachat_client::Error> {
//! let client = Client::sign_in("https://chat.example", "ana", "the-lamp-hums-at-3").await?;
//! for friend in client.friends().await? {
//!     println!("{}", friend.user.display_name);
//! }
//!
//! let live = client.live();
//! let mut updates = live.updates();
//! while let Some(update) = updates.next().await {
//!     if let Update::Changed(Change::Message { message, is_new: true }) = update {
//!         println!("{}", message.body);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - [`Client`] has one method per REST call. It refreshes its access token by itself.
//! - [`Live`] runs [`umbrachat_client_core`] over a socket: it reconnects, resumes without a gap, and sends each message
//!   once, in order, however often the network fails.
//! - [`Socket`] is the bare socket, frame by frame.

mod api;
mod builder;
mod client;
mod driver;
mod error;
mod http;
mod live;
mod session;
mod shared;
mod socket;
mod updates;

pub use api::{Download, Page};
pub use builder::{ClientBuilder, Registration};
pub use client::Client;
pub use error::{Error, Result};
pub use http::http_client;
pub use live::{Live, NewOutgoing};
pub use session::AccessToken;
pub use socket::{Received, Socket};
pub use updates::{Update, Updates};

pub use reqwest;
pub use umbrachat_client_core as core;
pub use umbrachat_protocol as protocol;
