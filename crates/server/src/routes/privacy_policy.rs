//! The policy that people agree to, and those before it.

use crate::address::ClientAddress;
use crate::app::AppState;
use crate::auth::Public;
use crate::json::Query;
use crate::problem::ApiError;
use actix_web::web::{self, Data, Json, ServiceConfig};
use serde::Deserialize;
use umbrachat_protocol::{ErrorCode, PolicyVersion, PrivacyPolicy};
use utoipa::IntoParams;

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/privacy-policy").get(show))
        .service(web::resource("/privacy-policies").get(history));
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// One that holds or has held; the current one unless told.
    #[param(example = "2026-11-23")]
    version: Option<String>,
}

/// The privacy policy
#[utoipa::path(
    get, path = "/privacy-policy", operation_id = "privacy_policy", tag = "Account", security(()),
    params(Which),
    responses((status = 200, description = "The policy, with its version and hash", body = PrivacyPolicy)),
    extensions(("x-errors" = json!(["not_found"])))
)]
pub(super) async fn show(
    _: Public,
    from: ClientAddress,
    state: Data<AppState>,
    Query(which): Query<Which>,
) -> Result<Json<PrivacyPolicy>, ApiError> {
    state.limits.public_call(from)?;
    let policy = match which.version {
        Some(version) => state.policies.version(&version, state.store.clock().now()),
        None => Some(state.policy()),
    };
    policy.cloned().map(Json).ok_or_else(|| ApiError::of(ErrorCode::NotFound))
}

/// All versions of the privacy policy
///
/// Those that hold or have held, the newest first, with what each changed.
#[utoipa::path(
    get, path = "/privacy-policies", operation_id = "privacy_policies", tag = "Account", security(()),
    responses((status = 200, description = "The versions", body = Vec<PolicyVersion>))
)]
pub(super) async fn history(
    _: Public,
    from: ClientAddress,
    state: Data<AppState>,
) -> Result<Json<Vec<PolicyVersion>>, ApiError> {
    state.limits.public_call(from)?;
    Ok(Json(state.policies.history(state.store.clock().now())))
}
