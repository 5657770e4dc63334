//! The server's one secret, and the keys that are derived from it: one for each purpose, so that none can stand in for another.

use crate::hex;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hkdf::Hkdf;
use sha2::Sha256;
use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::{fmt, str::FromStr};

/// Bytes that a secret must have at least.
const SECRET_BYTES_MIN: usize = 32;
/// 32 random bytes have about 30 different values; fewer than half as many is no accident.
const DISTINCT_BYTES_MIN: usize = 16;
const FILE_NAME: &str = "secret.key";

/// `SECRET_KEY`: whoever knows it can sign in as anybody.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(Vec<u8>);

/// What a derived key is for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Signs access tokens.
    AccessTokens,
    /// Marks refresh tokens as this server's own.
    RefreshTokens,
    /// Seals the successors of refresh tokens.
    RefreshSuccessors,
    /// Seals the secrets of second factors.
    SecondFactors,
    /// Digests the ids of erased people.
    Erasures,
    /// Seals what replicas tell each other.
    Bus,
    /// Names the channels that they tell it on.
    BusChannels,
    /// Names what they count in Redis.
    LimitKeys,
}

impl SecretKey {
    pub fn generate() -> Self {
        Self(random::<SECRET_BYTES_MIN>().to_vec())
    }

    /// Reads the secret that the data folder keeps; the first time, makes one that only this user may read.
    pub fn kept_in(folder: &Path) -> io::Result<Self> {
        match Self::found_in(folder)? {
            Some(secret) => Ok(secret),
            None => Self::write_new(folder, &folder.join(FILE_NAME)),
        }
    }

    /// The secret that the data folder keeps, where a server has made one.
    pub fn found_in(folder: &Path) -> io::Result<Option<Self>> {
        let path = folder.join(FILE_NAME);
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map(Some).map_err(|why: &str| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// HKDF-SHA256 (RFC 5869).
    pub fn derive(&self, purpose: Purpose) -> [u8; 32] {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(None, &self.0)
            .expand(purpose.label().as_bytes(), &mut key)
            .expect("32 bytes are within what HKDF can expand to");
        key
    }

    /// Written aside and then linked into place, so that a crash leaves no half secret and of two that start at once one wins.
    fn write_new(folder: &Path, path: &Path) -> io::Result<Self> {
        let aside = folder.join(format!("{FILE_NAME}.{}", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
        let secret = Self::generate();
        writeln!(file, "{}", BASE64.encode(&secret.0))?;
        file.sync_all()?;
        let linked = fs::hard_link(&aside, path);
        fs::remove_file(&aside)?;
        match linked {
            Ok(()) => Ok(secret),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::kept_in(folder),
            Err(error) => Err(error),
        }
    }
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::AccessTokens => "umbrachat access tokens 1",
            Self::RefreshTokens => "umbrachat refresh tokens 1",
            Self::RefreshSuccessors => "umbrachat refresh successors 1",
            Self::SecondFactors => "umbrachat second factors 1",
            Self::Erasures => "umbrachat erasures 1",
            Self::Bus => "umbrachat bus 1",
            Self::BusChannels => "umbrachat bus channels 1",
            Self::LimitKeys => "umbrachat limit keys 1",
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl FromStr for SecretKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = hex::decode(text)
            .or_else(|| BASE64.decode(text).ok())
            .or_else(|| BASE64_URL.decode(text).ok())
            .ok_or("neither base64 nor hex; `openssl rand -base64 32` makes one")?;
        if bytes.len() < SECRET_BYTES_MIN {
            return Err("shorter than 32 bytes; `openssl rand -base64 32` makes one");
        }
        if bytes.iter().collect::<HashSet<_>>().len() < DISTINCT_BYTES_MIN {
            return Err("not random; `openssl rand -base64 32` makes one");
        }
        Ok(Self(bytes))
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_base64_or_hex_and_random() {
        let secret = SecretKey::generate();
        for text in [BASE64.encode(&secret.0), BASE64_URL.encode(&secret.0)] {
            assert_eq!(text.parse::<SecretKey>().unwrap(), secret, "{text}");
            assert_eq!(text.trim_end_matches('=').parse::<SecretKey>().unwrap(), secret, "{text}");
        }
        let counted = SecretKey((0..32).collect());
        let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        for text in [hex, &hex.to_uppercase()] {
            assert_eq!(text.parse::<SecretKey>().unwrap(), counted, "{text}");
        }
        for (text, why) in [
            ("", "shorter"),
            ("secret", "neither"),
            ("c2hvcnQ=", "shorter"),
            (&"0123456789abcdef".repeat(3) as &str, "shorter"),
            (&"changeme".repeat(8), "not random"),
            (&"0".repeat(64), "not random"),
        ] {
            assert!(text.parse::<SecretKey>().unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let secret = SecretKey::generate();
        let keys: HashSet<_> = [
            Purpose::AccessTokens,
            Purpose::RefreshTokens,
            Purpose::RefreshSuccessors,
            Purpose::SecondFactors,
            Purpose::Erasures,
            Purpose::Bus,
            Purpose::BusChannels,
            Purpose::LimitKeys,
        ]
        .map(|p| secret.derive(p))
        .into();
        assert_eq!(keys.len(), 8);
        assert_ne!(secret.derive(Purpose::AccessTokens), SecretKey::generate().derive(Purpose::AccessTokens));
    }

    #[test]
    fn a_generated_secret_is_kept_and_only_the_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = SecretKey::kept_in(folder.path()).unwrap();
        assert_eq!(SecretKey::kept_in(folder.path()).unwrap(), first);
        let mode = fs::metadata(folder.path().join(FILE_NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_secret_shows_in_no_debug_output() {
        assert_eq!(format!("{:?}", SecretKey::generate()), "SecretKey(…)");
    }
}
