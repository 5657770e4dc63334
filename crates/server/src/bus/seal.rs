//! What crosses Redis is sealed: who reads there learns nothing, and who writes there is not believed.

use super::message::{Channel, Envelope};
use crate::keys::{Purpose, SecretKey};
use crate::realtime::Interest;
use crate::sealing::Sealer;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Bytes of a channel's name.
const NAME: usize = 16;

pub(super) struct Seal {
    sealer: Sealer,
    naming: [u8; 32],
}

impl Seal {
    pub(super) fn new(secret: &SecretKey) -> Self {
        Self { sealer: Sealer::new(secret.derive(Purpose::Bus)), naming: secret.derive(Purpose::BusChannels) }
    }

    /// A channel's name, which tells nobody whose it is, and is another one for each secret.
    pub(super) fn name(&self, channel: Channel) -> String {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.naming)
            .expect("HMAC takes a key of any length");
        match channel {
            Channel::Of(Interest::Conversation(id)) => {
                mac.update(b"c");
                mac.update(id.0.as_bytes());
            }
            Channel::Of(Interest::Person(id)) => {
                mac.update(b"p");
                mac.update(id.0.as_bytes());
            }
            Channel::Everybody => mac.update(b"e"),
        }
        let digest = mac.finalize().into_bytes();
        format!("umbrachat:{}", BASE64_URL_SAFE_NO_PAD.encode(&digest[..NAME]))
    }

    /// Bound to its channel: nobody can repeat on one what was said on another.
    pub(super) fn seal(&self, channel: &str, envelope: &Envelope) -> Vec<u8> {
        let text = serde_json::to_vec(envelope).expect("what replicas tell each other is JSON");
        self.sealer.seal(channel.as_bytes(), &text)
    }

    /// None for what no replica with our secret has sealed for this channel.
    pub(super) fn open(&self, channel: &str, sealed: &[u8]) -> Option<Envelope> {
        serde_json::from_slice(&self.sealer.open(channel.as_bytes(), sealed)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::message::Message;
    use umbrachat_protocol::UserId;
    use uuid::Uuid;

    fn heartbeat() -> Envelope {
        Envelope { from: Uuid::from_u128(7), message: Message::Heartbeat { lost: 3 } }
    }

    #[test]
    fn only_replicas_with_the_same_secret_understand_each_other() {
        let secret = SecretKey::generate();
        let (one, other, stranger) =
            (Seal::new(&secret), Seal::new(&secret), Seal::new(&SecretKey::generate()));
        let sealed = one.seal("here", &heartbeat());
        assert!(matches!(other.open("here", &sealed).unwrap().message, Message::Heartbeat { lost: 3 }));
        assert!(stranger.open("here", &sealed).is_none());
        assert!(other.open("there", &sealed).is_none(), "it was said on another channel");
        for place in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[place] ^= 1;
            assert!(other.open("here", &forged).is_none(), "byte {place}");
        }
        for nonsense in [&b""[..], b"short", &[0; 64]] {
            assert!(other.open("here", nonsense).is_none());
        }
    }

    #[test]
    fn the_name_of_a_channel_tells_nothing() {
        let seal = Seal::new(&SecretKey::generate());
        let person = UserId(Uuid::from_u128(1));
        let name = seal.name(Channel::Of(Interest::Person(person)));
        assert!(!name.contains(&person.to_string()));
        assert_ne!(name, seal.name(Channel::Everybody));
        let same_id = umbrachat_protocol::ConversationId(person.0);
        assert_ne!(name, seal.name(Channel::Of(Interest::Conversation(same_id))));
        assert_ne!(name, Seal::new(&SecretKey::generate()).name(Channel::Of(Interest::Person(person))));
    }
}
