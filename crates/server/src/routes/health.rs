//! For whoever watches over the process.

use crate::app::AppState;
use crate::auth::Public;
use crate::problem::ApiError;
use actix_web::web::{self, Data, Json, ServiceConfig};
use serde::Serialize;
use umbrachat_protocol::ErrorCode;
use utoipa::ToSchema;

pub(super) fn configure(app: &mut ServiceConfig) {
    app.service(web::resource("/health/live").get(live).head(live))
        .service(web::resource("/health/ready").get(ready).head(ready));
}

#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// The process runs
#[utoipa::path(
    get, path = "/health/live", operation_id = "live", tag = "Server", security(()),
    responses((status = 200, description = "It does", body = Health))
)]
pub(super) async fn live(_: Public) -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The process can serve: its database answers and can be written, and it is not about to end
#[utoipa::path(
    get, path = "/health/ready", operation_id = "ready", tag = "Server", security(()),
    responses((status = 200, description = "It can", body = Health))
)]
pub(super) async fn ready(_: Public, state: Data<AppState>) -> Result<Json<Health>, ApiError> {
    if state.is_draining() {
        return Err(ApiError::of(ErrorCode::Overloaded));
    }
    state.store.require_writable().await?;
    Ok(Json(Health { status: "ok" }))
}
