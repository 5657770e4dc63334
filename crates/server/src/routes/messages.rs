//! Messages: reading, sending, deleting.

use crate::app::AppState;
use crate::auth::CurrentUser;
use crate::json::{Json, Query};
use crate::problem::ApiError;
use crate::routes::page_limit;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};
use serde::Deserialize;
use umbrachat_protocol::{ConversationId, EditMessage, Message, MessagePage, NewMessage, Seq};
use utoipa::IntoParams;

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/conversations/{id}/messages").get(page).post(send))
        .service(web::resource("/conversations/{id}/messages/{seq}").patch(edit).delete(delete))
        .service(
            web::resource("/conversations/{id}/messages/{seq}/reactions/{emoji}").put(react).delete(unreact),
        );
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Range {
    /// Only messages with a lower seq.
    before: Option<Seq>,
    /// Only messages with a higher seq; the page then begins right after it.
    after: Option<Seq>,
    /// Messages in one page, 1 to 200; 50 unless told.
    limit: Option<i64>,
}

/// One page of history
///
/// Oldest first. Without `after`, the newest messages before `before`, or the newest of all.
#[utoipa::path(
    get, path = "/conversations/{id}/messages", operation_id = "messages", tag = "Messages",
    params(("id" = ConversationId, Path), Range),
    responses((status = 200, description = "The page", body = MessagePage))
)]
pub(super) async fn page(
    user: CurrentUser,
    state: Data<AppState>,
    id: Path<ConversationId>,
    Query(range): Query<Range>,
) -> Result<web::Json<MessagePage>, ApiError> {
    let limit = page_limit(range.limit)?;
    Ok(web::Json(state.store.messages(user.id, *id, range.before, range.after, limit).await?))
}

/// Send a message
///
/// Sending it again with the same `client_id` returns the first.
#[utoipa::path(
    post, path = "/conversations/{id}/messages", operation_id = "send_message", tag = "Messages",
    params(("id" = ConversationId, Path)),
    request_body = NewMessage,
    responses(
        (status = 201, description = "Durable", body = Message),
        (status = 200, description = "It had been sent before", body = Message),
    ),
    extensions(("x-errors" = json!(["not_friends"])))
)]
pub(super) async fn send(
    user: CurrentUser,
    state: Data<AppState>,
    id: Path<ConversationId>,
    Json(body): Json<NewMessage>,
) -> Result<HttpResponse, ApiError> {
    let sent = state.store.send_message(user.id, *id, body).await?;
    let mut response = if sent.first_time { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(response.json(sent.message))
}

/// Delete a message for everybody
///
/// Its place stays, as a tombstone with an empty body. Repeating it changes nothing.
#[utoipa::path(
    delete, path = "/conversations/{id}/messages/{seq}", operation_id = "delete_message", tag = "Messages",
    params(("id" = ConversationId, Path), ("seq" = Seq, Path)),
    responses((status = 200, description = "The tombstone", body = Message)),
    extensions(("x-errors" = json!(["forbidden", "conflict"])))
)]
pub(super) async fn delete(
    user: CurrentUser,
    state: Data<AppState>,
    path: Path<(ConversationId, Seq)>,
) -> Result<web::Json<Message>, ApiError> {
    let (id, seq) = path.into_inner();
    Ok(web::Json(state.store.delete_message(user.id, id, seq).await?))
}

/// Change what a message says
///
/// For its author. The same body changes nothing.
#[utoipa::path(
    patch, path = "/conversations/{id}/messages/{seq}", operation_id = "edit_message", tag = "Messages",
    params(("id" = ConversationId, Path), ("seq" = Seq, Path)),
    request_body = EditMessage,
    responses((status = 200, description = "As it is now", body = Message)),
    extensions(("x-errors" = json!(["forbidden", "conflict", "not_friends"])))
)]
pub(super) async fn edit(
    user: CurrentUser,
    state: Data<AppState>,
    path: Path<(ConversationId, Seq)>,
    Json(body): Json<EditMessage>,
) -> Result<web::Json<Message>, ApiError> {
    let (id, seq) = path.into_inner();
    Ok(web::Json(state.store.edit_message(user.id, id, seq, body.body).await?))
}

/// Put an emoji on a message
///
/// Exactly one emoji. Repeating it changes nothing.
#[utoipa::path(
    put, path = "/conversations/{id}/messages/{seq}/reactions/{emoji}", operation_id = "react", tag = "Messages",
    params(("id" = ConversationId, Path), ("seq" = Seq, Path), ("emoji" = String, Path, example = "🌙")),
    responses((status = 200, description = "The message with its reactions", body = Message)),
    extensions(("x-errors" = json!(["invalid", "conflict", "not_friends"])))
)]
pub(super) async fn react(
    user: CurrentUser,
    state: Data<AppState>,
    path: Path<(ConversationId, Seq, String)>,
) -> Result<web::Json<Message>, ApiError> {
    let (id, seq, emoji) = path.into_inner();
    Ok(web::Json(state.store.react(user.id, id, seq, &emoji, true).await?))
}

/// Take an emoji of mine away from a message
///
/// Repeating it changes nothing.
#[utoipa::path(
    delete, path = "/conversations/{id}/messages/{seq}/reactions/{emoji}", operation_id = "unreact",
    tag = "Messages",
    params(("id" = ConversationId, Path), ("seq" = Seq, Path), ("emoji" = String, Path, example = "🌙")),
    responses((status = 200, description = "The message with its reactions", body = Message)),
    extensions(("x-errors" = json!(["invalid", "conflict", "not_friends"])))
)]
pub(super) async fn unreact(
    user: CurrentUser,
    state: Data<AppState>,
    path: Path<(ConversationId, Seq, String)>,
) -> Result<web::Json<Message>, ApiError> {
    let (id, seq, emoji) = path.into_inner();
    Ok(web::Json(state.store.react(user.id, id, seq, &emoji, false).await?))
}
