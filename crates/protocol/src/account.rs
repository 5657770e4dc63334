//! The caller's own account, consent and the privacy policy.

use crate::{SessionId, Timestamp, User};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// `GET /me`: the caller, with their settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    #[serde(flatten)]
    pub user: User,
    pub settings: Settings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Settings {
    pub theme: Theme,
    /// Tell others what has been delivered and read, and see theirs.
    pub receipts: bool,
    /// Show friends when one is there, and see theirs.
    pub presence: bool,
    /// Show others when one is typing, and see theirs.
    pub typing: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { theme: Theme::Night, receipts: true, presence: true, typing: true }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    Night,
    Dawn,
    /// As the device is set.
    System,
}

/// `PATCH /me`: what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateMe {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub display_name: Option<String>,
    #[serde(default, deserialize_with = "object_or_null", skip_serializing_if = "Option::is_none")]
    pub settings: Option<SettingsPatch>,
}

/// Serde would also fill a struct from an array, in the order of its fields.
fn object_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    struct ObjectOrNull<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectOrNull<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }

    deserializer.deserialize_any(ObjectOrNull(PhantomData))
}

/// What is left out stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SettingsPatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipts: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typing: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PrivacyPolicy {
    #[cfg_attr(feature = "openapi", schema(example = "2026-11-23"))]
    pub version: String,
    pub effective_from: Timestamp,
    /// Of the markdown, in hex.
    pub sha256: String,
    pub markdown: String,
}

/// Consent once given: to which text, when, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consent {
    #[cfg_attr(feature = "openapi", schema(example = "privacy_policy"))]
    pub purpose: String,
    #[cfg_attr(feature = "openapi", schema(example = "2026-11-23"))]
    pub policy_version: String,
    pub policy_sha256: String,
    pub granted_at: Timestamp,
    pub withdrawn_at: Option<Timestamp>,
}

/// `POST /me/consents`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GiveConsent {
    #[cfg_attr(feature = "openapi", schema(example = "2026-11-23"))]
    pub policy_version: String,
}

/// One version of the privacy policy, as `GET /privacy-policies` lists them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PolicyVersion {
    #[cfg_attr(feature = "openapi", schema(example = "2026-11-23"))]
    pub version: String,
    pub effective_from: Timestamp,
    /// Of the markdown, in hex.
    pub sha256: String,
    /// What is new and what is gone against the version before, as markdown; nothing for the first.
    pub changes: Option<String>,
}

/// Something that happened to the caller's account, for their eyes alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecurityEvent {
    pub at: Timestamp,
    pub kind: SecurityEventKind,
    /// Of the session that did it or that it was done to, where there is one.
    #[cfg_attr(feature = "openapi", schema(example = "Kitchen laptop"))]
    pub device_name: Option<String>,
    /// Of a session that was ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SecurityEventKind {
    SignedUp,
    SignedIn,
    /// Somebody gave a wrong password.
    SignInFailed,
    SignedOut,
    /// A session was ended from another one.
    SessionEnded,
    /// All other sessions were ended at once.
    OtherSessionsEnded,
    /// A refresh token came a second time, which a thief's would: its session was ended.
    RefreshReused,
    PasswordChanged,
    /// A signed-in device gave a wrong current password.
    PasswordRefused,
    /// A recovery code set a new password.
    Recovered,
    /// Somebody gave a recovery code that is none, or spent.
    RecoveryFailed,
    RecoveryCodesRenewed,
    SecondFactorOn,
    /// By its owner. A recovery code and an operator's reset turn it off as well, and are told as such.
    SecondFactorOff,
    /// The right password came with a wrong code.
    SecondFactorRefused,
    ConsentGiven,
    ConsentWithdrawn,
    DataExported,
    /// Whoever runs the server set a new password.
    PasswordResetByOperator,
    /// Whoever runs the server ended all sessions.
    SessionsEndedByOperator,
}
