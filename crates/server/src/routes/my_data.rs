//! What the server knows about the caller: to see, and to be erased.

use crate::app::AppState;
use crate::auth::{WithoutConsent, confirm_password};
use crate::cookie;
use crate::json::Json;
use crate::problem::ApiError;
use crate::receipt;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};
use std::time::Duration;
use umbrachat_protocol::{EraseMe, Erased, ErrorCode, MyData};
use umbrachat_store::StoreError;

/// How long an erasure's answer waits for the last trace to go; very many messages take longer.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/me/data").get(show));
}

/// What the server knows about me
///
/// Every kind of data: how much of it there is now, what it is held for, and how long.
#[utoipa::path(
    get, path = "/me/data", operation_id = "my_data", tag = "Account",
    responses((status = 200, description = "Every kind, also those of which there is nothing", body = MyData)),
    extensions(("x-without-consent" = json!(true)))
)]
pub(super) async fn show(
    WithoutConsent(user): WithoutConsent,
    state: Data<AppState>,
) -> Result<web::Json<MyData>, ApiError> {
    Ok(web::Json(state.store.my_data(user.id).await?))
}

/// Erase my account
///
/// At once and for good: the name is free, every session ends, groups are handed over. What one has written is erased, or
/// stays without its author, as one chooses. The receipt tells what is gone; where there are very many messages it comes
/// before the last of them is, and says so.
#[utoipa::path(
    delete, path = "/me", operation_id = "erase_me", tag = "Account",
    request_body = EraseMe,
    responses((status = 200, description = "Erased", body = Erased)),
    extensions(("x-without-consent" = json!(true)), ("x-errors" = json!(["wrong_password"])))
)]
pub(super) async fn erase(
    WithoutConsent(user): WithoutConsent,
    state: Data<AppState>,
    Json(body): Json<EraseMe>,
) -> Result<HttpResponse, ApiError> {
    let known = confirm_password(&state, user, body.password).await?;
    let entry = state.erasure_ledger.entry(user.id, body.messages, state.store.clock().now());
    let erasure =
        state.store.erase_account(user.id, Some(known.password_hash), entry, PATIENCE).await.map_err(over)?;
    state.limits.forget(&known.username);
    state.erasure_ledger.keep(&[entry]).await;
    let receipt = receipt::of(&erasure, body.messages);
    tracing::info!(receipt = receipt.digest, "an account was erased");
    Ok(HttpResponse::Ok().cookie(cookie::cleared(&state.public_url)).json(Erased { receipt }))
}

/// Of two erasures at once, one comes when the account has ended.
fn over(error: StoreError) -> ApiError {
    match error {
        StoreError::NotFound => ApiError::new(ErrorCode::Unauthenticated, "The account has been erased."),
        error => error.into(),
    }
}
