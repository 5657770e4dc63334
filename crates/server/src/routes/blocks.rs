//! Blocks: the end of friendship and requests, of which the blocked person is told nothing.

use crate::app::AppState;
use crate::auth::CurrentUser;
use crate::problem::ApiError;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use umbrachat_protocol::{Block, UserId};

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/blocks").get(list))
        .service(web::resource("/blocks/{user_id}").put(put).delete(remove));
}

/// Whom I have blocked
#[utoipa::path(
    get, path = "/blocks", operation_id = "blocks", tag = "People",
    responses((status = 200, description = "Oldest first", body = Vec<Block>))
)]
pub(super) async fn list(user: CurrentUser, state: Data<AppState>) -> Result<Json<Vec<Block>>, ApiError> {
    Ok(Json(state.store.blocks(user.id).await?))
}

/// Block somebody
///
/// Ends friendship and requests. What they ask from then on goes nowhere, and they are told nothing. Repeating it changes
/// nothing.
#[utoipa::path(
    put, path = "/blocks/{user_id}", operation_id = "block", tag = "People",
    params(("user_id" = UserId, Path)),
    responses((status = 200, description = "Blocked", body = Block)),
    extensions(("x-errors" = json!(["invalid"])))
)]
pub(super) async fn put(
    user: CurrentUser,
    state: Data<AppState>,
    other: Path<UserId>,
) -> Result<Json<Block>, ApiError> {
    Ok(Json(state.store.block(user.id, *other).await?))
}

/// End a block
///
/// Repeating it changes nothing.
#[utoipa::path(
    delete, path = "/blocks/{user_id}", operation_id = "unblock", tag = "People",
    params(("user_id" = UserId, Path)),
    responses((status = 204, description = "Blocked no more"))
)]
pub(super) async fn remove(
    user: CurrentUser,
    state: Data<AppState>,
    other: Path<UserId>,
) -> Result<HttpResponse, ApiError> {
    state.store.unblock(user.id, *other).await?;
    Ok(HttpResponse::NoContent().finish())
}
