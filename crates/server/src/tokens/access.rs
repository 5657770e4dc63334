//! Access tokens: JWTs of one type, one algorithm and ten minutes (RFC 9068, RFC 8725).

use crate::keys::{Purpose, SecretKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use umbrachat_protocol::{SessionId, Timestamp, UserId};

/// Seconds from issue to expiry (OWASP ASVS 9.2.1).
pub const LIFETIME_SECONDS: u32 = 10 * 60;
/// Seconds by which the clocks of two replicas may differ.
const LEEWAY_SECONDS: i64 = 5;
const ISSUER: &str = "umbrachat";
const AUDIENCE: &str = "umbrachat-api";
const HEADER_TYPE: &str = "at+jwt";
const CLAIM_TYPE: &str = "access";

pub struct AccessTokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

/// Whose token it is, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessToken {
    pub user: UserId,
    pub session: SessionId,
    pub expires_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessTokenError {
    /// Was valid once.
    Expired,
    /// Never was.
    Invalid,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    typ: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl AccessTokens {
    pub fn new(secret: &SecretKey) -> Self {
        let key = secret.derive(Purpose::AccessTokens);
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "nbf", "exp"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        // The library would ask the machine's clock; `Claims::check_times` asks the one that is handed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self {
            signing: EncodingKey::from_secret(&key),
            verifying: DecodingKey::from_secret(&key),
            validation,
        }
    }

    pub fn issue(&self, user: UserId, session: SessionId, now: Timestamp) -> String {
        let iat = now.unix_seconds();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            typ: CLAIM_TYPE.to_owned(),
            iat,
            nbf: iat,
            exp: iat + i64::from(LIFETIME_SECONDS),
        };
        let header = Header { typ: Some(HEADER_TYPE.to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &self.signing).expect("claims are JSON and the key fits HS256")
    }

    /// Nothing in the token's header but its type is looked at; the algorithm and the key are this server's choice.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AccessToken, AccessTokenError> {
        let token = jsonwebtoken::decode::<Claims>(token, &self.verifying, &self.validation)
            .map_err(|_| AccessTokenError::Invalid)?;
        if token.header.typ.as_deref() != Some(HEADER_TYPE) || token.claims.typ != CLAIM_TYPE {
            return Err(AccessTokenError::Invalid);
        }
        token.claims.check_times(now.unix_seconds())?;
        Ok(AccessToken {
            user: token.claims.sub,
            session: token.claims.sid,
            expires_at: Timestamp::default().plus_seconds(token.claims.exp),
        })
    }
}

impl Claims {
    fn check_times(&self, now: i64) -> Result<(), AccessTokenError> {
        let too_early = self.nbf > now + LEEWAY_SECONDS || self.iat > now + LEEWAY_SECONDS;
        let too_long = self.exp.saturating_sub(self.iat) > i64::from(LIFETIME_SECONDS);
        if too_early || too_long {
            return Err(AccessTokenError::Invalid);
        }
        if now >= self.exp + LEEWAY_SECONDS {
            return Err(AccessTokenError::Expired);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use serde_json::{Value, json};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp(1_795_468_245_000_000);
    const USER: UserId = UserId(Uuid::from_u128(1));
    const SESSION: SessionId = SessionId(Uuid::from_u128(2));

    fn claims() -> Value {
        let now = NOW.unix_seconds();
        json!({"iss": ISSUER, "aud": AUDIENCE, "sub": USER, "sid": SESSION, "typ": CLAIM_TYPE,
            "iat": now, "nbf": now, "exp": now + 600})
    }

    fn with(mut claims: Value, name: &str, value: Value) -> Value {
        claims[name] = value;
        claims
    }

    /// A token that is signed with the right key, whatever it says.
    fn sign(tokens: &AccessTokens, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &tokens.signing).unwrap()
    }

    fn header(typ: Option<&str>) -> Header {
        Header { typ: typ.map(str::to_owned), ..Header::new(Algorithm::HS256) }
    }

    #[test]
    fn a_token_says_who_until_it_expires() {
        let tokens = AccessTokens::new(&SecretKey::generate());
        let token = tokens.issue(USER, SESSION, NOW);
        let expected = AccessToken { user: USER, session: SESSION, expires_at: NOW.plus_seconds(600) };
        for seconds in [-5, 0, 599, 604] {
            assert_eq!(tokens.verify(&token, NOW.plus_seconds(seconds)), Ok(expected), "{seconds}");
        }
        for seconds in [605, 3_600, 10_000_000] {
            assert_eq!(tokens.verify(&token, NOW.plus_seconds(seconds)), Err(AccessTokenError::Expired));
        }
        assert_eq!(tokens.verify(&token, NOW.plus_seconds(-6)), Err(AccessTokenError::Invalid));
    }

    #[test]
    fn no_character_of_a_token_can_be_changed() {
        let tokens = AccessTokens::new(&SecretKey::generate());
        let token = tokens.issue(USER, SESSION, NOW);
        let others = ('0'..='9').chain('A'..='Z').chain('a'..='z').chain(['-', '_', '.', '=', 'é']);
        let others: Vec<String> = others.map(String::from).chain([String::new()]).collect();
        let mut tried = 0;
        for position in 0..token.len() {
            for other in &others {
                let mut tampered = token.clone();
                tampered.replace_range(position..=position, other);
                if tampered != token {
                    assert!(tokens.verify(&tampered, NOW).is_err(), "{tampered}");
                    tried += 1;
                }
            }
        }
        assert!(tried >= 10_000, "tampered with in {tried} ways only");
        for text in ["", ".", "..", "a.b.c", &format!("{token}.{token}"), &format!("Bearer {token}")] {
            assert_eq!(tokens.verify(text, NOW), Err(AccessTokenError::Invalid), "{text}");
        }
    }

    #[test]
    fn another_servers_token_is_nothing_here() {
        let foreign = AccessTokens::new(&SecretKey::generate()).issue(USER, SESSION, NOW);
        let tokens = AccessTokens::new(&SecretKey::generate());
        assert_eq!(tokens.verify(&foreign, NOW), Err(AccessTokenError::Invalid));
    }

    #[test]
    fn no_other_algorithm_is_accepted() {
        let tokens = AccessTokens::new(&SecretKey::generate());
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            let header = Header { typ: Some(HEADER_TYPE.into()), ..Header::new(algorithm) };
            assert!(tokens.verify(&sign(&tokens, &header, &claims()), NOW).is_err(), "{algorithm:?}");
        }
        let payload = BASE64_URL_SAFE_NO_PAD.encode(claims().to_string());
        for none in ["none", "None", "NONE", "nOnE", ""] {
            let header = BASE64_URL_SAFE_NO_PAD.encode(json!({"typ": HEADER_TYPE, "alg": none}).to_string());
            for signature in ["", "AAAA"] {
                let token = format!("{header}.{payload}.{signature}");
                assert_eq!(tokens.verify(&token, NOW), Err(AccessTokenError::Invalid), "{none}");
            }
        }
    }

    #[test]
    fn a_key_in_the_header_is_ignored() {
        let tokens = AccessTokens::new(&SecretKey::generate());
        let mut header = header(Some(HEADER_TYPE));
        header.kid = Some("../../dev/null".into());
        header.jku = Some("https://evil.test/keys".into());
        let forged = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(b"")).unwrap();
        assert_eq!(tokens.verify(&forged, NOW), Err(AccessTokenError::Invalid));
    }

    #[test]
    fn every_claim_and_the_type_are_required() {
        let tokens = AccessTokens::new(&SecretKey::generate());
        let good = header(Some(HEADER_TYPE));
        assert!(tokens.verify(&sign(&tokens, &good, &claims()), NOW).is_ok());
        for name in ["iss", "aud", "sub", "sid", "typ", "iat", "nbf", "exp"] {
            for value in [Value::Null, json!("other"), json!([]), json!(-1), json!(1e300)] {
                let claims = with(claims(), name, value);
                assert!(tokens.verify(&sign(&tokens, &good, &claims), NOW).is_err(), "{claims}");
            }
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(name);
            assert!(tokens.verify(&sign(&tokens, &good, &claims), NOW).is_err(), "without {name}");
        }
        for typ in [None, Some("JWT"), Some("refresh+jwt"), Some("AT+JWT")] {
            assert!(tokens.verify(&sign(&tokens, &header(typ), &claims()), NOW).is_err(), "{typ:?}");
        }
    }

    #[test]
    fn a_token_that_would_live_longer_is_refused() {
        let tokens = AccessTokens::new(&SecretKey::generate());
        for exp in [NOW.unix_seconds() + 601, i64::MAX] {
            let token = sign(&tokens, &header(Some(HEADER_TYPE)), &with(claims(), "exp", json!(exp)));
            assert_eq!(tokens.verify(&token, NOW), Err(AccessTokenError::Invalid), "{exp}");
        }
    }
}
