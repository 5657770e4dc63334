//! Finding a person. There is no directory: whoever knows the exact name finds them.

use crate::app::AppState;
use crate::auth::CurrentUser;
use crate::problem::ApiError;
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use umbrachat_protocol::{ErrorCode, User, text};

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/users/{username}").get(show));
}

/// Find a person by their exact username
#[utoipa::path(
    get, path = "/users/{username}", operation_id = "user", tag = "People",
    params(("username" = String, Path, example = "bo", description = "Upper case is folded")),
    responses((status = 200, description = "The person", body = User))
)]
pub(super) async fn show(
    _: CurrentUser,
    state: Data<AppState>,
    username: Path<String>,
) -> Result<Json<User>, ApiError> {
    // What could be nobody's name is nobody's name.
    let username = text::username(&username).map_err(|_| ApiError::of(ErrorCode::NotFound))?;
    Ok(Json(state.store.user_by_name(&username).await?))
}
