//! Recovery codes: what lets a person choose a new password without e-mail. Each works once, and the server keeps only hashes.

use crate::keys::random;
use sha2::{Digest, Sha256};
use umbrachat_protocol::limits::RECOVERY_CODES;
use umbrachat_store::TokenHash;

/// Crockford's base 32: no `i`, `l`, `o` or `u`, so that no two characters look alike.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 16 characters of 5 bits are 80 random bits.
const CHARACTERS: usize = 16;
const GROUP: usize = 4;

/// New codes, as a person sees them: `k3vq-7m2p-x9rt-h4wd`.
pub fn generate() -> Vec<String> {
    (0..RECOVERY_CODES).map(|_| generate_one()).collect()
}

/// One code: 80 random bits that are easy to read out.
pub fn generate_one() -> String {
    group(&random_characters())
}

/// What to store of new codes.
pub fn hash_all(codes: &[String]) -> Vec<TokenHash> {
    codes.iter().filter_map(|code| hash(code)).collect()
}

/// The hash to store or look up; None for what can't be a code. Case, spaces and dashes don't matter.
pub fn hash(entered: &str) -> Option<TokenHash> {
    let characters: String = entered
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    let is_code = characters.len() == CHARACTERS && characters.bytes().all(|c| ALPHABET.contains(&c));
    is_code.then(|| TokenHash(Sha256::digest(characters).into()))
}

fn random_characters() -> [u8; CHARACTERS] {
    random::<CHARACTERS>().map(|byte| ALPHABET[usize::from(byte % 32)])
}

fn group(characters: &[u8]) -> String {
    let groups: Vec<_> = characters.chunks(GROUP).map(String::from_utf8_lossy).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ten_different_codes_are_made() {
        let codes = generate();
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), 10);
        for code in codes {
            assert_eq!(code.len(), 19, "{code}");
            assert!(hash(&code).is_some(), "{code}");
        }
    }

    #[test]
    fn a_code_may_be_typed_loosely() {
        let code = hash("k3vq-7m2p-x9rt-h401").unwrap();
        for typed in ["K3VQ 7M2P X9RT H401", " k3vq7m2px9rth401\n", "k3vq-7m2p-x9rt-h4OL"] {
            assert_eq!(hash(typed).unwrap().0, code.0, "{typed}");
        }
        assert_ne!(hash("k3vq-7m2p-x9rt-h402").unwrap().0, code.0);
    }

    #[test]
    fn what_is_no_code_has_no_hash() {
        for typed in ["", "k3vq", "k3vq-7m2p-x9rt-h4wd-aaaa", "k3vq-7m2p-x9rt-h4wu", "k3vq-7m2p-x9rt-h4wé"] {
            assert!(hash(typed).is_none(), "{typed}");
        }
    }
}
