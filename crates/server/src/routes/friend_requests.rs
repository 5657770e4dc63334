//! Asking people to be friends. Both must agree before either can write to the other.

use crate::app::AppState;
use crate::auth::CurrentUser;
use crate::json::Json;
use crate::problem::ApiError;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};
use umbrachat_protocol::{
    AskedFriend, Friend, FriendRequest, FriendRequests, NewFriendRequest, UserId, text,
};

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/friend-requests").get(list).post(ask))
        .service(web::resource("/friend-requests/{user_id}").delete(remove))
        .service(web::resource("/friend-requests/{user_id}/accept").post(accept));
}

/// Requests that wait for an answer
#[utoipa::path(
    get, path = "/friend-requests", operation_id = "friend_requests", tag = "People",
    responses((status = 200, description = "Oldest first", body = FriendRequests))
)]
pub(super) async fn list(
    user: CurrentUser,
    state: Data<AppState>,
) -> Result<web::Json<FriendRequests>, ApiError> {
    Ok(web::Json(state.store.friend_requests(user.id).await?))
}

/// Ask somebody to be friends
///
/// Where they had already asked, this accepts. Repeating it changes nothing.
#[utoipa::path(
    post, path = "/friend-requests", operation_id = "ask_friend", tag = "People",
    request_body = NewFriendRequest,
    responses(
        (status = 201, description = "Asked", body = FriendRequest),
        (status = 200, description = "Friends now or before, or asked before", body = AskedFriend),
    ),
    extensions(("x-errors" = json!(["conflict", "not_found"])))
)]
pub(super) async fn ask(
    user: CurrentUser,
    state: Data<AppState>,
    Json(body): Json<NewFriendRequest>,
) -> Result<HttpResponse, ApiError> {
    let username = text::username(&body.username)?;
    let asked = state.store.ask_friend(user.id, username).await?;
    let mut response = if asked.created { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(asked.outcome))
}

/// Accept somebody's request
///
/// Repeating it changes nothing.
#[utoipa::path(
    post, path = "/friend-requests/{user_id}/accept", operation_id = "accept_friend", tag = "People",
    params(("user_id" = UserId, Path)),
    responses((status = 200, description = "Friends", body = Friend))
)]
pub(super) async fn accept(
    user: CurrentUser,
    state: Data<AppState>,
    other: Path<UserId>,
) -> Result<web::Json<Friend>, ApiError> {
    Ok(web::Json(state.store.accept_friend(user.id, *other).await?))
}

/// Decline somebody's request, or take back my own
///
/// Repeating it changes nothing.
#[utoipa::path(
    delete, path = "/friend-requests/{user_id}", operation_id = "remove_friend_request", tag = "People",
    params(("user_id" = UserId, Path)),
    responses((status = 204, description = "No request any more"))
)]
pub(super) async fn remove(
    user: CurrentUser,
    state: Data<AppState>,
    other: Path<UserId>,
) -> Result<HttpResponse, ApiError> {
    state.store.remove_friend_request(user.id, *other).await?;
    Ok(HttpResponse::NoContent().finish())
}
