//! The caller's own account and consent.

use crate::app::AppState;
use crate::auth::{CurrentUser, WithoutConsent};
use crate::json::Json;
use crate::policy;
use crate::problem::ApiError;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};
use umbrachat_protocol::{Consent, FieldError, GiveConsent, Me, SecurityEvent, UpdateMe, limits, text};

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/me").get(show).patch(update).delete(super::my_data::erase))
        .service(web::resource("/me/consents").get(consents).post(give_consent).delete(withdraw_consent))
        .service(web::resource("/me/security-log").get(security_log));
}

/// Who I am
#[utoipa::path(
    get, path = "/me", operation_id = "me", tag = "Account",
    responses((status = 200, description = "The caller, with their settings", body = Me))
)]
pub(super) async fn show(user: CurrentUser, state: Data<AppState>) -> Result<web::Json<Me>, ApiError> {
    Ok(web::Json(state.store.me(user.id).await?))
}

/// Change my name or my settings
///
/// What is left out stays as it is, in `settings` too.
#[utoipa::path(
    patch, path = "/me", operation_id = "update_me", tag = "Account",
    request_body = UpdateMe,
    responses((status = 200, description = "The caller, as they are now", body = Me))
)]
pub(super) async fn update(
    user: CurrentUser,
    state: Data<AppState>,
    Json(mut body): Json<UpdateMe>,
) -> Result<web::Json<Me>, ApiError> {
    if let Some(name) = &mut body.display_name {
        *name = text::name("display_name", name, limits::DISPLAY_NAME_MAX)?;
    }
    Ok(web::Json(state.store.update_me(user.id, body).await?))
}

/// What I have agreed to
#[utoipa::path(
    get, path = "/me/consents", operation_id = "consents", tag = "Account",
    responses((status = 200, description = "Every consent, given or withdrawn", body = Vec<Consent>)),
    extensions(("x-without-consent" = json!(true)))
)]
pub(super) async fn consents(
    WithoutConsent(user): WithoutConsent,
    state: Data<AppState>,
) -> Result<web::Json<Vec<Consent>>, ApiError> {
    Ok(web::Json(state.store.consents(user.id).await?))
}

/// Agree to the current privacy policy
#[utoipa::path(
    post, path = "/me/consents", operation_id = "give_consent", tag = "Account",
    request_body = GiveConsent,
    responses((status = 200, description = "Every consent, given or withdrawn", body = Vec<Consent>)),
    extensions(("x-without-consent" = json!(true)))
)]
pub(super) async fn give_consent(
    WithoutConsent(user): WithoutConsent,
    state: Data<AppState>,
    Json(body): Json<GiveConsent>,
) -> Result<web::Json<Vec<Consent>>, ApiError> {
    let policy = state.policy();
    if body.policy_version != policy.version {
        let detail = format!("the current version is {}", policy.version);
        return Err(FieldError::new("policy_version", "out_of_range", detail).into());
    }
    state.store.give_consent(user.id, user.session, policy::reference(policy)).await?;
    Ok(web::Json(state.store.consents(user.id).await?))
}

/// Withdraw consent
///
/// From then on only reading the policy, agreeing to it, exporting, erasing, and ending sessions work.
#[utoipa::path(
    delete, path = "/me/consents", operation_id = "withdraw_consent", tag = "Account",
    responses((status = 204, description = "Withdrawn")),
    extensions(("x-without-consent" = json!(true)))
)]
pub(super) async fn withdraw_consent(
    WithoutConsent(user): WithoutConsent,
    state: Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    state.store.withdraw_consent(user.id, user.session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What happened to my account
///
/// Sign-ins, failures and changes of the last 90 days, the newest first.
#[utoipa::path(
    get, path = "/me/security-log", operation_id = "security_log", tag = "Account",
    responses((status = 200, description = "The security log", body = Vec<SecurityEvent>)),
    extensions(("x-without-consent" = json!(true)))
)]
pub(super) async fn security_log(
    WithoutConsent(user): WithoutConsent,
    state: Data<AppState>,
) -> Result<web::Json<Vec<SecurityEvent>>, ApiError> {
    Ok(web::Json(state.store.security_log(user.id).await?))
}
