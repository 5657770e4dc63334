//! Every bound that both sides know. Lengths count Unicode scalar values unless they say bytes.

pub const USERNAME_MIN: usize = 3;
pub const USERNAME_MAX: usize = 32;
pub const DISPLAY_NAME_MAX: usize = 64;
pub const DEVICE_NAME_MAX: usize = 64;
pub const PASSWORD_MIN: usize = 10;
pub const PASSWORD_MAX: usize = 1024;
/// The lowest acceptable zxcvbn score, of 0 to 4.
pub const PASSWORD_SCORE_MIN: u8 = 3;
pub const RECOVERY_CODES: usize = 10;

pub const BODY_MAX: usize = 8_000;
pub const TITLE_MAX: usize = 100;
pub const GROUP_MEMBERS_MAX: usize = 500;
/// Different emoji that one person may put on one message.
pub const REACTIONS_MAX: usize = 12;
pub const MENTIONS_MAX: usize = 50;
/// Characters of the `ref` that a socket command may carry.
pub const REFERENCE_MAX: usize = 64;

pub const PAGE_DEFAULT: i64 = 50;
pub const PAGE_MAX: i64 = 200;

/// Bytes of a request body: a message of four-byte characters, escaped, fits.
pub const REQUEST_BYTES_MAX: usize = 128 * 1024;
/// Bytes of one socket frame.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;

/// Seconds between two heartbeats of the server; two missed mean that the connection is gone.
pub const HEARTBEAT_SECONDS: u32 = 20;
/// Seconds after which a friend is no longer shown as typing, unless it is said again.
pub const TYPING_SECONDS: u64 = 6;
/// Seconds that a socket may stay open without authenticating.
pub const AUTHENTICATE_WITHIN_SECONDS: u64 = 5;
