//! Conversations: the list, one of them, who is in it, what changed, and how far each has read.

use crate::app::AppState;
use crate::auth::CurrentUser;
use crate::json::{Json, Query};
use crate::problem::ApiError;
use crate::routes::{groups, page_limit};
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};
use serde::Deserialize;
use umbrachat_protocol::{
    Changes, Conversation, ConversationId, FieldError, Member, Preferences, Rev, Snapshot, UpdatePreferences,
    UpdateReceipts, UserId,
};
use utoipa::IntoParams;

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/snapshot").get(snapshot))
        .service(web::resource("/conversations").get(list).post(groups::create))
        .service(web::resource("/conversations/direct/{user_id}").put(open_direct))
        .service(web::resource("/conversations/{id}").get(show).patch(groups::update).delete(groups::delete))
        .service(web::resource("/conversations/{id}/members").get(members))
        .service(web::resource("/conversations/{id}/receipts").put(update_receipts))
        .service(web::resource("/conversations/{id}/preferences").patch(update_preferences))
        .service(web::resource("/conversations/{id}/changes").get(changes));
}

/// Everything that a client needs to begin
///
/// The same as the socket's `ready` carries.
#[utoipa::path(
    get, path = "/snapshot", operation_id = "snapshot", tag = "Conversations",
    responses((status = 200, description = "As it stands", body = Snapshot))
)]
pub(super) async fn snapshot(
    user: CurrentUser,
    state: Data<AppState>,
) -> Result<web::Json<Snapshot>, ApiError> {
    let mut snapshot = state.store.snapshot(user.id).await?;
    state.hub.show_who_is_here(&mut snapshot);
    Ok(web::Json(snapshot))
}

/// My conversations
#[utoipa::path(
    get, path = "/conversations", operation_id = "conversations", tag = "Conversations",
    responses((status = 200, description = "Newest activity first", body = Vec<Conversation>))
)]
pub(super) async fn list(
    user: CurrentUser,
    state: Data<AppState>,
) -> Result<web::Json<Vec<Conversation>>, ApiError> {
    Ok(web::Json(state.store.conversations(user.id).await?))
}

/// The direct conversation with a friend
///
/// Made where there is none.
#[utoipa::path(
    put, path = "/conversations/direct/{user_id}", operation_id = "open_direct", tag = "Conversations",
    params(("user_id" = UserId, Path)),
    responses(
        (status = 200, description = "It was there", body = Conversation),
        (status = 201, description = "It is new", body = Conversation),
    ),
    extensions(("x-errors" = json!(["not_friends", "invalid"])))
)]
pub(super) async fn open_direct(
    user: CurrentUser,
    state: Data<AppState>,
    other: Path<UserId>,
) -> Result<HttpResponse, ApiError> {
    let opened = state.store.open_direct(user.id, *other).await?;
    let mut response = if opened.created { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(opened.conversation))
}

/// One conversation
#[utoipa::path(
    get, path = "/conversations/{id}", operation_id = "conversation", tag = "Conversations",
    params(("id" = ConversationId, Path)),
    responses((status = 200, description = "As the caller sees it", body = Conversation))
)]
pub(super) async fn show(
    user: CurrentUser,
    state: Data<AppState>,
    id: Path<ConversationId>,
) -> Result<web::Json<Conversation>, ApiError> {
    Ok(web::Json(state.store.conversation(user.id, *id).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Former {
    /// Also those who have left, so that what they said keeps their names.
    #[serde(default)]
    former: bool,
}

/// Who is in a conversation
///
/// Marks are 0 for members who do not show theirs, and for all others where the caller does not.
#[utoipa::path(
    get, path = "/conversations/{id}/members", operation_id = "members", tag = "Conversations",
    params(("id" = ConversationId, Path), Former),
    responses((status = 200, description = "Longest-standing first", body = Vec<Member>))
)]
pub(super) async fn members(
    user: CurrentUser,
    state: Data<AppState>,
    id: Path<ConversationId>,
    Query(query): Query<Former>,
) -> Result<web::Json<Vec<Member>>, ApiError> {
    let members = if query.former {
        state.store.members_and_former(user.id, *id).await
    } else {
        state.store.members(user.id, *id).await
    };
    Ok(web::Json(members?))
}

/// Say how far I have received and read
///
/// Marks only move forward. What was read was delivered.
#[utoipa::path(
    put, path = "/conversations/{id}/receipts", operation_id = "update_receipts", tag = "Conversations",
    params(("id" = ConversationId, Path)),
    request_body = UpdateReceipts,
    responses((status = 204, description = "Noted")),
    extensions(("x-errors" = json!(["invalid"])))
)]
pub(super) async fn update_receipts(
    user: CurrentUser,
    state: Data<AppState>,
    id: Path<ConversationId>,
    Json(body): Json<UpdateReceipts>,
) -> Result<HttpResponse, ApiError> {
    state.store.move_marks(user.id, *id, body.delivered_seq, body.read_seq).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Pin, archive or mute a conversation
///
/// For the caller alone, on all their devices. What is left out stays as it is.
#[utoipa::path(
    patch, path = "/conversations/{id}/preferences", operation_id = "update_preferences", tag = "Conversations",
    params(("id" = ConversationId, Path)),
    request_body = UpdatePreferences,
    responses((status = 200, description = "As they are now", body = Preferences))
)]
pub(super) async fn update_preferences(
    user: CurrentUser,
    state: Data<AppState>,
    id: Path<ConversationId>,
    Json(body): Json<UpdatePreferences>,
) -> Result<web::Json<Preferences>, ApiError> {
    Ok(web::Json(state.store.update_preferences(user.id, *id, body).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Since {
    /// The newest rev that the caller has without a gap; 0 for everything.
    since: Rev,
    /// Rows in one answer, 1 to 200.
    limit: Option<i64>,
}

/// Everything in a conversation that is newer than a rev
///
/// All rows newer than `since`, oldest rev first. Keep of each row the one with the higher rev, and go on from the
/// answer's `rev` while `has_more`.
#[utoipa::path(
    get, path = "/conversations/{id}/changes", operation_id = "changes", tag = "Conversations",
    params(("id" = ConversationId, Path), Since),
    responses((status = 200, description = "What changed", body = Changes))
)]
pub(super) async fn changes(
    user: CurrentUser,
    state: Data<AppState>,
    id: Path<ConversationId>,
    Query(query): Query<Since>,
) -> Result<web::Json<Changes>, ApiError> {
    if query.since < Rev::ZERO {
        return Err(FieldError::new("since", "out_of_range", "0 or more").into());
    }
    let limit = usize::try_from(page_limit(query.limit)?).unwrap_or_default();
    Ok(web::Json(state.store.changes(user.id, *id, query.since, limit).await?))
}
