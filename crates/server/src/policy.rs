//! The privacy policy that people agree to. Each version is a file, named by the day from which it holds.

use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use umbrachat_protocol::{PrivacyPolicy, Timestamp};
use umbrachat_store::PolicyReference;

const VERSION: &str = "2026-11-23";
const MARKDOWN: &str = include_str!("../policies/2026-11-23.md");

/// The policy that is in force.
pub fn current() -> PrivacyPolicy {
    PrivacyPolicy {
        version: VERSION.to_owned(),
        effective_from: midnight(VERSION),
        sha256: hex(&Sha256::digest(MARKDOWN)),
        markdown: MARKDOWN.to_owned(),
    }
}

/// Which text it is that somebody agrees to.
pub fn reference(policy: &PrivacyPolicy) -> PolicyReference {
    PolicyReference { version: policy.version.clone(), sha256: policy.sha256.clone() }
}

fn midnight(day: &str) -> Timestamp {
    let time = OffsetDateTime::parse(&format!("{day}T00:00:00Z"), &Rfc3339).expect("a version is a day");
    Timestamp::default().plus_seconds(time.unix_timestamp())
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_knows_its_version_date_and_hash() {
        let policy = current();
        assert_eq!(policy.effective_from.to_string(), "2026-11-23T00:00:00Z");
        assert_eq!(policy.sha256, hex(&Sha256::digest(&policy.markdown)));
        assert_eq!(policy.sha256.len(), 64);
        assert!(policy.markdown.starts_with("# Privacy policy"));
    }
}
