//! The receipt of an erasure, with a digest by which anybody can tell that it is whole.

use crate::hex;
use sha2::{Digest, Sha256};
use umbrachat_protocol::{ErasedMessages, ErasureReceipt};
use umbrachat_store::Erasure;

/// What is erased, as the person takes it along.
pub fn of(erasure: &Erasure, messages: ErasedMessages) -> ErasureReceipt {
    let mut receipt = ErasureReceipt {
        erased_at: erasure.erased_at,
        completed_at: erasure.completed_at,
        messages,
        counts: erasure.counts,
        remaining_messages: erasure.remaining_messages,
        digest: String::new(),
    };
    receipt.digest = digest(&receipt);
    receipt
}

/// SHA-256, in hex, over the receipt without its digest, in canonical JSON. With numbers and plain words alone in it, that
/// is sorted keys and no white space (RFC 8785): what `jq -cjS 'del(.digest)'` prints.
pub fn digest(receipt: &ErasureReceipt) -> String {
    let mut content = serde_json::to_value(receipt).expect("a receipt is JSON");
    if let Some(fields) = content.as_object_mut() {
        fields.remove("digest");
        fields.sort_keys();
        fields.values_mut().filter_map(serde_json::Value::as_object_mut).for_each(serde_json::Map::sort_keys);
    }
    hex::encode(&Sha256::digest(content.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use umbrachat_protocol::{ErasureCounts, Timestamp};

    #[test]
    fn the_digest_is_over_sorted_keys_without_white_space() {
        let erasure = Erasure {
            erased_at: Timestamp(1_795_467_845_000_000),
            completed_at: None,
            counts: ErasureCounts { messages: 3, ..ErasureCounts::default() },
            remaining_messages: 4,
        };
        let receipt = of(&erasure, ErasedMessages::Erase);
        let canonical = concat!(
            r#"{"completed_at":null,"counts":{"blocks":0,"consents":0,"direct_conversations":0,"friend_requests":0,"#,
            r#""friends":0,"groups_ended":0,"groups_left":0,"mentions":0,"messages":3,"notices":0,"reactions":0,"#,
            r#""recovery_codes":0,"second_factors":0,"security_events":0,"sessions":0},"erased_at":"2026-11-23T21:04:05Z","#,
            r#""messages":"erase","remaining_messages":4}"#
        );
        assert_eq!(receipt.digest, hex::encode(&Sha256::digest(canonical)));
        assert_ne!(receipt.digest, digest(&ErasureReceipt { remaining_messages: 5, ..receipt.clone() }));
    }
}
