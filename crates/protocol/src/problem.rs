//! Errors on the wire: RFC 9457 problems over REST, `error` events over the socket, one list of codes for both.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal;)*) => {
        /// What went wrong, for programs. The code is stable; the sentence beside it is for people and may change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)*
            /// A code that this version does not know.
            #[serde(other)]
            Unknown,
        }

        impl ErrorCode {
            /// Every code that a server of this version sends.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Unknown => "unknown",
                }
            }

            /// The HTTP status that goes with the code.
            pub fn status(self) -> u16 {
                match self {
                    $(Self::$variant => $status,)*
                    Self::Unknown => 500,
                }
            }
        }
    };
}

error_codes! {
    /// A field has a value that it must not have; `fields` says which and why.
    Invalid = "invalid", 422;
    /// The request has a field that nobody knows.
    UnknownField = "unknown_field", 422;
    /// Not JSON, not UTF-8, or not the declared content type.
    Malformed = "malformed", 400;
    /// No access token, or none that is valid.
    Unauthenticated = "unauthenticated", 401;
    /// The access token was valid once: refresh it.
    TokenExpired = "token_expired", 401;
    /// The name and the password do not belong together.
    InvalidCredentials = "invalid_credentials", 401;
    /// A refresh token that was used before came again: the session has ended.
    RefreshReused = "refresh_reused", 401;
    /// The session rested for too long.
    RefreshExpired = "refresh_expired", 401;
    /// The password is right; the account asks for a code as well.
    SecondFactorRequired = "second_factor_required", 401;
    /// Not allowed for this person.
    Forbidden = "forbidden", 403;
    /// The current password is not that.
    WrongPassword = "wrong_password", 403;
    /// Not the code that the authenticator app shows now, or one that was used already.
    WrongCode = "wrong_code", 403;
    /// The current privacy policy has not been agreed to.
    ConsentRequired = "consent_required", 403;
    /// Only friends may do this.
    NotFriends = "not_friends", 403;
    /// Does not exist, or is not the caller's to see.
    NotFound = "not_found", 404;
    /// The path exists, but not with this method.
    MethodNotAllowed = "method_not_allowed", 405;
    /// Contradicts what is there.
    Conflict = "conflict", 409;
    /// Somebody else has that name.
    UsernameTaken = "username_taken", 409;
    /// Larger than the server takes.
    TooLarge = "too_large", 413;
    /// Too many in too short a time: see `retry-after`.
    RateLimited = "rate_limited", 429;
    /// A fault of the server's; the request id finds it in the log.
    Internal = "internal", 500;
    /// Busy, or the database is out of reach: try again, see `retry-after`.
    Overloaded = "overloaded", 503;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// By hand, because the derived schema does not see names that come out of a macro.
#[cfg(feature = "openapi")]
mod openapi {
    use super::ErrorCode;
    use utoipa::openapi::schema::{ObjectBuilder, Type};
    use utoipa::openapi::{RefOr, Schema};

    impl utoipa::PartialSchema for ErrorCode {
        fn schema() -> RefOr<Schema> {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some("What went wrong, for programs. More codes may come."))
                .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
                .into()
        }
    }

    impl utoipa::ToSchema for ErrorCode {}
}

/// One field that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The path of the field in the body, such as `settings.theme`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "password"))]
    pub field: Cow<'static, str>,
    /// `missing`, `wrong_type`, `too_short`, `too_long`, `too_predictable`, `invalid_characters`,
    /// `out_of_range` or `unknown`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "too_short"))]
    pub code: Cow<'static, str>,
    /// For people, in English.
    #[cfg_attr(feature = "openapi", schema(example = "at least 10 characters"))]
    pub detail: String,
}

impl FieldError {
    pub fn new(field: impl Into<Cow<'static, str>>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.into(), detail: detail.into() }
    }
}

/// The body of every answer that is an error (RFC 9457), as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(example = "about:blank"))]
    pub kind: String,
    /// The status in words.
    #[cfg_attr(feature = "openapi", schema(example = "Unprocessable Content"))]
    pub title: String,
    #[cfg_attr(feature = "openapi", schema(example = 422))]
    pub status: u16,
    pub code: ErrorCode,
    /// For people, in English.
    #[cfg_attr(feature = "openapi", schema(example = "The password is too short."))]
    pub detail: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
}
