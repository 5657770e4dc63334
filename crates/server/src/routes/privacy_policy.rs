//! The policy that people agree to.

use crate::app::AppState;
use crate::auth::Public;
use actix_web::web::{self, Data, Json, ServiceConfig};
use umbrachat_protocol::PrivacyPolicy;

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/privacy-policy").get(show));
}

/// The privacy policy in force
#[utoipa::path(
    get, path = "/privacy-policy", operation_id = "privacy_policy", tag = "Account", security(()),
    responses((status = 200, description = "The policy, with its version and hash", body = PrivacyPolicy))
)]
pub(super) async fn show(_: Public, state: Data<AppState>) -> Json<PrivacyPolicy> {
    Json(state.policy.clone())
}
