//! Sign-up and sessions.

use crate::{Me, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

/// `POST /auth/register`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// 3–32 of `a-z 0-9 _ . -`; upper case is folded.
    #[cfg_attr(feature = "openapi", schema(example = "ana", min_length = 3, max_length = 32))]
    pub username: String,
    /// Any characters, and not one that is easily guessed.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "the-lamp-hums-at-3", min_length = 10, max_length = 1024)
    )]
    pub password: String,
    /// The username unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub display_name: Option<String>,
    /// The version of the policy that the person has agreed to: the current one.
    #[cfg_attr(feature = "openapi", schema(example = "2026-11-23"))]
    pub privacy_policy_version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub device_name: Option<String>,
    /// Browsers say true: the refresh token comes as an `HttpOnly` cookie instead of in the body.
    #[serde(default)]
    pub refresh_in_cookie: bool,
}

/// `POST /auth/login`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    #[cfg_attr(feature = "openapi", schema(example = "ana"))]
    pub username: String,
    #[cfg_attr(feature = "openapi", schema(example = "the-lamp-hums-at-3"))]
    pub password: String,
    /// Six digits, where a second factor is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "287082"))]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub device_name: Option<String>,
    #[serde(default)]
    pub refresh_in_cookie: bool,
}

/// `POST /auth/refresh`: the token is left out where the cookie carries it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// `POST /auth/recover`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Recover {
    #[cfg_attr(feature = "openapi", schema(example = "ana"))]
    pub username: String,
    #[cfg_attr(feature = "openapi", schema(example = "k3vq-7m2p-x9rt-h4wd"))]
    pub recovery_code: String,
    #[cfg_attr(feature = "openapi", schema(min_length = 10, max_length = 1024))]
    pub new_password: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub device_name: Option<String>,
    /// As at sign-in.
    #[serde(default)]
    pub refresh_in_cookie: bool,
}

/// A session has begun, or goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedIn {
    pub user: Me,
    pub session_id: SessionId,
    /// A JWT, for `Authorization: Bearer`.
    pub access_token: String,
    /// Seconds until the access token ends.
    #[cfg_attr(feature = "openapi", schema(example = 600))]
    pub access_expires_in: u32,
    /// Good for one refresh. Left out where a cookie carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// The answer to `POST /auth/register`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registered {
    #[serde(flatten)]
    pub signed_in: SignedIn,
    /// Ten codes, each good for one new password. Shown this once; the server keeps only their hashes.
    pub recovery_codes: Vec<String>,
}

/// One of the caller's sessions, as `GET /auth/sessions` lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    pub id: SessionId,
    /// As the device called itself at sign-in.
    #[cfg_attr(feature = "openapi", schema(example = "Kitchen laptop"))]
    pub device_name: String,
    pub created_at: Timestamp,
    /// When its refresh token was last used.
    pub last_used_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// `POST /auth/password`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    #[cfg_attr(feature = "openapi", schema(example = "the-lamp-hums-at-3"))]
    pub current_password: String,
    #[cfg_attr(
        feature = "openapi",
        schema(example = "rain-on-the-tin-roof", min_length = 10, max_length = 1024)
    )]
    pub new_password: String,
}

/// `POST /auth/recovery-codes`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RenewRecoveryCodes {
    /// The current one.
    #[cfg_attr(feature = "openapi", schema(example = "the-lamp-hums-at-3"))]
    pub password: String,
}

/// Ten codes, each good for one new password. Shown this once; the server keeps only their hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryCodes {
    pub recovery_codes: Vec<String>,
}

/// `GET /auth/second-factor`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondFactor {
    /// Since when a code is asked for at sign-in; null where none is.
    pub since: Option<Timestamp>,
}

/// `POST /auth/second-factor` and `DELETE /auth/second-factor`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeSecondFactor {
    /// The current one.
    #[cfg_attr(feature = "openapi", schema(example = "the-lamp-hums-at-3"))]
    pub password: String,
}

/// What an authenticator app is set up with (TOTP, RFC 6238: SHA-1, six digits, 30 s). Shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSecondFactor {
    /// 160 random bits in base 32, to be typed in.
    #[cfg_attr(feature = "openapi", schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))]
    pub secret: String,
    /// The same as an `otpauth://` link.
    pub uri: String,
    /// The link as a QR code: an SVG picture.
    pub qr_svg: String,
}

/// `PUT /auth/second-factor`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmSecondFactor {
    /// Six digits, as the authenticator app shows them now.
    #[cfg_attr(feature = "openapi", schema(example = "287082"))]
    pub code: String,
}
