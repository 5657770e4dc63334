//! The copy of everything about the caller, to take away.

use crate::app::AppState;
use crate::auth::WithoutConsent;
use crate::export;
use crate::problem::ApiError;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, Data, ServiceConfig};
use futures_util::stream;
use umbrachat_protocol::{Export, SecurityEventKind};

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/me/export").get(show));
}

/// Take my data away
///
/// Everything that the server holds about the caller, as one document that is written while it is read; its JSON Schema is
/// at `/api/export.schema.json`. Of others it names only those without whom one's own data would make no sense. One at a
/// time for each person; a download that breaks off is not valid JSON and can be asked for again.
#[utoipa::path(
    get, path = "/me/export", operation_id = "export", tag = "Account",
    responses((
        status = 200, description = "The document", body = Export,
        headers(("content-disposition" = String, description = "`attachment`, with a file name")),
    )),
    extensions(("x-without-consent" = json!(true)))
)]
pub(super) async fn show(
    WithoutConsent(user): WithoutConsent,
    state: Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let place = state.exports.admit(user.id).map_err(ApiError::of)?;
    let exporter = state.store.exporter(user.id);
    let name = state.store.me(user.id).await?.user.username;
    let day = exporter.started().to_string();
    let day = day.split('T').next().unwrap_or_default();
    // Nothing in a username or a day has to be quoted.
    let disposition = format!("attachment; filename=\"umbrachat-{name}-{day}.json\"");
    state.store.note(user.id, SecurityEventKind::DataExported, Some(user.session)).await?;
    let pieces = export::begin(state.store.clone(), exporter, user.session, place);
    let body = stream::unfold(pieces, async |mut pieces| pieces.recv().await.map(|piece| (piece, pieces)));
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .streaming(Box::pin(body)))
}
