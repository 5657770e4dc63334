//! Sealing what is kept or carried where others may look: who has not the key reads nothing, and what they write is not
//! believed.

use crate::keys::random;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

const NONCE_BYTES: usize = 24;

/// XChaCha20-Poly1305 with a random nonce before each text.
pub(crate) struct Sealer(XChaCha20Poly1305);

impl Sealer {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&Key::from(key)))
    }

    /// Bound to its `place`: it opens nowhere else.
    pub(crate) fn seal(&self, place: &[u8], text: &[u8]) -> Vec<u8> {
        let nonce = random::<NONCE_BYTES>();
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: text, aad: place });
        [nonce.as_slice(), &sealed.expect("it is shorter than what the cipher takes")].concat()
    }

    /// None for what was not sealed with this key for this place.
    pub(crate) fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: place }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Sealer;

    #[test]
    fn it_opens_with_its_key_in_its_place_and_whole() {
        let (sealer, other) = (Sealer::new([7; 32]), Sealer::new([8; 32]));
        let closed = sealer.seal(b"here", b"a secret");
        assert_eq!(sealer.open(b"here", &closed).as_deref(), Some(b"a secret".as_slice()));
        assert_ne!(closed, sealer.seal(b"here", b"a secret"), "each time another one");

        assert_eq!(other.open(b"here", &closed), None);
        assert_eq!(sealer.open(b"there", &closed), None);
        for length in 0..closed.len() {
            assert_eq!(sealer.open(b"here", &closed[..length]), None);
        }
    }
}
