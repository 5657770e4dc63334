//! What a signed-in device holds: a short-lived access token, and a refresh token that is good for one use.

pub mod access;
pub mod refresh;

use crate::keys::SecretKey;
use access::AccessTokens;
use refresh::RefreshTokens;
use umbrachat_protocol::Timestamp;

/// A session that is not refreshed for this long has ended (OWASP ASVS 7.3.1).
const IDLE_SECONDS: i64 = 30 * 24 * 60 * 60;
/// However busy, a session ends after this long and asks for the password again (OWASP ASVS 7.3.2).
const ABSOLUTE_SECONDS: i64 = 180 * 24 * 60 * 60;

pub struct Tokens {
    pub access: AccessTokens,
    pub refresh: RefreshTokens,
}

impl Tokens {
    pub fn new(secret: &SecretKey) -> Self {
        Self { access: AccessTokens::new(secret), refresh: RefreshTokens::new(secret) }
    }
}

/// Until when a session that is used now stays alive unused.
pub fn idle_until(now: Timestamp) -> Timestamp {
    now.plus_seconds(IDLE_SECONDS)
}

/// When a session that begins now ends in any case.
pub fn expires_at(now: Timestamp) -> Timestamp {
    now.plus_seconds(ABSOLUTE_SECONDS)
}

/// Seconds for which a browser keeps the cookie that carries a refresh token.
pub fn cookie_seconds() -> i64 {
    IDLE_SECONDS
}
