//! Groups: making, changing and ending them, and who belongs to them.

use crate::app::AppState;
use crate::auth::CurrentUser;
use crate::json::{Json, OptionalJson};
use crate::problem::ApiError;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};
use umbrachat_protocol::{
    Conversation, ConversationId, HandOver, Member, NewGroup, PutMember, UpdateGroup, UserId,
};

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/conversations/{id}/members/{user_id}").put(put_member).delete(remove_member))
        .service(web::resource("/conversations/{id}/owner").post(hand_over));
}

/// Make a group
///
/// Its maker is the owner; the members must be their friends.
#[utoipa::path(
    post, path = "/conversations", operation_id = "create_group", tag = "Groups",
    request_body = NewGroup,
    responses((status = 201, description = "The group", body = Conversation)),
    extensions(("x-errors" = json!(["not_friends"])))
)]
pub(super) async fn create(
    user: CurrentUser,
    state: Data<AppState>,
    Json(body): Json<NewGroup>,
) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Created().json(state.store.create_group(user.id, body).await?))
}

/// Change a group's title, or what members who join later may read
///
/// For admins and the owner. What is left out stays as it is.
#[utoipa::path(
    patch, path = "/conversations/{id}", operation_id = "update_group", tag = "Groups",
    params(("id" = ConversationId, Path)),
    request_body = UpdateGroup,
    responses((status = 200, description = "As it is now", body = Conversation)),
    extensions(("x-errors" = json!(["forbidden"])))
)]
pub(super) async fn update(
    user: CurrentUser,
    state: Data<AppState>,
    id: Path<ConversationId>,
    Json(body): Json<UpdateGroup>,
) -> Result<web::Json<Conversation>, ApiError> {
    Ok(web::Json(state.store.update_group(user.id, *id, body).await?))
}

/// End a group for everybody
///
/// With everything that was said in it. For the owner.
#[utoipa::path(
    delete, path = "/conversations/{id}", operation_id = "delete_group", tag = "Groups",
    params(("id" = ConversationId, Path)),
    responses((status = 204, description = "Gone")),
    extensions(("x-errors" = json!(["forbidden"])))
)]
pub(super) async fn delete(
    user: CurrentUser,
    state: Data<AppState>,
    id: Path<ConversationId>,
) -> Result<HttpResponse, ApiError> {
    state.store.delete_group(user.id, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Add a friend to a group, or change a member's role
///
/// Admins add members; only the owner makes and unmakes admins. Repeating it changes nothing.
#[utoipa::path(
    put, path = "/conversations/{id}/members/{user_id}", operation_id = "put_member", tag = "Groups",
    params(("id" = ConversationId, Path), ("user_id" = UserId, Path)),
    request_body(content = Option<PutMember>, description = "Nothing, or `{}`, for a plain member"),
    responses(
        (status = 200, description = "They were a member", body = Member),
        (status = 201, description = "They are new", body = Member),
    ),
    extensions(("x-errors" = json!(["forbidden", "not_friends", "conflict"])))
)]
pub(super) async fn put_member(
    user: CurrentUser,
    state: Data<AppState>,
    path: Path<(ConversationId, UserId)>,
    OptionalJson(body): OptionalJson<PutMember>,
) -> Result<HttpResponse, ApiError> {
    let (id, other) = path.into_inner();
    let (member, is_new) = state.store.put_member(user.id, id, other, body.role).await?;
    let mut response = if is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(member))
}

/// Remove somebody from a group, or leave it
///
/// Admins remove members, the owner anybody. An owner who leaves hands over to the longest-standing admin, or else
/// member; with the last member the group ends. Repeating it changes nothing.
#[utoipa::path(
    delete, path = "/conversations/{id}/members/{user_id}", operation_id = "remove_member", tag = "Groups",
    params(("id" = ConversationId, Path), ("user_id" = UserId, Path)),
    responses((status = 204, description = "No member any more")),
    extensions(("x-errors" = json!(["forbidden"])))
)]
pub(super) async fn remove_member(
    user: CurrentUser,
    state: Data<AppState>,
    path: Path<(ConversationId, UserId)>,
) -> Result<HttpResponse, ApiError> {
    let (id, other) = path.into_inner();
    state.store.remove_member(user.id, id, other).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Hand a group over
///
/// The owner becomes an admin.
#[utoipa::path(
    post, path = "/conversations/{id}/owner", operation_id = "hand_over", tag = "Groups",
    params(("id" = ConversationId, Path)),
    request_body = HandOver,
    responses((status = 200, description = "The new owner", body = Member)),
    extensions(("x-errors" = json!(["forbidden"])))
)]
pub(super) async fn hand_over(
    user: CurrentUser,
    state: Data<AppState>,
    id: Path<ConversationId>,
    Json(body): Json<HandOver>,
) -> Result<web::Json<Member>, ApiError> {
    Ok(web::Json(state.store.hand_over(user.id, *id, body.user_id).await?))
}
