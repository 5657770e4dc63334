//! Who is asking. Everything below `/api/v1` that is not expressly public goes through `require`, so a route that forgets
//! to ask is closed, not open; and a handler says whom it serves by what it takes: `CurrentUser`, `WithoutConsent` or `Public`.

use crate::app::AppState;
use crate::policy;
use crate::problem::ApiError;
use crate::tokens::access::AccessTokenError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use std::future::{Ready, ready};
use umbrachat_protocol::{ErrorCode, SecurityEventKind, SessionId, Timestamp, UserId};
use umbrachat_store::{Knowledge, StoreError};

/// A signed-in person who has agreed to the current privacy policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentUser {
    pub id: UserId,
    pub session: SessionId,
    /// When the access token ends; a socket ends with it.
    pub token_expires_at: Timestamp,
}

/// A signed-in person, for the few routes that must work without consent.
#[derive(Clone, Copy, Debug)]
pub struct WithoutConsent(pub CurrentUser);

/// Says that a route serves anybody.
pub struct Public;

/// Somebody whose access token is good.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    user: CurrentUser,
    consented: bool,
}

impl Caller {
    /// # Errors
    /// `consent_required`.
    pub fn consented(self) -> Result<CurrentUser, ApiError> {
        if self.consented { Ok(self.user) } else { Err(ApiError::of(ErrorCode::ConsentRequired)) }
    }
}

/// Checks an access token, and with the store that its session goes on.
///
/// # Errors
/// `token_expired`, `unauthenticated`, or what the store says.
pub async fn authenticate(state: &AppState, token: &str) -> Result<Caller, ApiError> {
    let token = state.tokens.access.verify(token, state.store.clock().now()).map_err(|error| {
        ApiError::of(match error {
            AccessTokenError::Expired => ErrorCode::TokenExpired,
            AccessTokenError::Invalid => ErrorCode::Unauthenticated,
        })
    })?;
    let session = state.store.session(token.session, &policy::reference(state.policy())).await?;
    let session = session
        .filter(|session| session.user == token.user)
        .ok_or_else(|| ApiError::new(ErrorCode::Unauthenticated, "The session has ended: sign in again."))?;
    let user = CurrentUser { id: session.user, session: session.session, token_expires_at: token.expires_at };
    Ok(Caller { user, consented: session.consented })
}

/// Checks a signed-in person's current password. What depends on it must make sure, in its own transaction, that the hash
/// is still theirs.
///
/// # Errors
/// `wrong_password`, `rate_limited`, or what the store says.
pub async fn confirm_password(
    state: &AppState,
    user: CurrentUser,
    password: String,
) -> Result<Knowledge, ApiError> {
    state.limits.confirmation(user.id).await?;
    let known = match state.store.knowledge_of(user.id).await {
        // Of two erasures at once, one comes when the account is gone.
        Err(StoreError::NotFound) => {
            return Err(ApiError::new(ErrorCode::Unauthenticated, "The account has been erased."));
        }
        known => known?,
    };
    if state.passwords.verify(password, Some(known.password_hash.clone())).await? {
        return Ok(known);
    }
    state.store.note(user.id, SecurityEventKind::PasswordRefused, Some(user.session)).await?;
    Err(ApiError::of(ErrorCode::WrongPassword))
}

/// The access token of `Authorization: Bearer …` (RFC 6750).
pub fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Middleware: lets nobody pass who is not signed in.
pub async fn require(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match caller_of(request.request()).await {
        Ok(caller) => {
            let state = request.app_data::<web::Data<AppState>>().expect("the app carries its state");
            if let Err(error) = state.limits.call(caller.user.id) {
                return Ok(ServiceResponse::from_err(error, request.into_parts().0));
            }
            request.extensions_mut().insert(caller);
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(error) => Ok(ServiceResponse::from_err(error, request.into_parts().0)),
    }
}

async fn caller_of(request: &HttpRequest) -> Result<Caller, ApiError> {
    let state = request.app_data::<web::Data<AppState>>().expect("the app carries its state");
    let token = bearer(request).ok_or_else(|| ApiError::of(ErrorCode::Unauthenticated))?;
    authenticate(state, token).await
}

fn noted(request: &HttpRequest) -> Result<Caller, ApiError> {
    request.extensions().get::<Caller>().copied().ok_or_else(|| ApiError::of(ErrorCode::Unauthenticated))
}

impl FromRequest for CurrentUser {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(noted(request).and_then(Caller::consented))
    }
}

impl FromRequest for WithoutConsent {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(noted(request).map(|caller| Self(caller.user)))
    }
}

impl FromRequest for Public {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn bearer_of(header: &str) -> Option<String> {
        let request = TestRequest::get().insert_header((header::AUTHORIZATION, header)).to_http_request();
        bearer(&request).map(str::to_owned)
    }

    #[test]
    fn a_bearer_token_is_found_and_nothing_else() {
        assert_eq!(bearer_of("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(bearer_of("bearer  abc").as_deref(), Some("abc"));
        for header in ["", "abc", "Bearer", "Basic YTpi", "Bearerabc"] {
            assert_eq!(bearer_of(header), None, "{header}");
        }
    }

    #[test]
    fn outside_the_guarded_part_nobody_is_signed_in() {
        let request =
            TestRequest::get().insert_header((header::AUTHORIZATION, "Bearer abc")).to_http_request();
        assert_eq!(noted(&request).unwrap_err().code(), ErrorCode::Unauthenticated);
    }

    #[test]
    fn consent_is_asked_for_where_it_is_needed() {
        let nobody = uuid::Uuid::nil();
        let user =
            CurrentUser { id: UserId(nobody), session: SessionId(nobody), token_expires_at: Timestamp(0) };
        assert_eq!(Caller { user, consented: true }.consented().unwrap(), user);
        let refused = Caller { user, consented: false }.consented().unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ConsentRequired);
    }
}
