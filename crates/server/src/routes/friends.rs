//! Friends.

use crate::app::AppState;
use crate::auth::CurrentUser;
use crate::problem::ApiError;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use umbrachat_protocol::{Friend, UserId};

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/friends").get(list))
        .service(web::resource("/friends/{user_id}").delete(remove));
}

/// My friends
#[utoipa::path(
    get, path = "/friends", operation_id = "friends", tag = "People",
    responses((status = 200, description = "By name", body = Vec<Friend>))
)]
pub(super) async fn list(user: CurrentUser, state: Data<AppState>) -> Result<Json<Vec<Friend>>, ApiError> {
    Ok(Json(state.store.friends(user.id).await?))
}

/// End a friendship
///
/// The conversation stays readable for both; nobody can send to it. Repeating it changes nothing.
#[utoipa::path(
    delete, path = "/friends/{user_id}", operation_id = "unfriend", tag = "People",
    params(("user_id" = UserId, Path)),
    responses((status = 204, description = "No friend any more"))
)]
pub(super) async fn remove(
    user: CurrentUser,
    state: Data<AppState>,
    other: Path<UserId>,
) -> Result<HttpResponse, ApiError> {
    state.store.unfriend(user.id, *other).await?;
    Ok(HttpResponse::NoContent().finish())
}
