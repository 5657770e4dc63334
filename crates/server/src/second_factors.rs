//! Codes from an authenticator app: TOTP (RFC 6238) as every such app knows it, six digits from SHA-1 every 30 seconds.

use crate::keys::{Purpose, SecretKey, random};
use crate::sealing::Sealer;
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use umbrachat_protocol::{NewSecondFactor, Timestamp, UserId};

/// As RFC 4226 recommends: 160 bits.
const SECRET_BYTES: usize = 20;
/// Steps of 30 s by which a device's clock may be wrong, either way (RFC 6238, 5.2).
const STEPS_OFF: u16 = 1;
/// What the app shows beside the name.
const ISSUER: &str = "UmbraChat";

pub struct SecondFactors {
    sealer: Sealer,
}

impl SecondFactors {
    pub fn new(secret: &SecretKey) -> Self {
        Self { sealer: Sealer::new(secret.derive(Purpose::SecondFactors)) }
    }

    /// A new secret: as its owner sees it, and sealed, as the database keeps it.
    pub fn generate(&self, user: UserId, username: &str) -> (NewSecondFactor, Vec<u8>) {
        let secret = random::<SECRET_BYTES>();
        let totp = totp(&secret, username);
        let uri = totp.to_url().expect("a username is not empty and has no colon");
        let picture = QrCode::new(&uri).expect("the link is shorter than what a QR code holds");
        let qr_svg = picture.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
        (NewSecondFactor { secret: totp.secret().to_base32(), uri, qr_svg }, self.seal(user, &secret))
    }

    /// The time step that a code belongs to; none for a code that is wrong now. Spaces in it say nothing.
    pub fn step_of(&self, user: UserId, sealed: &[u8], code: &str, now: Timestamp) -> Option<i64> {
        // A secret of the server's that was replaced opens none of them: a recovery code then is the way in.
        let secret = self.sealer.open(user.0.as_bytes(), sealed)?;
        let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
        let step = totp(&secret, "").check(&digits, u64::try_from(now.unix_seconds()).ok()?)?;
        i64::try_from(step).ok()
    }

    fn seal(&self, user: UserId, secret: &[u8]) -> Vec<u8> {
        self.sealer.seal(user.0.as_bytes(), secret)
    }
}

fn totp(secret: &[u8], account: &str) -> Totp {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_skew(STEPS_OFF)
        .with_secret(Secret::new(secret.into()))
        .with_issuer(Some(ISSUER))
        .with_account_name(account)
        .build()
        .expect("160 bits, six digits and 30 s are what the standard says")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const ANA: UserId = UserId(Uuid::from_u128(7));

    fn at(seconds: i64) -> Timestamp {
        Timestamp(0).plus_seconds(seconds)
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        let factors = SecondFactors::new(&SecretKey::generate());
        let sealed = factors.seal(ANA, b"12345678901234567890");
        // RFC 6238, appendix B: the last six of its eight digits.
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(factors.step_of(ANA, &sealed, code, at(time)), Some(time / 30), "{time}");
            assert_eq!(factors.step_of(ANA, &sealed, code, at(time + 30)), Some(time / 30), "a slow clock");
            assert_eq!(factors.step_of(ANA, &sealed, code, at(time + 90)), None, "too late");
        }
        assert_eq!(factors.step_of(ANA, &sealed, " 287 082 ", at(59)), Some(1));
    }

    #[test]
    fn what_is_no_code_is_wrong() {
        let factors = SecondFactors::new(&SecretKey::generate());
        let sealed = factors.seal(ANA, b"12345678901234567890");
        for code in ["", "28708", "2870821", "+87082", "28708x", "٢٨٧٠٨٢", "287082287082", "🦉🦉🦉🦉🦉🦉"]
        {
            assert_eq!(factors.step_of(ANA, &sealed, code, at(59)), None, "{code}");
        }
    }

    #[test]
    fn a_secret_belongs_to_one_person_and_one_server() {
        let factors = SecondFactors::new(&SecretKey::generate());
        let sealed = factors.seal(ANA, b"12345678901234567890");
        let bob = UserId(Uuid::from_u128(8));
        assert_eq!(factors.step_of(bob, &sealed, "287082", at(59)), None);
        let elsewhere = SecondFactors::new(&SecretKey::generate());
        assert_eq!(elsewhere.step_of(ANA, &sealed, "287082", at(59)), None);
    }

    #[test]
    fn an_app_is_set_up_by_link_picture_or_hand() {
        let factors = SecondFactors::new(&SecretKey::generate());
        let (new, sealed) = factors.generate(ANA, "ana.luz");
        assert_eq!(
            new.uri,
            format!("otpauth://totp/UmbraChat:ana.luz?secret={}&issuer=UmbraChat", new.secret)
        );
        assert!(new.qr_svg.contains("<svg"));
        let app = totp(Secret::try_from_base32(&new.secret).unwrap().as_bytes(), "ana.luz");
        let code = app.generate(59).to_string();
        assert_eq!(factors.step_of(ANA, &sealed, &code, at(59)), Some(1));
    }
}
