//! Changing the password, and new recovery codes: both take the current password.

use crate::app::AppState;
use crate::auth::{CurrentUser, confirm_password};
use crate::json::Json;
use crate::passwords::NewPassword;
use crate::problem::ApiError;
use crate::recovery_codes;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};
use umbrachat_protocol::{ChangePassword, RecoveryCodes, RenewRecoveryCodes, text};

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/auth/password").post(change))
        .service(web::resource("/auth/recovery-codes").post(renew_recovery_codes));
}

/// Change the password
///
/// All other sessions end.
#[utoipa::path(
    post, path = "/auth/password", operation_id = "change_password", tag = "Sign-in",
    request_body = ChangePassword,
    responses((status = 204, description = "The new password holds")),
    extensions(("x-errors" = json!(["wrong_password"])))
)]
pub(super) async fn change(
    user: CurrentUser,
    state: Data<AppState>,
    Json(body): Json<ChangePassword>,
) -> Result<HttpResponse, ApiError> {
    text::password("new_password", &body.new_password)?;
    let known = confirm_password(&state, user, body.current_password).await?;
    let about = vec![known.username, known.display_name];
    let password = NewPassword { field: "new_password", text: body.new_password, about };
    let new_hash = state.passwords.accept(password).await?;
    state.store.change_password(user.id, user.session, known.password_hash, new_hash).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Renew the recovery codes
///
/// Ten new ones, shown this once. The old ones are worth nothing from here on.
#[utoipa::path(
    post, path = "/auth/recovery-codes", operation_id = "renew_recovery_codes", tag = "Sign-in",
    request_body = RenewRecoveryCodes,
    responses((status = 200, description = "The new codes", body = RecoveryCodes)),
    extensions(("x-errors" = json!(["wrong_password"])))
)]
pub(super) async fn renew_recovery_codes(
    user: CurrentUser,
    state: Data<AppState>,
    Json(body): Json<RenewRecoveryCodes>,
) -> Result<web::Json<RecoveryCodes>, ApiError> {
    let known = confirm_password(&state, user, body.password).await?;
    let recovery_codes = recovery_codes::generate();
    let hashes = recovery_codes::hash_all(&recovery_codes);
    state.store.renew_recovery_codes(user.id, user.session, known.password_hash, hashes).await?;
    Ok(web::Json(RecoveryCodes { recovery_codes }))
}
