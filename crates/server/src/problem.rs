//! Every answer that is an error: an RFC 9457 problem with a stable code and a safe sentence. The cause goes to the log.

use crate::passwords::PasswordError;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{StatusCode, header::HeaderMap};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;
use umbrachat_protocol::{ErrorCode, FieldError, Problem};
use umbrachat_store::{Refusal, StoreError};

pub const CONTENT_TYPE: &str = "application/problem+json";
/// Seconds after which trying again is worth it.
const RETRY_AFTER_SECONDS: u64 = 1;

#[derive(Debug)]
pub struct ApiError {
    code: ErrorCode,
    detail: Cow<'static, str>,
    fields: Vec<FieldError>,
    cause: Option<String>,
    /// Seconds.
    retry_after: u64,
}

impl ApiError {
    pub fn new(code: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            fields: Vec::new(),
            cause: None,
            retry_after: RETRY_AFTER_SECONDS,
        }
    }

    /// An error with the sentence that goes with its code.
    pub fn of(code: ErrorCode) -> Self {
        Self::new(code, sentence(code))
    }

    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let detail = match fields.as_slice() {
            [whole] if whole.field.is_empty() => format!("The body {}.", whole.detail).into(),
            [field] => format!("{}: {}", field.field, field.detail).into(),
            _ => Cow::Borrowed(sentence(ErrorCode::Invalid)),
        };
        Self { fields, ..Self::new(ErrorCode::Invalid, detail) }
    }

    pub fn unknown_field(field: FieldError) -> Self {
        Self { fields: vec![field], ..Self::of(ErrorCode::UnknownField) }
    }

    /// Too many, until so much time has passed.
    pub fn rate_limited(wait: Duration) -> Self {
        let retry_after = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Self { retry_after: retry_after.max(RETRY_AFTER_SECONDS), ..Self::of(ErrorCode::RateLimited) }
    }

    pub fn internal(cause: impl fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::of(ErrorCode::Internal) }
    }

    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What happened, for the log alone.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The problem that says no more than a status does, for what the framework refuses by itself.
    pub fn of_status(status: StatusCode) -> Self {
        Self::of(match status.as_u16() {
            401 => ErrorCode::Unauthenticated,
            403 => ErrorCode::Forbidden,
            404 => ErrorCode::NotFound,
            405 => ErrorCode::MethodNotAllowed,
            413 => ErrorCode::TooLarge,
            429 => ErrorCode::RateLimited,
            503 => ErrorCode::Overloaded,
            400..=499 => ErrorCode::Malformed,
            _ => ErrorCode::Internal,
        })
    }

    pub fn problem(&self) -> Problem {
        let status = self.status_code();
        Problem {
            kind: "about:blank".to_owned(),
            title: title(status).to_owned(),
            status: status.as_u16(),
            code: self.code,
            detail: self.detail.clone().into_owned(),
            fields: self.fields.clone(),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).expect("every code has a status that exists")
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status_code());
        for (name, value) in headers(self.code, self.retry_after) {
            response.insert_header((name, value));
        }
        let body = serde_json::to_string(&self.problem()).expect("a problem is JSON");
        response.content_type(CONTENT_TYPE).body(body)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal.into(),
            StoreError::NotFound => Self::of(ErrorCode::NotFound),
            StoreError::Unavailable(cause) | StoreError::AnswerLost(cause) => {
                Self { cause: Some(cause), ..Self::of(ErrorCode::Overloaded) }
            }
            StoreError::Internal(cause) => Self::internal(cause),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UsernameTaken => Self::of(ErrorCode::UsernameTaken),
            Refusal::WrongPassword => Self::of(ErrorCode::WrongPassword),
            Refusal::InvalidCredentials => Self::of(ErrorCode::InvalidCredentials),
            Refusal::NotFriends => Self::of(ErrorCode::NotFriends),
            Refusal::Forbidden => Self::of(ErrorCode::Forbidden),
            Refusal::Conflict(why) => Self::new(ErrorCode::Conflict, why),
            Refusal::Invalid(field) => Self::from(field),
        }
    }
}

impl From<FieldError> for ApiError {
    fn from(field: FieldError) -> Self {
        Self::invalid(vec![field])
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Refused(field) => field.into(),
            PasswordError::Overloaded => Self::of(ErrorCode::Overloaded),
        }
    }
}

/// Whether an answer already is a problem.
pub fn is_problem(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value == CONTENT_TYPE)
}

/// A sentence for people, in English, that fits wherever the code does.
pub fn sentence(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Invalid => "Some fields cannot be accepted as they are.",
        ErrorCode::UnknownField => "The request has a field that is not known here.",
        ErrorCode::Malformed => "The request could not be understood.",
        ErrorCode::Unauthenticated => "A valid access token is needed.",
        ErrorCode::TokenExpired => "The access token has expired: refresh it.",
        ErrorCode::InvalidCredentials => "The name and the secret do not belong together.",
        ErrorCode::RefreshReused => {
            "This refresh token was used before, so the session has been ended: sign in again."
        }
        ErrorCode::RefreshExpired => "The session has expired: sign in again.",
        ErrorCode::Forbidden => "This is not allowed.",
        ErrorCode::SecondFactorRequired => {
            "The password is right. Sign in again with the code that the authenticator app shows."
        }
        ErrorCode::WrongCode => {
            "Not the code that the authenticator app shows now, or one that was used already."
        }
        ErrorCode::WrongPassword => "The current password is not right.",
        ErrorCode::ConsentRequired => "The current privacy policy has not been agreed to.",
        ErrorCode::NotFriends => "Only friends may do this.",
        ErrorCode::NotFound => "There is nothing here.",
        ErrorCode::MethodNotAllowed => "This exists, but not with this method.",
        ErrorCode::Conflict => "This contradicts what is there.",
        ErrorCode::UsernameTaken => "Somebody else has that username.",
        ErrorCode::TooLarge => "The request is larger than the server takes.",
        ErrorCode::RateLimited => "Too many requests in too short a time: wait a moment.",
        ErrorCode::Overloaded => "The server is busy: try again in a moment.",
        _ => "Something went wrong on the server; the request id finds it in the log.",
    }
}

/// The status in words, by RFC 9110.
pub fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => "Content Too Large",
        StatusCode::UNPROCESSABLE_ENTITY => "Unprocessable Content",
        other => other.canonical_reason().unwrap_or("Error"),
    }
}

fn headers(code: ErrorCode, retry_after: u64) -> Vec<(HeaderName, HeaderValue)> {
    match (code, code.status()) {
        (ErrorCode::TokenExpired, _) => vec![(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer error=\"invalid_token\", error_description=\"expired\""),
        )],
        (_, 401) => vec![(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))],
        (_, 429 | 503) => vec![(header::RETRY_AFTER, HeaderValue::from(retry_after))],
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;

    async fn problem_of(error: ApiError) -> Problem {
        serde_json::from_slice(&to_bytes(error.error_response().into_body()).await.unwrap()).unwrap()
    }

    #[actix_web::test]
    async fn every_code_has_a_status_a_title_and_a_sentence_of_its_own() {
        let mut sentences = std::collections::HashSet::new();
        for code in ErrorCode::ALL {
            let problem = problem_of(ApiError::of(*code)).await;
            assert_eq!((problem.code, problem.status), (*code, code.status()));
            assert!(problem.title.len() > 5 && problem.detail.ends_with('.'), "{problem:?}");
            assert!(sentences.insert(problem.detail), "{code}");
        }
    }

    #[actix_web::test]
    async fn a_cause_goes_to_the_log_and_not_to_the_caller() {
        let error = ApiError::from(StoreError::Internal("relation \"users\" does not exist".into()));
        assert_eq!(error.cause(), Some("relation \"users\" does not exist"));
        assert!(!format!("{:?}", problem_of(error).await).contains("relation"));
    }

    #[actix_web::test]
    async fn a_single_field_is_named_in_the_sentence() {
        let field = FieldError::new("password", "too_short", "at least 10 characters");
        let problem = problem_of(ApiError::invalid(vec![field.clone()])).await;
        assert_eq!(problem.title, "Unprocessable Content");
        assert_eq!(problem.detail, "password: at least 10 characters");
        assert_eq!(problem.fields, [field]);
    }

    #[test]
    fn errors_say_what_to_do_next_in_their_headers() {
        let header = |code, name| ApiError::of(code).error_response().headers().get(name).cloned();
        assert_eq!(header(ErrorCode::Overloaded, header::RETRY_AFTER).unwrap(), "1");
        assert_eq!(header(ErrorCode::RateLimited, header::RETRY_AFTER).unwrap(), "1");
        assert_eq!(header(ErrorCode::Unauthenticated, header::WWW_AUTHENTICATE).unwrap(), "Bearer");
        let expired = header(ErrorCode::TokenExpired, header::WWW_AUTHENTICATE).unwrap();
        assert!(expired.to_str().unwrap().starts_with("Bearer error=\"invalid_token\""));
        assert_eq!(header(ErrorCode::NotFound, header::WWW_AUTHENTICATE), None);
    }
}
