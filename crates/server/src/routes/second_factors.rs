//! A code from an authenticator app at sign-in: setting it up, and turning it off.

use crate::app::AppState;
use crate::auth::{CurrentUser, confirm_password};
use crate::json::Json;
use crate::problem::ApiError;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};
use umbrachat_protocol::{ChangeSecondFactor, ConfirmSecondFactor, ErrorCode, NewSecondFactor, SecondFactor};
use umbrachat_store::StoreError;

pub(super) fn configure(api: &mut ServiceConfig) {
    let resource = web::resource("/auth/second-factor");
    api.service(resource.get(show).post(begin).put(confirm).delete(remove));
}

/// My second factor
#[utoipa::path(
    get, path = "/auth/second-factor", operation_id = "second_factor", tag = "Sign-in",
    responses((status = 200, description = "Since when one is on, if it is", body = SecondFactor))
)]
pub(super) async fn show(
    user: CurrentUser,
    state: Data<AppState>,
) -> Result<web::Json<SecondFactor>, ApiError> {
    Ok(web::Json(SecondFactor { since: state.store.second_factor_since(user.id).await? }))
}

/// Begin to set up a second factor
///
/// Answers with the secret, this once. Nothing changes at sign-in until a code has shown that the app knows it. Beginning
/// again makes another secret.
#[utoipa::path(
    post, path = "/auth/second-factor", operation_id = "begin_second_factor", tag = "Sign-in",
    request_body = ChangeSecondFactor,
    responses((status = 200, description = "For the authenticator app", body = NewSecondFactor)),
    extensions(("x-errors" = json!(["wrong_password", "conflict"])))
)]
pub(super) async fn begin(
    user: CurrentUser,
    state: Data<AppState>,
    Json(body): Json<ChangeSecondFactor>,
) -> Result<web::Json<NewSecondFactor>, ApiError> {
    let known = confirm_password(&state, user, body.password).await?;
    let (new, sealed) = state.second_factors.generate(user.id, &known.username);
    state.store.begin_second_factor(user.id, known.password_hash, sealed).await?;
    Ok(web::Json(new))
}

/// Turn on the second factor
///
/// With a code that the app shows. From here on each sign-in takes one; sessions that are there go on. A recovery code
/// turns it off again, for whoever has lost the device.
#[utoipa::path(
    put, path = "/auth/second-factor", operation_id = "confirm_second_factor", tag = "Sign-in",
    request_body = ConfirmSecondFactor,
    responses((status = 204, description = "It is on")),
    extensions(("x-errors" = json!(["wrong_code", "not_found"])))
)]
pub(super) async fn confirm(
    user: CurrentUser,
    state: Data<AppState>,
    Json(body): Json<ConfirmSecondFactor>,
) -> Result<HttpResponse, ApiError> {
    state.limits.confirmation(user.id).await?;
    let none_begun = |error| match error {
        StoreError::NotFound => {
            ApiError::new(ErrorCode::NotFound, "No second factor is being set up: begin with POST.")
        }
        other => other.into(),
    };
    let sealed = state.store.second_factor_being_set_up(user.id).await.map_err(none_begun)?;
    let now = state.store.clock().now();
    let step = state.second_factors.step_of(user.id, &sealed, &body.code, now);
    let step = step.ok_or_else(|| ApiError::of(ErrorCode::WrongCode))?;
    state.store.confirm_second_factor(user.id, user.session, sealed, step).await.map_err(none_begun)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Turn off the second factor
#[utoipa::path(
    delete, path = "/auth/second-factor", operation_id = "remove_second_factor", tag = "Sign-in",
    request_body = ChangeSecondFactor,
    responses((status = 204, description = "A name and a password are enough")),
    extensions(("x-errors" = json!(["wrong_password"])))
)]
pub(super) async fn remove(
    user: CurrentUser,
    state: Data<AppState>,
    Json(body): Json<ChangeSecondFactor>,
) -> Result<HttpResponse, ApiError> {
    let known = confirm_password(&state, user, body.password).await?;
    state.store.remove_second_factor(user.id, user.session, known.password_hash).await?;
    Ok(HttpResponse::NoContent().finish())
}
