//! The socket at `/api/v1/socket`: a handshake, one authentication, then events one way and commands the other.

mod authentication;
pub mod commands;
mod connection;

use crate::address::ClientAddress;
use crate::app::AppState;
use crate::auth::{CurrentUser, authenticate, bearer};
use crate::problem::ApiError;
use actix_web::http::header;
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use umbrachat_protocol::{ErrorCode, limits};

pub(crate) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/socket").get(open));
}

/// The live connection
///
/// A WebSocket: see `asyncapi.yaml`. Authenticates by this header, or by a first frame `authenticate`.
#[utoipa::path(
    get, path = "/socket", operation_id = "socket", tag = "Socket", security((), ("access_token" = [])),
    responses(
        (status = 101, description = "The socket is open"),
        (status = 400, description = "Not a WebSocket handshake"),
    ),
    extensions(("x-errors" = json!(["unauthenticated", "token_expired", "consent_required", "forbidden"])))
)]
pub(crate) async fn open(
    request: HttpRequest,
    body: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse, actix_web::Error> {
    check_origin(&request, &state)?;
    let from = ClientAddress::of(&request);
    state.limits.public_call(from)?;
    let place = state.limits.socket(from)?;
    let user: Option<CurrentUser> = match bearer(&request) {
        Some(token) => Some(authenticate(&state, token).await?.consented()?),
        None => None,
    };
    let (response, session, stream) = actix_ws::handle(&request, body)?;
    let stream = stream
        .max_frame_size(limits::FRAME_BYTES_MAX)
        .aggregate_continuations()
        .max_continuation_size(limits::FRAME_BYTES_MAX);
    actix_web::rt::spawn(connection::serve(state, session, stream, user, place));
    Ok(response)
}

/// A browser names the page that opens a socket; any page but ours would act in its visitor's name. Programs name none.
fn check_origin(request: &HttpRequest, state: &AppState) -> Result<(), ApiError> {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return Ok(()) };
    if origin.to_str().is_ok_and(|origin| state.public_url.allows(origin)) {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::Forbidden, "This page may not open a socket here."))
}
