//! The caller's sessions: seeing and ending them.

use crate::app::AppState;
use crate::auth::WithoutConsent;
use crate::cookie;
use crate::problem::ApiError;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};
use umbrachat_protocol::{Session, SessionId};

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/auth/logout").post(logout))
        .service(web::resource("/auth/sessions").get(list).delete(end_others))
        .service(web::resource("/auth/sessions/{id}").delete(end));
}

/// Sign out
///
/// Ends this session: its tokens are worth nothing from here on.
#[utoipa::path(
    post, path = "/auth/logout", operation_id = "logout", tag = "Sign-in",
    responses((status = 204, description = "Signed out")),
    extensions(("x-without-consent" = json!(true)))
)]
pub(super) async fn logout(
    WithoutConsent(user): WithoutConsent,
    state: Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    state.store.end_session(user.id, user.session, user.session).await?;
    Ok(HttpResponse::NoContent().cookie(cookie::cleared(&state.public_url)).finish())
}

/// My sessions
///
/// Where this account is signed in, the last used first.
#[utoipa::path(
    get, path = "/auth/sessions", operation_id = "sessions", tag = "Sign-in",
    responses((status = 200, description = "All sessions that go on", body = Vec<Session>)),
    extensions(("x-without-consent" = json!(true)))
)]
pub(super) async fn list(
    WithoutConsent(user): WithoutConsent,
    state: Data<AppState>,
) -> Result<web::Json<Vec<Session>>, ApiError> {
    Ok(web::Json(state.store.sessions(user.id, user.session).await?))
}

/// End a session
///
/// Its tokens are worth nothing from here on, and its sockets are closed.
#[utoipa::path(
    delete, path = "/auth/sessions/{id}", operation_id = "end_session", tag = "Sign-in",
    params(("id" = SessionId, Path, description = "Of `GET /auth/sessions`")),
    responses((status = 204, description = "Ended")),
    extensions(("x-without-consent" = json!(true)))
)]
pub(super) async fn end(
    WithoutConsent(user): WithoutConsent,
    state: Data<AppState>,
    session: Path<SessionId>,
) -> Result<HttpResponse, ApiError> {
    state.store.end_session(user.id, user.session, *session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// End all other sessions
#[utoipa::path(
    delete, path = "/auth/sessions", operation_id = "end_other_sessions", tag = "Sign-in",
    responses((status = 204, description = "Only this session goes on")),
    extensions(("x-without-consent" = json!(true)))
)]
pub(super) async fn end_others(
    WithoutConsent(user): WithoutConsent,
    state: Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    state.store.end_other_sessions(user.id, user.session).await?;
    Ok(HttpResponse::NoContent().finish())
}
