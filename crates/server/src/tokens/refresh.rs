//! Refresh tokens: opaque, good for one use, stored as a hash (RFC 9700, 4.14).
//!
//! A token is its session's id, 256 random bits, and a code that only this server can make. So a secret that somebody made up
//! for a session they know of is told from one that was issued once, and only the latter can count as a replay.

use crate::keys::{Purpose, SecretKey, random};
use crate::sealing::Sealer;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use std::fmt;
use umbrachat_protocol::SessionId;
use umbrachat_store::TokenHash;
use uuid::Uuid;

const SESSION_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;
const CODE_BYTES: usize = 16;

pub struct RefreshTokens {
    authentication: [u8; 32],
    sealing: [u8; 32],
}

/// The random part of a token, before or without the session that it belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshSecret([u8; SECRET_BYTES]);

/// A token that this server issued.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    pub session: SessionId,
    pub secret: RefreshSecret,
}

impl RefreshSecret {
    pub fn generate() -> Self {
        Self(random())
    }

    /// What the store keeps.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0).into())
    }
}

impl RefreshTokens {
    pub fn new(secret: &SecretKey) -> Self {
        Self {
            authentication: secret.derive(Purpose::RefreshTokens),
            sealing: secret.derive(Purpose::RefreshSuccessors),
        }
    }

    /// The token as its holder sees it.
    pub fn encode(&self, session: SessionId, secret: &RefreshSecret) -> String {
        let mut bytes = [session.0.as_bytes().as_slice(), &secret.0].concat();
        let code = self.authenticator(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&code[..CODE_BYTES]);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// None for everything that this server never issued.
    pub fn decode(&self, text: &str) -> Option<RefreshToken> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (content, code) = bytes.split_at_checked(SESSION_BYTES + SECRET_BYTES)?;
        if code.len() != CODE_BYTES {
            return None;
        }
        self.authenticator(content).verify_truncated_left(code).ok()?;
        let (session, secret) = content.split_at(SESSION_BYTES);
        Some(RefreshToken {
            session: SessionId(Uuid::from_slice(session).ok()?),
            secret: RefreshSecret(secret.try_into().ok()?),
        })
    }

    /// Seals the successor so that it takes both the predecessor and this server to read it: the database holds neither.
    pub fn seal(&self, predecessor: &RefreshToken, successor: &RefreshSecret) -> Vec<u8> {
        self.sealer(predecessor).seal(predecessor.session.0.as_bytes(), &successor.0)
    }

    /// None where the two do not belong together.
    pub fn unseal(&self, predecessor: &RefreshToken, sealed: &[u8]) -> Option<RefreshSecret> {
        let secret = self.sealer(predecessor).open(predecessor.session.0.as_bytes(), sealed)?;
        Some(RefreshSecret(secret.try_into().ok()?))
    }

    fn authenticator(&self, content: &[u8]) -> Hmac<Sha256> {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.authentication)
            .expect("HMAC takes a key of any length");
        mac.update(content);
        mac
    }

    fn sealer(&self, predecessor: &RefreshToken) -> Sealer {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(Some(&self.sealing), &predecessor.secret.0)
            .expand(b"umbrachat refresh successor 1", &mut key)
            .expect("32 bytes are within what HKDF can expand to");
        Sealer::new(key)
    }
}

impl fmt::Debug for RefreshSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshSecret(…)")
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("session", &self.session).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionId = SessionId(Uuid::from_u128(7));

    fn token(session: SessionId) -> RefreshToken {
        RefreshToken { session, secret: RefreshSecret::generate() }
    }

    #[test]
    fn a_token_comes_back_as_it_was_issued() {
        let tokens = RefreshTokens::new(&SecretKey::generate());
        let issued = token(SESSION);
        let text = tokens.encode(issued.session, &issued.secret);
        assert!(tokens.decode(&text).unwrap() == issued);
        assert_ne!(issued.secret.hash().0, token(SESSION).secret.hash().0);
    }

    #[test]
    fn a_made_up_secret_for_a_known_session_was_never_issued() {
        let tokens = RefreshTokens::new(&SecretKey::generate());
        let attacker = RefreshTokens::new(&SecretKey::generate());
        assert!(tokens.decode(&attacker.encode(SESSION, &RefreshSecret::generate())).is_none());
        let text = tokens.encode(SESSION, &RefreshSecret::generate());
        for position in 0..text.len() {
            let mut tampered = text.clone().into_bytes();
            tampered[position] = if tampered[position] == b'A' { b'B' } else { b'A' };
            let tampered = String::from_utf8(tampered).unwrap();
            assert!(tokens.decode(&tampered).is_none(), "{tampered}");
        }
        for text in ["", "AAAA", &text[..text.len() - 4], &format!("{text}AAAA"), "no base64 ☾"] {
            assert!(tokens.decode(text).is_none(), "{text}");
        }
    }

    #[test]
    fn only_the_predecessor_opens_its_successor() {
        let tokens = RefreshTokens::new(&SecretKey::generate());
        let (predecessor, successor) = (token(SESSION), RefreshSecret::generate());
        let sealed = tokens.seal(&predecessor, &successor);
        assert!(tokens.unseal(&predecessor, &sealed).unwrap() == successor);

        let elsewhere = RefreshToken { session: SessionId(Uuid::from_u128(8)), ..predecessor.clone() };
        assert!(tokens.unseal(&token(SESSION), &sealed).is_none());
        assert!(tokens.unseal(&elsewhere, &sealed).is_none());
        assert!(RefreshTokens::new(&SecretKey::generate()).unseal(&predecessor, &sealed).is_none());
        assert!(tokens.unseal(&predecessor, &sealed[..sealed.len() - 1]).is_none());
        assert!(tokens.unseal(&predecessor, &[]).is_none());
    }

    #[test]
    fn no_secret_shows_in_debug_output() {
        let token = token(SESSION);
        assert!(!format!("{token:?} {:?}", token.secret).contains(&format!("{:?}", token.secret.0)));
        assert!(format!("{token:?}").ends_with(", .. }"));
    }
}
